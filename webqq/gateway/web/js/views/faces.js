/** The faces to choose from: a grid that is walked with the arrow keys. */

import { FACE_NUMBERS, faceName } from "../faces.js";
import { language } from "../i18n.js";
import { byId, el, setAttribute, setText } from "./dom.js";

/** Dispatches "choose" with `{name}`, and "close" when a person closes it without choosing. */
export class FacesView extends EventTarget {
  /** @param {Glyphs} glyphs */
  constructor(glyphs) {
    super();
    this.glyphs = glyphs;
    this.panel = byId("faces");
    this.grid = byId("faces-grid");
    this.name = byId("faces-name");
    this.toggle = byId("faces-toggle");
    this.at = 0;
    this.toggle.addEventListener("click", () => (this.isOpen ? this.#cancel() : this.open()));
    this.grid.addEventListener("click", ({ target }) => this.#choose(target.closest("button")));
    this.grid.addEventListener("keydown", (event) => this.#key(event));
    for (const type of ["focusin", "pointerover"]) {
      this.grid.addEventListener(type, ({ target }) => setText(this.name, target.closest("button")?.title ?? ""));
    }
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  open() {
    this.render();
    this.panel.hidden = false;
    setAttribute(this.toggle, "aria-expanded", "true");
    this.#focus(this.at);
  }

  close() {
    this.panel.hidden = true;
    setAttribute(this.toggle, "aria-expanded", "false");
  }

  /** In the language of the moment. */
  render() {
    this.grid.classList.toggle("named", !this.glyphs.isDrawn);
    this.grid.replaceChildren(...FACE_NUMBERS.map((face) => this.#button(face)));
    this.#setStop(this.at);
  }

  #button(face) {
    const name = faceName(face, language.current);
    const glyph = this.glyphs.of(face);
    const classes = `face-button${glyph ? "" : " by-name"}`;
    const attributes = { type: "button", class: classes, title: name, "aria-label": name, tabindex: "-1" };
    return el("button", attributes, glyph ?? name);
  }

  #choose(button) {
    if (!button) return;
    this.at = [...this.grid.children].indexOf(button);
    this.close();
    this.dispatchEvent(new CustomEvent("choose", { detail: { name: button.title } }));
  }

  #cancel() {
    this.close();
    this.dispatchEvent(new Event("close"));
  }

  #key(event) {
    const buttons = [...this.grid.children];
    const at = buttons.indexOf(event.target.closest("button"));
    const columns = buttons.findIndex((each) => each.offsetTop > buttons[0].offsetTop);
    const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - columns, ArrowDown: at + columns };
    const to = { ...moves, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to >= 0 && to < buttons.length) this.#focus(to);
  }

  #focus(at) {
    this.#setStop(at);
    this.grid.children[at].focus();
  }

  /** One face is in the tab order. */
  #setStop(at) {
    this.at = at;
    for (const [i, button] of [...this.grid.children].entries()) button.tabIndex = i === at ? 0 : -1;
  }
}
