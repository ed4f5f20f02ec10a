/**
 * What was said before, or on another device: the gateway's history, brought into the conversations of this
 * browser a page at a time.
 *
 * A gateway without one is not asked again; what this browser keeps is then all there is.
 */

import { parseReceived, unescapeText } from "./content.js";
import { messageKey } from "./inbox.js";
import { LineError, MalformedReply, Refused } from "./wire.js";

/** Pages that hold nothing new are passed over, up to so many at a time. */
const MOST_PAGES = 12;

/** A message of the history as the conversations keep it. */
export function historyMessage({ id, msg_id: sentAs, seq = 0, time, own, name, content }) {
  const parts = parseReceived(content);
  const key = messageKey({ msg_id: id, msg_id2: id, seq: seq || "", time });
  const message = { id: key, own, name: own ? null : unescapeText(name), parts, time: time * 1000, order: id };
  return own ? { ...message, state: "sent", sentAs } : message;
}

/** What each conversation has been fetched down to. */
export class History {
  /**
   * @param {Conversations} conversations
   * @param {(wanted: {kind: string, number: number, before: number}) => Promise<object>} ask one page
   */
  constructor(conversations, ask) {
    Object.assign(this, { conversations, ask });
    this.cursors = new Map();
    this.underWay = new Set();
    this.isAbsent = false;
  }

  /** Whether there may be older messages than those that were fetched. */
  hasMore({ key }) {
    return !this.isAbsent && this.cursors.get(key)?.isMore !== false;
  }

  /** A conversation has no history any more. */
  forget(key) {
    this.cursors.set(key, { before: 0, isMore: false });
  }

  /** Whether a conversation was asked for since the page was loaded. */
  isBegun({ key }) {
    return this.cursors.has(key);
  }

  /**
   * What this browser missed: the newest page, and those before it up to what was there already, so that no part in
   * between is left out. Anything that fails is left for the next time.
   */
  refresh(contact) {
    return this.#once(contact, async () => {
      let page = await this.#page(contact, 0);
      const { isNew } = page;
      for (let pages = 1; pages < MOST_PAGES && page.leavesGap; pages += 1) {
        page = await this.#page(contact, page.before);
      }
      return isNew;
    });
  }

  /** Pages further back, until one holds something new. */
  older(contact) {
    return this.#once(contact, async () => {
      for (let pages = 0; pages < MOST_PAGES && this.hasMore(contact); pages += 1) {
        if ((await this.#page(contact, this.cursors.get(contact.key)?.before ?? 0)).isNew) return true;
      }
      return false;
    });
  }

  async #once(contact, work) {
    const { key, number } = contact;
    // Of discussions, and of whom the service gives no number, there is none.
    if (this.isAbsent || this.underWay.has(key) || !number) return false;
    this.underWay.add(key);
    try {
      return await work();
    } catch (error) {
      if (error instanceof LineError && error.status === 404) this.isAbsent = true;
      else if (![LineError, Refused, MalformedReply].some((kind) => error instanceof kind)) throw error;
      return false;
    } finally {
      this.underWay.delete(key);
    }
  }

  async #page({ key, kind, number }, before) {
    const { messages, isMore } = await this.ask({ kind, number, before });
    const oldest = messages[0]?.id ?? 0;
    const cursor = this.cursors.get(key);
    // The newest page does not take the cursor back up.
    if (!cursor || oldest < cursor.before) this.cursors.set(key, { before: oldest, isMore: isMore && oldest > 0 });
    const found = messages.map(historyMessage);
    const leavesGap = isMore && this.conversations.wouldLeaveGap(key, found[0]);
    return { isNew: this.conversations.merge(key, found), leavesGap, before: oldest };
  }
}
