/** A dialog: opened over the page, closed by its button, by Escape, or by a click beside it. */

import { byId } from "./dom.js";

export class Dialog extends EventTarget {
  /** @param {string} id of the dialog element; its close button is `<id>-close` */
  constructor(id) {
    super();
    this.dialog = byId(id);
    byId(`${id}-close`).addEventListener("click", () => this.close());
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.close());
  }

  get isOpen() {
    return this.dialog.open;
  }

  openDialog() {
    if (!this.isOpen) this.dialog.showModal();
  }

  close() {
    if (this.isOpen) this.dialog.close();
  }
}
