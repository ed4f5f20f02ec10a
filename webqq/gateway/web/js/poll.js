/**
 * The line to the service: an endless chain of poll2 calls, and what to do when it breaks.
 *
 *   stopped -> probing -> polling -> polling ...
 *
 * Probing is get_online_buddies2: it registers the session before the first poll, and it answers at once,
 * so that after a fault the line is known to be up again without waiting for a held poll.
 */

import { LineError, MalformedReply, Refused, statusOf } from "./wire.js";

/** Acknowledges nothing, but says that this page does acknowledge: a batch it keeps silent about was lost. */
const NO_BATCH = "new";

export const State = Object.freeze({
  STOPPED: "stopped",
  PROBING: "probing",
  POLLING: "polling",
  WAITING: "waiting",
  RELINKING: "relinking",
  KICKED: "kicked",
  ENDED: "ended",
});

/** (state, input) -> next state. What the table lacks is a fault of this page. */
export const MOVES = Object.freeze({
  [State.STOPPED]: { start: State.PROBING },
  [State.PROBING]: {
    registered: State.POLLING,
    failed: State.WAITING,
    lost: State.RELINKING,
    over: State.ENDED,
    stop: State.STOPPED,
  },
  [State.POLLING]: {
    answered: State.POLLING,
    doubted: State.PROBING,
    questioned: State.PROBING,
    failed: State.WAITING,
    lost: State.RELINKING,
    kicked: State.KICKED,
    over: State.ENDED,
    stop: State.STOPPED,
  },
  [State.WAITING]: { retry: State.PROBING, stop: State.STOPPED },
  [State.RELINKING]: {
    relinked: State.PROBING,
    failed: State.WAITING,
    over: State.ENDED,
    stop: State.STOPPED,
  },
  // Two clients that signed in again by themselves would throw each other out for ever.
  [State.KICKED]: { stop: State.STOPPED },
  [State.ENDED]: { stop: State.STOPPED },
});

/** @returns {string} the next state; throws where there is none */
export function nextState(state, input) {
  const next = MOVES[state]?.[input];
  if (!next) throw new Error(`the line is ${state}: "${input}" cannot happen here`);
  return next;
}

const IDLE = new Set([0, 102, 1202, 100003, 100100]);
const DOUBT = new Set([103, 100001, 100012]);
const LOST = new Set([120, 121]);
const OVER = new Set([100, 108, 100000, 100002]);
const TRY_AGAIN = new Set([112, 113, 115]);
const SESSION_GONE = new Set([8, 100, 103, 120, 121, 100000, 100002, 100012]);

/** What a poll's retcode asks for (WebQQ protocol, poll return codes). */
export function inputOfPoll(retcode) {
  if (IDLE.has(retcode) || retcode === 116) return "answered";
  if (DOUBT.has(retcode)) return "doubted";
  if (LOST.has(retcode)) return "lost";
  return OVER.has(retcode) ? "over" : "failed";
}

/** What a refused get_online_buddies2 asks for. */
export function inputOfProbe(retcode) {
  if (IDLE.has(retcode)) return "registered";
  if (DOUBT.has(retcode) || LOST.has(retcode)) return "lost";
  return OVER.has(retcode) ? "over" : "failed";
}

/** What a refused relink asks for (WebQQ protocol, relink). */
export function inputOfRelink(retcode) {
  return TRY_AGAIN.has(retcode) ? "failed" : "over";
}

