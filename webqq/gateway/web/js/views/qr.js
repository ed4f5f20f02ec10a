/** The code to scan, beside the sign-in form: the picture, what has become of it, and a button for another. */

import { t } from "../i18n.js";
import { byId, setText } from "./dom.js";

const ENDED = new Set(["expired", "refused", "failed"]);

/** Dispatches "shown" and "failed" of the picture, and "renew". What the picture says is told in letters, too. */
export class QRView extends EventTarget {
  constructor() {
    super();
    this.isOn = false;
    this.state = "loading";
    this.text = "";
    this.code = null;
    this.isCopied = false;
    this.picture = byId("qr-picture");
    this.picture.addEventListener("load", () => this.dispatchEvent(new Event("shown")));
    this.picture.addEventListener("error", () => this.dispatchEvent(new Event("failed")));
    byId("qr-renew").addEventListener("click", () => this.dispatchEvent(new Event("renew")));
    byId("qr-copy").addEventListener("click", () => this.#copy());
  }

  show(isOn) {
    this.isOn = isOn;
    byId("signin-qr").hidden = !isOn;
  }

  showPicture(url) {
    this.showCode(null);
    this.picture.src = url;
  }

  /** @param {{code: string, address: string}|null} code what the picture says */
  showCode(code) {
    this.code = code;
    this.isCopied = false;
    this.render();
  }

  /** @param {string} state of qrsignin.js @param {string} text what the service says of a refusal */
  showState(state, text) {
    Object.assign(this, { state, text });
    this.render();
  }

  render() {
    const isEnded = ENDED.has(this.state);
    this.picture.hidden = this.state === "loading" || this.state === "failed";
    this.picture.classList.toggle("stale", isEnded || this.state === "scanned");
    setText(byId("qr-state"), t(`qr.${this.state}`, { text: this.text }));
    byId("qr-renew").hidden = !isEnded;
    byId("qr-text").hidden = !this.code || this.state !== "waiting";
    setText(byId("qr-code"), this.code?.code ?? "");
    setText(byId("qr-copy"), t(this.isCopied ? "qr.copied" : "qr.copy"));
  }

  /** Selects the code where the browser copies nothing, as it does on pages that are not secure. */
  async #copy() {
    try {
      await navigator.clipboard.writeText(this.code.address);
      this.isCopied = true;
      this.render();
    } catch {
      getSelection().selectAllChildren(byId("qr-code"));
    }
  }
}
