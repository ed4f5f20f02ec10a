/**
 * Sign-in by a code that a signed-in phone reads (WebQQ protocol, QR-code login).
 *
 *   loading -> waiting -> scanned -> done
 *
 * A code that expires is replaced by a new one by itself, a few times; then a person has to ask for it.
 */

import * as calls from "./calls.js";
import { LineError } from "./wire.js";

export const MOVES = Object.freeze({
  loading: { shown: "waiting", failed: "failed" },
  waiting: { unread: "waiting", read: "scanned", agreed: "done", expired: "expired", refused: "refused", failed: "failed" },
  scanned: { unread: "waiting", read: "scanned", agreed: "done", expired: "expired", refused: "refused", failed: "failed" },
  expired: { renew: "loading" },
  refused: { renew: "loading" },
  failed: { renew: "loading" },
  done: {},
});

export function nextState(state, input) {
  const next = MOVES[state]?.[input];
  if (!next) throw new Error(`the code is ${state}: "${input}" cannot happen to it`);
  return next;
}

const INPUTS = { 0: "agreed", 65: "expired", 66: "unread", 67: "read" };

/** What the code of ptqrlogin says. */
export const inputOfCode = (code) => INPUTS[code] ?? "refused";

const PAUSE_MS = 2_000;
const MOST_RENEWALS = 5;
/** Failures in a row of asking, after which it is said. */
const MOST_FAILURES = 5;

/**
 * Runs one sign-in. Dispatches "state" with `{state, text}`, and "picture" with `{url}` whenever there is a code to
 * show; call `shown` or `failed` when the browser has it.
 */
export class QRSignIn extends EventTarget {
  constructor(wire, { later = (work, ms) => setTimeout(work, ms) } = {}) {
    super();
    Object.assign(this, { wire, later });
    this.state = "expired";
    this.isStopped = true;
    this.round = 0;
  }

  /** Shows a code, and asks for a new one while the last has expired. */
  start() {
    this.isStopped = false;
    this.renewals = 0;
    this.#show();
  }

  stop() {
    this.isStopped = true;
    this.round += 1;
  }

  /** A person asks for another code. */
  renew() {
    this.renewals = 0;
    if (MOVES[this.state].renew) this.#show();
  }

  shown() {
    if (this.state !== "loading") return;
    this.#move("shown");
    this.#ask(this.round, 0);
  }

  failed() {
    if (this.state === "loading") this.#move("failed");
  }

  #show() {
    this.round += 1;
    if (this.state === "done" || this.state === "waiting" || this.state === "scanned") this.state = "expired";
    if (this.state !== "loading") this.#move("renew");
    this.dispatchEvent(new CustomEvent("picture", { detail: { url: calls.qrPictureUrl() } }));
  }

  async #ask(round, failures) {
    const answer = await this.#answer(failures);
    if (this.isStopped || round !== this.round) return;
    if (answer.input) this.#move(answer.input, answer.text);
    const isOpen = this.state === "waiting" || this.state === "scanned";
    if (isOpen) this.later(() => round === this.round && this.#ask(round, answer.failures), PAUSE_MS);
    else if (this.state === "expired" && this.renewals < MOST_RENEWALS) {
      this.renewals += 1;
      this.#show();
    }
  }

  /** What came of asking once: an input, or none where the line was down for a moment. */
  async #answer(failures) {
    try {
      const { code, url, text } = await calls.qrLogin(this.wire);
      if (code === "0") await calls.checkSig(this.wire, url);
      return { input: inputOfCode(code), text, failures: 0 };
    } catch (error) {
      const isLasting = !(error instanceof LineError) || error.status === 404 || failures + 1 >= MOST_FAILURES;
      return { input: isLasting ? "failed" : null, failures: failures + 1 };
    }
  }

  #move(input, text = "") {
    const previous = this.state;
    this.state = nextState(previous, input);
    if (this.state === previous) return;
    this.dispatchEvent(new CustomEvent("state", { detail: { state: this.state, text } }));
  }
}
