/** Where a message is typed. */

import { parseTyped } from "../content.js";
import { Glyphs } from "../glyphs.js";
import { t } from "../i18n.js";
import { isTooLong } from "../outbox.js";
import { AttachmentsView } from "./attachments.js";
import { byId, setAttribute, setText } from "./dom.js";
import { FacesView } from "./faces.js";

const BORDERS_PX = 2; // scrollHeight leaves them out

/** Dispatches "send" and "draft" with `{text}`, and what AttachmentsView does. */
export class ComposerView extends EventTarget {
  constructor() {
    super();
    this.input = byId("input");
    this.name = "";
    this.isOpen = true;
    this.isBusy = false;
    this.pictures = 0;
    this.problem = null;
    this.attachments = new AttachmentsView();
    this.faces = new FacesView(new Glyphs());
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("input", () => this.#typed());
    this.faces.addEventListener("choose", ({ detail }) => this.#insert(`[${detail.name}]`));
    this.faces.addEventListener("close", () => this.focus());
    for (const type of ["files", "remove"]) {
      this.attachments.addEventListener(type, ({ detail }) => this.dispatchEvent(new CustomEvent(type, { detail })));
    }
  }

  show(name, draft) {
    this.name = name;
    this.input.value = draft;
    this.problem = null;
    this.faces.close();
    this.render();
  }

  /** The pictures that go with the text; while they are on their way nothing can be changed. */
  showAttachments(list, isBusy) {
    this.pictures = list.length;
    this.isBusy = isBusy;
    this.input.readOnly = isBusy;
    if (isBusy) this.problem = null;
    this.attachments.show(list, isBusy);
    this.#fit();
  }

  /** Empty after a message went on its way. */
  clear() {
    this.input.value = "";
    const hadFocus = [document.body, byId("send")].includes(document.activeElement);
    this.#fit();
    // The button is disabled now, and the focus would be nowhere.
    if (hadFocus) this.focus();
  }

  /** Says what went wrong, by the name of a text. */
  fail(problem) {
    this.problem = problem;
    this.#fit();
  }

  /** Whether files can be sent to whom this is for. */
  takesFiles(isTaking) {
    byId("file-choose").hidden = !isTaking;
  }

  /** Whether messages can be sent at all; what is typed stays either way. */
  setOpen(isOpen) {
    this.isOpen = isOpen;
    this.render();
  }

  focus() {
    this.input.focus();
  }

  /** Whom this is for is called otherwise now. */
  setName(name) {
    if (name === this.name) return;
    this.name = name;
    this.render();
  }

  render() {
    const label = t("chat.input", { name: this.name });
    setAttribute(this.input, "aria-label", label);
    setAttribute(this.input, "placeholder", label);
    if (this.faces.isOpen) this.faces.render();
    this.#fit();
  }

  /** Closes the faces if they are open, and tells whether they were. */
  escape() {
    if (!this.faces.isOpen) return false;
    this.faces.close();
    this.focus();
    return true;
  }

  #typed() {
    this.problem = null;
    this.#fit();
    this.dispatchEvent(new CustomEvent("draft", { detail: { text: this.input.value } }));
  }

  #insert(text) {
    const { selectionStart, selectionEnd } = this.input;
    this.input.setRangeText(text, selectionStart, selectionEnd, "end");
    this.focus();
    this.#typed();
  }

  #send() {
    if (byId("send").disabled) return;
    this.problem = null;
    this.faces.close();
    this.dispatchEvent(new CustomEvent("send", { detail: { text: this.input.value } }));
  }

  #key(event) {
    // While an input method composes, Enter belongs to it (229 is what some browsers say instead).
    const composes = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composes) return;
    event.preventDefault();
    this.#send();
  }

  /** What is in the way of sending, as the name of a text, or null. */
  #obstacle(tooLong) {
    if (!this.isOpen) return "chat.closed";
    return tooLong ? "chat.tooLong" : this.problem;
  }

  /** As high as its text, within what the style sheet allows; and whether that text can go. */
  #fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight + BORDERS_PX}px`;
    const tooLong = isTooLong(parseTyped(this.input.value));
    const isEmpty = !this.input.value.trim() && this.pictures === 0;
    byId("send").disabled = !this.isOpen || this.isBusy || tooLong || isEmpty;
    for (const id of ["picture-choose", "file-choose"]) byId(id).disabled = !this.isOpen || this.isBusy;
    byId("faces-toggle").disabled = !this.isOpen || this.isBusy;
    const obstacle = this.#obstacle(tooLong);
    const hint = byId("composer-hint");
    hint.classList.toggle("problem", Boolean(obstacle));
    setText(hint, t(obstacle ?? (this.isBusy ? "picture.busy" : "chat.hint")));
  }
}
