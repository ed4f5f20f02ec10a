/** The code to scan, beside the sign-in form: the picture, what has become of it, and a button for another. */

import { t } from "../i18n.js";
import { byId, setText } from "./dom.js";

const ENDED = new Set(["expired", "refused", "failed"]);

/** Dispatches "shown" and "failed" of the picture, and "renew". */
export class QRView extends EventTarget {
  constructor() {
    super();
    this.isOn = false;
    this.state = "loading";
    this.text = "";
    this.picture = byId("qr-picture");
    this.picture.addEventListener("load", () => this.dispatchEvent(new Event("shown")));
    this.picture.addEventListener("error", () => this.dispatchEvent(new Event("failed")));
    byId("qr-renew").addEventListener("click", () => this.dispatchEvent(new Event("renew")));
  }

  show(isOn) {
    this.isOn = isOn;
    byId("signin-qr").hidden = !isOn;
  }

  showPicture(url) {
    this.picture.src = url;
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
  }
}
