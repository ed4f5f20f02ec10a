/** The line above the chat that tells when something is wrong with the connection or the session. */

import { t } from "../i18n.js";
import { byId, setText } from "./dom.js";

/** What each notice says and offers. `urgent` ones end the conversation until the person acts. */
const NOTICES = {
  down: { text: "notice.down", action: "notice.retry" },
  kicked: { text: "notice.kicked", action: "notice.again", urgent: true },
  ended: { text: "notice.ended", action: "notice.again", urgent: true },
  elsewhere: { text: "notice.elsewhere", action: "notice.here", urgent: true },
};

/** Dispatches "action" with `{kind}` when its button is pressed. */
export class NoticeView extends EventTarget {
  constructor() {
    super();
    this.kind = null;
    this.reason = "";
    byId("notice-action").addEventListener("click", () => {
      this.dispatchEvent(new CustomEvent("action", { detail: { kind: this.kind } }));
    });
  }

  get isUrgent() {
    return Boolean(NOTICES[this.kind]?.urgent);
  }

  /** @param {"down"|"kicked"|"ended"|"elsewhere"|null} kind null hides it */
  show(kind, reason = "") {
    if (kind === this.kind) return;
    this.kind = kind;
    this.reason = reason;
    this.render();
    if (this.isUrgent) byId("notice-action").focus();
  }

  render() {
    const notice = byId("notice");
    const { text, action, urgent } = NOTICES[this.kind] ?? {};
    notice.hidden = !text;
    if (!text) return;
    notice.className = `notice ${urgent ? "urgent" : "passing"}`;
    notice.setAttribute("role", urgent ? "alert" : "status");
    setText(byId("notice-text"), t(text, { reason: this.reason || t("notice.kickedReason") }));
    setText(byId("notice-action"), t(action));
  }
}
