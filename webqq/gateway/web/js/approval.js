/**
 * Letting another device in that shows a code: the code is looked up, the person says yes or no.
 *
 *   empty -> looking -> asked -> answering -> approved | refused
 */

import { LineError } from "./wire.js";

export const MOVES = Object.freeze({
  empty: { look: "looking" },
  looking: { found: "asked", gone: "gone", failed: "failed" },
  asked: { answer: "answering" },
  answering: { yes: "approved", no: "refused", gone: "gone", failed: "asked" },
  gone: { look: "looking" },
  failed: { look: "looking" },
  approved: {},
  refused: {},
});

export function nextState(state, input) {
  const next = MOVES[state]?.[input];
  if (!next) throw new Error(`the approval is ${state}: "${input}" cannot happen to it`);
  return next;
}

/** The code in an address that a phone has read, `…/#approve=…`, or null. No server sees that part of it. */
export function codeIn({ hash }) {
  return tidy(new URLSearchParams(hash.slice(1)).get("approve") ?? "") || null;
}

/** A code as a person may have typed it, or as a part of the address that the picture holds. */
export function tidy(text) {
  const typed = text.trim().replace(/^.*#approve=/, "");
  return /^[\w-]{4,100}$/.test(typed) ? typed : "";
}

/**
 * One code. Dispatches "state".
 *
 * @example
 * const approval = new Approval({ look: (code) => …, answer: (code, isApproved) => … });
 */
export class Approval extends EventTarget {
  constructor(service) {
    super();
    this.service = service;
    this.state = "empty";
    this.code = null;
    this.address = "";
    this.hasFailed = false;
  }

  /** Looks a code up; a person then sees who asks. */
  async look(code) {
    this.code = code;
    this.#move("look");
    try {
      ({ address: this.address } = await this.service.look(code));
      this.#move("found");
    } catch (error) {
      this.#move(inputOf(error));
    }
  }

  async answer(isApproved) {
    this.#move("answer");
    this.hasFailed = false;
    try {
      await this.service.answer(this.code, isApproved);
      this.#move(isApproved ? "yes" : "no");
    } catch (error) {
      this.hasFailed = inputOf(error) === "failed";
      this.#move(inputOf(error));
    }
  }

  #move(input) {
    this.state = nextState(this.state, input);
    this.dispatchEvent(new Event("state"));
  }
}

/** A refusal means that the code is not good any more; anything else may pass. */
function inputOf(error) {
  return error instanceof LineError ? "failed" : "gone";
}
