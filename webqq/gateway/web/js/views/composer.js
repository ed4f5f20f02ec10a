/** Where a message is typed. */

import { parseTyped } from "../content.js";
import { t } from "../i18n.js";
import { isTooLong } from "../outbox.js";
import { byId, setAttribute, setText } from "./dom.js";

const BORDERS_PX = 2; // scrollHeight leaves them out

/** Dispatches "send" with `{text}` and "draft" with `{text}`. */
export class ComposerView extends EventTarget {
  constructor() {
    super();
    this.input = byId("input");
    this.name = "";
    this.isOpen = true;
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("input", () => {
      this.#fit();
      this.dispatchEvent(new CustomEvent("draft", { detail: { text: this.input.value } }));
    });
  }

  show(name, draft) {
    this.name = name;
    this.input.value = draft;
    this.render();
  }

  /** Empty after a message went on its way. */
  clear() {
    this.input.value = "";
    this.#fit();
  }

  /** Whether messages can be sent at all; what is typed stays either way. */
  setOpen(isOpen) {
    this.isOpen = isOpen;
    this.render();
  }

  focus() {
    this.input.focus();
  }

  render() {
    const label = t("chat.input", { name: this.name });
    setAttribute(this.input, "aria-label", label);
    setAttribute(this.input, "placeholder", label);
    this.#fit();
  }

  #send() {
    if (byId("send").disabled) return;
    this.dispatchEvent(new CustomEvent("send", { detail: { text: this.input.value } }));
  }

  #key(event) {
    // While an input method composes, Enter belongs to it (229 is what some browsers say instead).
    const composes = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composes) return;
    event.preventDefault();
    this.#send();
  }

  /** As high as its text, within what the style sheet allows; and whether that text can go. */
  #fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight + BORDERS_PX}px`;
    const tooLong = isTooLong(parseTyped(this.input.value));
    byId("send").disabled = !this.isOpen || tooLong || !this.input.value.trim();
    const hint = byId("composer-hint");
    hint.classList.toggle("problem", tooLong || !this.isOpen);
    setText(hint, t(!this.isOpen ? "chat.closed" : tooLong ? "chat.tooLong" : "chat.hint"));
  }
}
