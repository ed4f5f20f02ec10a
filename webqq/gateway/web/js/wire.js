/**
 * How calls travel: GET with a query, POST with the r envelope, to this page's own origin; what comes back,
 * and the three ways in which a call can fail. Knows no call by name.
 */

/** No usable answer came: nobody knows whether the request arrived. `status` is the HTTP status, if any. */
export class LineError extends Error {
  constructor(path, { status = 0, cause } = {}) {
    super(`no answer from ${path}${status ? `: HTTP status ${status}` : ""}`, { cause });
    this.name = "LineError";
    this.status = status;
  }
}

/** The service answered, and its answer is no. `reply` is the whole answer. */
export class Refused extends Error {
  constructor(path, retcode, reply = {}) {
    super(`${path} was refused with retcode ${retcode}`);
    this.name = "Refused";
    this.retcode = retcode;
    this.reply = reply;
  }
}

/** The answer is not what the protocol promises. */
export class MalformedReply extends Error {
  constructor(path, detail) {
    super(`${path}: ${detail}`);
    this.name = "MalformedReply";
  }
}

/** The time within which every call but poll2 is answered, unless the line is down. */
export const CALL_TIMEOUT_MS = 15_000;

/** Ends when the time is over or when `signal` says so, whichever comes first. */
function deadline(timeoutMs, signal) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  const release = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  };
  return { signal: controller.signal, release };
}

function formData(form) {
  const data = new FormData();
  for (const [name, value] of Object.entries(form)) data.append(name, value);
  return data;
}

/** The number that says how a call went (WebQQ protocol, responses): retcode, errCode, ec, ret or -1. */
export function statusOf(reply) {
  return reply.retcode ?? reply.errCode ?? reply.ec ?? reply.ret ?? -1;
}

/**
 * Calls on one origin.
 *
 * @example
 * const wire = new Wire();
 * const reply = await wire.json("/channel/get_online_buddies2", { query: { clientid, psessionid } });
 */
export class Wire {
  /** @param {typeof fetch} fetch what to send with; tests give their own */
  constructor(fetch = globalThis.fetch.bind(globalThis)) {
    this.fetch = fetch;
  }

  /**
   * The answer's text. With `query` alone it is a GET; with `r` a POST of the envelope, where `fields` are
   * the form fields repeated beside r; with `form` a POST of its fields, a file among them.
   *
   * @throws {LineError} no answer within `timeoutMs`, or a status of 400 and above
   */
  text(path, options) {
    return this.#read(path, options, (response) => response.text());
  }

  /** The answer's bytes and their type, as a Blob. */
  blob(path, options) {
    return this.#read(path, options, (response) => response.blob());
  }

  async #read(path, { query, r, fields = {}, form, timeoutMs = CALL_TIMEOUT_MS, signal } = {}, read) {
    const url = query ? `${path}?${new URLSearchParams(query)}` : path;
    // A redirect leads to the service's old proxy pages, which say nothing: only its cookies matter.
    const init = { redirect: "manual", cache: "no-store", credentials: "same-origin" };
    if (r) {
      Object.assign(init, { method: "POST", body: new URLSearchParams({ r: JSON.stringify(r), ...fields }) });
    }
    if (form) Object.assign(init, { method: "POST", body: formData(form) });
    const limit = deadline(timeoutMs, signal);
    try {
      const response = await this.fetch(url, { ...init, signal: limit.signal });
      if (response.status >= 400) throw new LineError(path, { status: response.status });
      return await read(response);
    } catch (error) {
      throw error instanceof LineError ? error : new LineError(path, { cause: error });
    } finally {
      limit.release();
    }
  }

  /** The answer as an object, whatever its retcode. */
  async json(path, options) {
    const text = await this.text(path, options);
    let reply;
    try {
      reply = JSON.parse(text);
    } catch {
      throw new MalformedReply(path, `expected JSON, got ${text.length} characters of something else`);
    }
    if (typeof reply !== "object" || reply === null || Array.isArray(reply)) {
      throw new MalformedReply(path, "expected a JSON object");
    }
    return reply;
  }

  /** The `result` of an answer with retcode 0; anything else is Refused. */
  async result(path, options) {
    const reply = await this.json(path, options);
    if (statusOf(reply) !== 0) throw new Refused(path, statusOf(reply), reply);
    return reply.result;
  }
}
