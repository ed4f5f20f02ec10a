/** Where a message is typed. */

import { t } from "../i18n.js";
import { byId, setAttribute, setText } from "./dom.js";

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
    this.#fit();
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
    setText(byId("composer-hint"), t(this.isOpen ? "chat.hint" : "chat.closed"));
    byId("send").disabled = !this.isOpen || !this.input.value.trim();
  }

  #send() {
    const text = this.input.value;
    if (!this.isOpen || !text.trim()) return;
    this.dispatchEvent(new CustomEvent("send", { detail: { text } }));
  }

  #key(event) {
    // While an input method composes, Enter belongs to it (229 is what some browsers say instead).
    const composes = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composes) return;
    event.preventDefault();
    this.#send();
  }

  /** As high as its text, within what the style sheet allows. */
  #fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight}px`;
    byId("send").disabled = !this.isOpen || !this.input.value.trim();
  }
}
