/** The dialog in which a person lets another device in. */

import { tidy } from "../approval.js";
import { t } from "../i18n.js";
import { byId, setText } from "./dom.js";

const ENTERING = new Set(["empty", "gone", "failed"]);
const OVER = new Set(["approved", "refused"]);

export class ApprovalView {
  constructor() {
    this.dialog = byId("approval");
    this.code = byId("approval-code");
    this.approval = null;
    this.name = "";
    this.isWrong = false;
    byId("approval-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    byId("approval-no").addEventListener("click", () => this.#refuse());
    byId("approval-close").addEventListener("click", () => this.dialog.close());
  }

  /**
   * @param {Approval} approval new
   * @param {string} name of the account that lets in
   * @param {string|null} code from the address; null for one that the person types
   */
  show(approval, name, code) {
    this.approval = approval;
    this.name = name;
    this.code.value = "";
    this.isWrong = false;
    approval.addEventListener("state", () => approval === this.approval && this.render());
    if (!this.dialog.open) this.dialog.showModal();
    this.render();
    if (code) approval.look(code);
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  render() {
    if (!this.approval) return;
    const { state, hasFailed } = this.approval;
    const isEntering = ENTERING.has(state);
    const name = this.isWrong && isEntering ? "wrong" : hasFailed ? "failed" : state;
    setText(byId("approval-text"), t(`approval.${name}`, { name: this.name, address: this.approval.address }));
    byId("approval-field").hidden = !isEntering;
    byId("approval-yes").hidden = OVER.has(state);
    byId("approval-yes").disabled = state === "looking" || state === "answering";
    byId("approval-no").hidden = state !== "asked" && state !== "answering";
    setText(byId("approval-yes"), t(isEntering ? "approval.look" : "approval.yes"));
    this.#focus(state);
  }

  /** Where the next key belongs; never onto "yes", which nobody should press by accident. */
  #focus(state) {
    if (ENTERING.has(state)) this.code.focus();
    else byId(state === "asked" ? "approval-no" : "approval-close").focus();
  }

  #submit() {
    if (!ENTERING.has(this.approval.state)) {
      if (this.approval.state === "asked") this.approval.answer(true);
      return;
    }
    const code = tidy(this.code.value);
    this.isWrong = !code;
    if (code) this.approval.look(code);
    else this.render();
  }

  #refuse() {
    if (this.approval.state === "asked") this.approval.answer(false);
  }
}
