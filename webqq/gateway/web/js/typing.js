/** Who is typing: telling a friend that oneself is, and knowing that a friend is, for a few seconds each. */

/** A friend is told again only after this long; shorter than SHOWN_MS, so that the notice does not flicker. */
export const TOLD_MS = 5_000;
/** A friend who has not been heard of for this long has stopped. */
export const SHOWN_MS = 8_000;

/**
 * Dispatches "change" with `{key}` when a friend begins or stops.
 *
 * `tell(key)` makes the call; it may fail, and then nobody is told. A service that has no such call is not asked again.
 */
export class Typing extends EventTarget {
  constructor(tell, { now = Date.now, later = setTimeout, never = clearTimeout } = {}) {
    super();
    // Timers must not be called as methods of another object.
    Object.assign(this, { tell, now, later: (...args) => later(...args), never: (...args) => never(...args) });
    this.told = new Map();
    this.timers = new Map();
  }

  /** The person typed to this friend. */
  typed(key) {
    const nowMs = this.now();
    if (nowMs - (this.told.get(key) ?? -Infinity) < TOLD_MS) return;
    this.told.set(key, nowMs);
    this.tell?.(key).catch(({ status }) => {
      if (status === 404) this.tell = null;
    });
  }

  /** What was typed is sent: the next letter begins anew. */
  sent(key) {
    this.told.delete(key);
  }

  /** A friend is typing. */
  heard(key) {
    this.never(this.timers.get(key));
    const isNew = !this.timers.has(key);
    this.timers.set(key, this.later(() => this.stopped(key), SHOWN_MS));
    if (isNew) this.#changed(key);
  }

  /** A friend's message is there, or has not come. */
  stopped(key) {
    if (!this.timers.has(key)) return;
    this.never(this.timers.get(key));
    this.timers.delete(key);
    this.#changed(key);
  }

  isTyping(key) {
    return this.timers.has(key);
  }

  #changed(key) {
    this.dispatchEvent(new CustomEvent("change", { detail: { key } }));
  }
}
