/**
 * One session, one page: a tab that was duplicated carries the same session, and two pages polling it would
 * take each other's messages. The newest page goes on, an older one is told.
 */

const CHANNEL = "webqq";

/** Claims sessions for this page; `onTaken` is called when another page claims the same one later. */
export class TabClaim {
  constructor(onTaken) {
    this.onTaken = onTaken;
    this.page = Math.random();
    this.claimed = null;
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
    this.channel?.addEventListener("message", ({ data }) => this.#heard(data));
  }

  claim(psessionid) {
    this.claimed = { page: this.page, psessionid, atMs: Date.now() };
    this.channel?.postMessage(this.claimed);
  }

  release() {
    this.claimed = null;
  }

  #heard({ page, psessionid, atMs }) {
    if (psessionid !== this.claimed?.psessionid) return;
    const isLater = atMs > this.claimed.atMs || (atMs === this.claimed.atMs && page > this.page);
    if (!isLater) return;
    this.release();
    this.onTaken();
  }
}
