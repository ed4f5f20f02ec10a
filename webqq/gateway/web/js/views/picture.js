/** A picture in a message: fetched when it comes into sight, and shown in full when it is chosen. */

import { t } from "../i18n.js";
import { byId, el } from "./dom.js";

/** Puts pictures into a log. */
export class PictureView {
  /**
   * @param {Element} log what scrolls
   * @param {() => void} onLoad called when a picture has taken its room
   */
  constructor(log, onLoad) {
    this.onLoad = onLoad;
    this.waiting = new WeakMap();
    this.sight = new IntersectionObserver((entries) => this.#seen(entries), { root: log, rootMargin: "300px" });
    this.viewer = byId("viewer");
    byId("viewer-close").addEventListener("click", () => this.viewer.close());
    this.viewer.addEventListener("click", ({ target }) => target === this.viewer && this.viewer.close());
  }

  /**
   * The element of a picture; where it cannot be had, its place says so.
   *
   * @param {() => Promise<string>} load gives what to show
   * @param {string} text what it is called
   */
  element(load, text) {
    const image = el("img", { class: "picture", alt: "" });
    const label = t("picture.open", { text });
    const button = el("button", { type: "button", class: "picture-button", "aria-label": label, title: label }, image);
    button.addEventListener("click", () => this.#open(image));
    image.addEventListener("load", () => this.onLoad());
    image.addEventListener("error", () => this.#fail(button, text));
    this.waiting.set(button, { load, image, text });
    this.sight.observe(button);
    return button;
  }

  #seen(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.sight.unobserve(target);
      const { load, image, text } = this.waiting.get(target);
      load().then(
        (address) => image.setAttribute("src", address),
        () => this.#fail(target, text),
      );
    }
  }

  #fail(button, text) {
    button.replaceWith(el("span", { class: "placeholder" }, t("picture.gone", { text })));
  }

  #open(image) {
    if (!image.src) return;
    byId("viewer-picture").src = image.src;
    this.viewer.showModal();
  }
}
