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

/** The body of an answer as a Blob, piece by piece. */
async function drained(response, onProgress) {
  const total = Number(response.headers.get("Content-Length")) || 0;
  const pieces = [];
  let read = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    read += value.length;
    onProgress(total ? Math.min(1, read / total) : 0);
  }
  return new Blob(pieces, { type: (response.headers.get("Content-Type") ?? "").split(";")[0] });
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
  /**
   * @param {typeof fetch} fetch what to send with; tests give their own
   * @param {() => XMLHttpRequest} newRequest for uploads, of which fetch does not tell how far they are
   */
  constructor(fetch = globalThis.fetch.bind(globalThis), newRequest = () => new XMLHttpRequest()) {
    Object.assign(this, { fetch, newRequest });
  }

  /**
   * The answer's text. With `query` alone it is a GET; with `r` a POST of the envelope, where `fields` are
   * the form fields repeated beside r; with `fields` alone a POST of them; with `form` one of parts, a file among them.
   *
   * @throws {LineError} no answer within `timeoutMs`, or a status of 400 and above
   */
  text(path, options) {
    return this.#read(path, options, (response) => response.text());
  }

  /** The answer's bytes and their type, as a Blob. `onProgress(share)` hears how much is there, from 0 to 1. */
  blob(path, { onProgress, ...options } = {}) {
    return this.#read(path, options, (response) => (onProgress ? drained(response, onProgress) : response.blob()));
  }

  /**
   * The answer's text to a POST of a form. `onProgress(share)` hears how much is on its way, from 0 to 1.
   *
   * @throws {LineError} as `text`
   */
  upload(path, { query, form, timeoutMs, onProgress }) {
    const request = this.newRequest();
    return new Promise((resolve, reject) => {
      const fail = () => reject(new LineError(path, { status: request.status }));
      for (const type of ["error", "abort", "timeout"]) request.addEventListener(type, fail);
      request.addEventListener("load", () => (request.status >= 400 ? fail() : resolve(request.responseText)));
      request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
      request.open("POST", `${path}?${new URLSearchParams(query)}`);
      request.timeout = timeoutMs;
      request.send(formData(form));
    });
  }

  async #read(path, { query, r, fields, form, timeoutMs = CALL_TIMEOUT_MS, signal } = {}, read) {
    const url = query ? `${path}?${new URLSearchParams(query)}` : path;
    // A redirect leads to the service's old proxy pages, which say nothing: only its cookies matter.
    const init = { redirect: "manual", cache: "no-store", credentials: "same-origin" };
    if (r || fields) {
      const all = { ...(r && { r: JSON.stringify(r) }), ...fields };
      Object.assign(init, { method: "POST", body: new URLSearchParams(all) });
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