/** Whether a send refused with this retcode puts the session in question. */
export function questionsSession(retcode) {
  return SESSION_GONE.has(retcode);
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Three troubles without an answered poll between them, and the session is taken for gone. */
const MOST_TROUBLES = 3;
/** Idle answers quicker than this, this many in a row, are a fault: a held poll does not answer so. */
const HASTY_MS = 300;
const MOST_HASTY = 5;

/** The pause after so many failures in a row: doubling, bounded, and spread so that pages do not march in step. */
export function pauseAfter(failures, random = Math.random) {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
  return pause * (0.8 + 0.4 * random());
}

/** The events of an answer, oldest first: the service lists them newest first. */
export function eventsOf(reply) {
  return Array.isArray(reply.result) ? reply.result.toReversed() : [];
}

/**
 * Runs the chain.
 *
 * `service` makes the calls: `probe(signal)` gives the list of who is online, `poll(key, signal)` the whole
 * answer, `relink()` nothing; `online(list)`, `events(list)` and `ptwebqq(value)` take what came. Events are
 * acknowledged by the next poll, after `events` is done with them.
 *
 * Dispatches "state" whenever the state changes, with `{state, previous, reason}` as its detail.
 */
export class Line extends EventTarget {
  constructor(service, { now = Date.now, random = Math.random } = {}) {
    super();
    this.service = service;
    this.now = now;
    this.random = random;
    this.state = State.STOPPED;
    this.reason = "";
    this.failures = 0;
    this.troubles = 0;
    this.hasty = 0;
    this.key = NO_BATCH;
  }

  get isUp() {
    return this.state === State.POLLING;
  }

  /** A fault is known and not yet overcome. */
  get isDown() {
    const trying = this.state === State.PROBING || this.state === State.RELINKING;
    return this.state === State.WAITING || (trying && this.failures > 0);
  }

  start() {
    this.#move("start");
    this.controller = new AbortController();
    this.#run(this.controller.signal);
  }

  stop() {
    if (this.state === State.STOPPED) return;
    this.#move("stop");
    this.controller.abort();
    this.endPause?.();
  }

  /** Another call was refused as if the session had gone: look at once, instead of when the poll ends. */
  question() {
    if (this.state === State.POLLING) this.endPoll?.();
  }

  /** Ends a pause before its time: the person asked, or the network came back. */
  retryNow() {
    if (this.state === State.WAITING) this.endPause?.();
  }

  #move(input) {
    const previous = this.state;
    this.state = nextState(previous, input);
    if (this.state === previous) return;
    const detail = { state: this.state, previous, reason: this.reason };
    this.dispatchEvent(new CustomEvent("state", { detail }));
  }

  async #run(signal) {
    const steps = {
      [State.PROBING]: () => this.#probe(signal),
      [State.POLLING]: () => this.#poll(signal),
      [State.WAITING]: () => this.#pause(),
      [State.RELINKING]: () => this.#relink(),
    };
    while (steps[this.state]) {
      const input = await steps[this.state]();
      if (signal.aborted) return;
      this.#move(this.#judged(input));
    }
  }

  /** Counts, and turns trouble that stays into the next worse input. */
  #judged(input) {
    if (input === "answered") this.failures = this.troubles = 0;
    if (input === "failed") this.failures += 1;
    if (input !== "doubted" && input !== "lost") return input;
    this.troubles += 1;
    if (this.troubles > MOST_TROUBLES) return "over";
    return this.troubles > 1 && MOVES[this.state].lost ? "lost" : input;
  }

  async #probe(signal) {
    try {
      this.service.online((await this.service.probe(signal)) ?? []);
      return "registered";
    } catch (error) {
      return error instanceof Refused ? inputOfProbe(error.retcode) : this.#fault(error);
    }
  }

  async #poll(signal) {
    const begun = this.now();
    const held = new AbortController();
    this.endPoll = () => held.abort();
    signal.addEventListener("abort", this.endPoll, { once: true });
    let reply;
    try {
      reply = await this.service.poll(this.key, held.signal);
    } catch (error) {
      if (held.signal.aborted) return "questioned";
      // A proxy that lost patience with a held poll: nothing happened.
      const wasHeld = this.now() - begun > LONGEST_PAUSE_MS / 2;
      return wasHeld && error instanceof LineError && error.status ? "answered" : this.#fault(error);
    } finally {
      signal.removeEventListener("abort", this.endPoll);
      this.endPoll = null;
    }
    if (signal.aborted) return "stop";
    const retcode = statusOf(reply);
    if (retcode === 116 && reply.p) this.service.ptwebqq(String(reply.p));
    if (retcode !== 0) this.key = NO_BATCH;
    if (retcode === 0) return this.#take(reply, begun);
    return inputOfPoll(retcode);
  }

  async #take(reply, begun) {
    const events = eventsOf(reply);
    const kick = events.find((event) => event.poll_type === "kick_message");
    try {
      await this.service.events(events);
    } catch (error) {
      return this.#fault(error); // not taken, so not acknowledged: the batch comes again
    }
    this.key = reply.key === undefined ? NO_BATCH : String(reply.key);
    if (kick) {
      this.reason = kick.value?.show_reason === 1 ? String(kick.value.reason ?? "") : "";
      return "kicked";
    }
    this.hasty = events.length === 0 && this.now() - begun < HASTY_MS ? this.hasty + 1 : 0;
    return this.hasty > MOST_HASTY ? "failed" : "answered";
  }

  async #relink() {
    try {
      await this.service.relink();
      return "relinked";
    } catch (error) {
      return error instanceof Refused ? inputOfRelink(error.retcode) : this.#fault(error);
    }
  }

  #pause() {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseAfter(this.failures, this.random), "retry");
      this.endPause = () => {
        clearTimeout(timer);
        resolve("retry");
      };
    });
  }

  #fault(error) {
    if (!(error instanceof LineError || error instanceof MalformedReply)) console.error(error);
    return "failed";
  }
}
