/** Notifications of the desktop, where the person asked for them and the browser agreed. */

import { Shelf } from "./storage.js";

/** `api` is the browser's Notification; where there is none, nothing is offered. */
export class Notifications {
  constructor(api = globalThis.Notification, shelf = new Shelf(() => localStorage, "webqq ")) {
    this.api = api;
    this.shelf = shelf;
  }

  /** Whether a person can be asked, or has agreed already. */
  get isOffered() {
    return Boolean(this.api) && this.api.permission !== "denied";
  }

  get isOn() {
    return this.api?.permission === "granted" && this.shelf.get("notifications") === true;
  }

  /**
   * Turns them on, after the browser has asked the person, or off.
   *
   * @returns {Promise<boolean>} whether they are on now
   */
  async turn(isOn) {
    const isAllowed = isOn && this.api && (await this.api.requestPermission()) === "granted";
    this.shelf.set("notifications", Boolean(isAllowed));
    return this.isOn;
  }

  /** Shows one; a later one with the same tag takes its place. `onOpen` is called when the person chooses it. */
  show({ title, body, tag, onOpen }) {
    if (!this.isOn) return;
    let notification;
    try {
      notification = new this.api(title, { body, tag, icon: "favicon.svg", renotify: true });
    } catch {
      return; // some phones have the interface and allow it to service workers alone
    }
    notification.addEventListener("click", () => {
      window.focus();
      notification.close();
      onOpen();
    });
  }
}
