/**
 * One session, one page: a tab that was duplicated carries the same session, and two pages polling it would
 * take each other's messages. The newest page goes on, an older one is told.
 */

const CHANNEL = "webqq";

/** Claims sessions for this page; `onTaken` is called when another page claims the same one. */
export class TabClaim {
  constructor(onTaken) {
    this.onTaken = onTaken;
    this.page = `${Date.now()}-${Math.random()}`;
    this.psessionid = null;
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
    this.channel?.addEventListener("message", ({ data }) => this.#heard(data));
  }

  claim(psessionid) {
    this.psessionid = psessionid;
    this.channel?.postMessage({ page: this.page, psessionid });
  }

  release() {
    this.psessionid = null;
  }

  #heard({ page, psessionid }) {
    if (page === this.page || psessionid !== this.psessionid) return;
    this.release();
    this.onTaken();
  }
}
