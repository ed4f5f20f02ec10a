/**
 * Looking for a person or a group by number, and asking to be a friend or a member.
 *
 *   empty -> searching -> found -> asking -> asked
 *                         known | self | missing | refused | failed
 */

import { LineError } from "./wire.js";

export const MOVES = Object.freeze({
  empty: { search: "searching" },
  searching: { found: "found", known: "known", self: "self", missing: "missing", failed: "failed" },
  found: { ask: "asking", search: "searching" },
  asking: { asked: "asked", refused: "refused", failed: "found" },
  known: { search: "searching" },
  self: { search: "searching" },
  missing: { search: "searching" },
  failed: { search: "searching" },
  refused: { search: "searching" },
  asked: { search: "searching" },
});

export function nextState(state, input) {
  const next = MOVES[state]?.[input];
  if (!next) throw new Error(`the search is ${state}: "${input}" cannot happen to it`);
  return next;
}

/** A number of five to ten digits, or null. */
export const numberIn = (typed) => (/^[1-9]\d{4,9}$/.test(typed.trim()) ? Number(typed.trim()) : null);

/**
 * One search. Dispatches "state".
 *
 * `service.find(kind, number)` gives `{name, number, ...}` with `isKnown` or `isSelf` where that is so, and throws
 * Refused where there is nobody; `service.ask(kind, found, message)` asks.
 */
export class Finder extends EventTarget {
  constructor(service) {
    super();
    this.service = service;
    this.state = "empty";
    this.kind = "friend";
    this.found = null;
    this.hasFailed = false;
  }

  async search(kind, number) {
    Object.assign(this, { kind, found: null, hasFailed: false });
    this.#move("search");
    try {
      this.found = await this.service.find(kind, number);
      this.#move(this.found.isSelf ? "self" : this.found.isKnown ? "known" : "found");
    } catch (error) {
      this.#move(error instanceof LineError ? "failed" : "missing");
    }
  }

  async ask(message) {
    this.#move("ask");
    this.hasFailed = false;
    try {
      await this.service.ask(this.kind, this.found, message);
      this.#move("asked");
    } catch (error) {
      this.hasFailed = error instanceof LineError;
      this.#move(this.hasFailed ? "failed" : "refused");
    }
  }

  #move(input) {
    this.state = nextState(this.state, input);
    this.dispatchEvent(new Event("state"));
  }
}
