/** The line above the chat that tells when something is wrong with the connection or the session. */

import { t } from "../i18n.js";
import { byId, setText } from "./dom.js";

/** What each notice says and offers. `urgent` ones end the conversation until the person acts. */
const NOTICES = {
  down: { text: "notice.down", action: "notice.retry" },
  kicked: { action: "notice.again", urgent: true },
  ended: { action: "notice.again", urgent: true },
  elsewhere: { text: "notice.elsewhere", action: "notice.here", urgent: true },
};

/** What the service says to everybody whose account signed in elsewhere; this page says it in its own words. */
const KNOWN_REASON = "您的帐号在另一地点登录";

/**
 * What is said of a session that is over.
 *
 * @param {"kicked"|"ended"} state
 * @param {string} [reason] the service's words
 */
export function endText(state, reason) {
  const isKnown = !reason || reason.startsWith(KNOWN_REASON);
  return t(`notice.${state}`, { reason: isKnown ? t("notice.kickedReason") : reason });
}

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
    // The focus stays where it is: the next key of somebody who is typing must not press the button.
    this.render();
  }

  render() {
    const notice = byId("notice");
    notice.hidden = !this.kind;
    if (!this.kind) return;
    const { text, action, urgent } = NOTICES[this.kind];
    notice.className = `notice ${urgent ? "urgent" : "passing"}`;
    notice.setAttribute("role", urgent ? "alert" : "status");
    setText(byId("notice-text"), text ? t(text) : endText(this.kind, this.reason));
    setText(byId("notice-action"), t(action));
  }
}
