/** Files on their way to friends: a message for each, beside an outbox of their own, so that words need not wait. */

import { isFile } from "./content.js";
import { NOT_ASKED, Outbox } from "./outbox.js";
import { LineError, MalformedReply, Refused } from "./wire.js";

export const isTransfer = ({ parts }) => isFile(parts[0]);

/** Dispatches "progress" with `{key, id, share}`: how much of a message's file is there, from 0 to 1. */
export class Transfers extends EventTarget {
  /**
   * @param {Conversations} conversations
   * @param {BlobStore} store
   * @param {{upload: Function, give: Function, isUp: () => boolean, now?: () => number}} service
   *   `upload(key, file, onProgress)` leaves a file, `give(key, left)` tells the friend of it and gives the answer
   */
  constructor(conversations, store, { upload, give, isUp, now = Date.now }) {
    super();
    Object.assign(this, { conversations, store, upload, give, now });
    this.count = 0;
    this.outbox = new Outbox(conversations, {
      deliver: (key, message) => this.#deliver(key, message),
      isUp,
      now,
      takes: isTransfer,
      // Before the friend was told, nothing has reached anybody.
      interrupted: ({ isGiven }) => (isGiven ? "unanswered" : "refused"),
    });
  }

  /** Takes a file over; it shows in the conversation at once. */
  async send(key, file) {
    this.count += 1;
    const blob = `transfer ${this.now()} ${this.count}`;
    await this.store.put(blob, file);
    this.outbox.send(key, [["file", { form: "sent", name: file.name, size: file.size, blob }]]);
  }

  async #deliver(key, message) {
    const { id, parts } = message;
    const { blob } = parts[0][1];
    const left = await this.#upload(key, id, blob);
    if (!left) return NOT_ASKED;
    this.conversations.alter(key, id, { isGiven: true });
    const reply = await this.give(key, left);
    if (reply.retcode === 0) await this.store.remove(blob);
    else this.conversations.alter(key, id, { isGiven: false });
    return reply;
  }

  /** Where the file was left, or null. */
  async #upload(key, id, blob) {
    const file = await this.store.get(blob);
    if (!file) return null;
    try {
      return await this.upload(key, file, (share) => this.#tell(key, id, share));
    } catch (error) {
      if (![LineError, MalformedReply, Refused].some((kind) => error instanceof kind)) throw error;
      return null;
    }
  }

  #tell(key, id, share) {
    this.dispatchEvent(new CustomEvent("progress", { detail: { key, id, share } }));
  }
}
