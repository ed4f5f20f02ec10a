/** The dialog in which a person looks for somebody or for a group, and asks. */

import { numberIn } from "../finder.js";
import { t } from "../i18n.js";
import { Dialog } from "./dialog.js";
import { byId, drawAvatar, setText } from "./dom.js";

const WITH_RESULT = new Set(["found", "asking", "asked", "refused", "known", "self"]);

/** Dispatches "open" with `{key}` when a person goes to a contact that is one already. */
export class FinderView extends Dialog {
  constructor() {
    super("finder");
    this.finder = null;
    this.isWrong = false;
    byId("finder-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#search();
    });
    byId("finder-ask").addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.finder.state === "found") this.finder.ask(byId("finder-message").value.trim());
    });
    byId("finder-open").addEventListener("click", () => {
      const { kind, found } = this.finder;
      this.close();
      this.dispatchEvent(new CustomEvent("open", { detail: { key: `${kind}-${found.number}` } }));
    });
  }

  /**
   * @param {Finder} finder new
   * @param {string} selfName what a request says at first
   * @param {number|null} number of an account to look for at once
   */
  show(finder, selfName, number) {
    this.finder = finder;
    this.isWrong = false;
    byId("finder-form").reset();
    byId("finder-number").value = number ?? "";
    byId("finder-message").value = t("finder.hello", { name: selfName });
    finder.addEventListener("state", () => finder === this.finder && this.#changed());
    this.openDialog();
    this.render();
    byId("finder-number").focus();
    if (number) this.#search();
  }

  #search() {
    const number = numberIn(byId("finder-number").value);
    this.isWrong = number === null;
    const kind = byId("finder-form").elements.kind.value;
    if (number === null) this.render();
    else if (!["searching", "asking"].includes(this.finder.state)) this.finder.search(kind, number);
  }

  #changed() {
    this.render();
    if (this.finder.state === "found" && !this.finder.hasFailed) byId("finder-message").focus();
    if (this.finder.state === "asked") byId("finder-close").focus();
  }

  render() {
    if (!this.isOpen) return;
    const { state, found, kind, hasFailed } = this.finder;
    const isShown = WITH_RESULT.has(state) && !this.isWrong;
    byId("finder-result").hidden = !isShown;
    byId("finder-ask").hidden = !isShown || !["found", "asking"].includes(state);
    byId("finder-open").hidden = !isShown || state !== "known";
    byId("finder-submit").disabled = byId("finder-send").disabled = state === "searching" || state === "asking";
    byId("finder-text").classList.toggle("wrong", this.isWrong || hasFailed || ["missing", "failed", "refused"].includes(state));
    setText(byId("finder-text"), this.#text(state, hasFailed));
    if (!isShown) return;
    drawAvatar(byId("finder-avatar"), found.name, kind);
    setText(byId("finder-name"), found.name);
    const members = kind === "group" ? t("members.count", { count: found.members }) : "";
    setText(byId("finder-detail"), [String(found.number), members].filter(Boolean).join(" · "));
  }

  #text(state, hasFailed) {
    if (this.isWrong) return t("finder.wrong");
    if (hasFailed) return t("finder.failed");
    return ["empty", "found"].includes(state) ? "" : t(`finder.${state}`);
  }
}
