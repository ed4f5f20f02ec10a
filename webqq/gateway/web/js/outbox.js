/**
 * Messages on their way out, one after the other in the order typed.
 *
 *   queued -> sending -> sent | failed | unknown
 *
 * What was never tried waits for the line; what was tried and not answered is unknown and never repeated
 * by the page, for it may have arrived.
 */

import { serializeSent } from "./content.js";
import { LineError, statusOf } from "./wire.js";

export const MOVES = Object.freeze({
  queued: { try: "sending" },
  sending: { accepted: "sent", refused: "failed", unanswered: "unknown" },
  sent: {},
  failed: { again: "queued" },
  unknown: {},
});

export function nextState(state, input) {
  const next = MOVES[state]?.[input];
  if (!next) throw new Error(`the message is ${state}: "${input}" cannot happen to it`);
  return next;
}

/** A longer content string is refused by the gateway. */
const LONGEST_BYTES = 16 * 1024;

/** Whether these parts make a message that can be sent at all. */
export function isTooLong(parts) {
  return new TextEncoder().encode(serializeSent(parts)).length > LONGEST_BYTES;
}

/** Refused before the service was asked. */
export const NOT_ASKED = Object.freeze({ retcode: -1 });

const ACCEPTED = new Set([0, 100100]);
const IN_DOUBT = 1202;

/** What an answer to a send says (WebQQ protocol, response and reaction). */
export function inputOfReply(reply) {
  const retcode = statusOf(reply);
  if (ACCEPTED.has(retcode)) return "accepted";
  return retcode === IN_DOUBT ? "unanswered" : "refused";
}

/** What no answer says: a refusal by HTTP status never reached the mailbox, anything else may have. */
export function inputOfError(error) {
  if (!(error instanceof LineError)) return "unanswered";
  return error.status >= 400 && error.status < 500 ? "refused" : "unanswered";
}

/** Message ids of a page: the seconds of its start, then counting (WebQQ protocol, msg_id). */
export function messageIds(nowMs) {
  const base = (Math.floor(nowMs / 1000) % 10_000) * 10_000;
  let count = 0;
  return () => base + (count += 1);
}

/**
 * Sends what is typed.
 *
 * `deliver(key, message)` makes the call and gives the whole answer; `isUp()` says whether trying makes sense now; call
 * `flush` when that has changed to yes. `onRefused(retcode)` hears of refusals. `takes(message)` says which messages are
 * this outbox's, `interrupted(message)` what to make of one that was under way when the page went.
 */
export class Outbox {
  constructor(conversations, { deliver, isUp, onRefused, takes, interrupted, now = Date.now }) {
    Object.assign(this, { conversations, deliver, isUp, now });
    this.onRefused = onRefused ?? (() => {});
    this.takes = takes ?? (() => true);
    this.interrupted = interrupted ?? (() => "unanswered");
    this.nextId = messageIds(now());
    this.queue = [];
    this.running = false;
    this.#recover();
  }

  /** Takes a message over; it shows in the conversation at once. */
  send(key, parts) {
    const time = this.now();
    const message = { id: `own ${time} ${this.nextId()}`, own: true, name: null, parts, time, state: "queued" };
    this.conversations.add(key, message, { isRead: true });
    this.queue.push({ key, message });
    this.flush();
  }

  /** Tries a failed message once more: for a person to ask, not for the page. */
  again(key, message) {
    this.#move(key, message, "again");
    this.queue.push({ key, message });
    this.flush();
  }

  async flush() {
    if (this.running) return;
    this.running = true;
    while (this.queue.length > 0 && this.isUp()) {
      const { key, message } = this.queue.shift();
      message.sentAs = this.nextId(); // what the gateway's history knows it by
      this.#move(key, message, "try");
      this.#move(key, message, await this.#attempt(key, message));
    }
    this.running = false;
  }

  async #attempt(key, message) {
    try {
      const reply = await this.deliver(key, message);
      const input = inputOfReply(reply);
      if (input === "refused") this.onRefused(statusOf(reply));
      return input;
    } catch (error) {
      if (!(error instanceof LineError)) console.error(error);
      return inputOfError(error);
    }
  }

  #move(key, message, input) {
    message.state = nextState(message.state, input);
    this.conversations.alter(key, message.id, { state: message.state });
  }

  /** After a reload: what was under way is unknown, what was waiting goes on waiting. */
  #recover() {
    for (const key of this.conversations.keys()) {
      for (const message of this.conversations.messages(key)) {
        if (!message.own || !this.takes(message)) continue;
        if (message.state === "sending") this.#move(key, message, this.interrupted(message));
        if (message.state === "queued") this.queue.push({ key, message });
      }
    }
    this.queue.sort((a, b) => a.message.time - b.message.time);
  }
}
