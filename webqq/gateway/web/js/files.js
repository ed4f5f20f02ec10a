/**
 * Files between friends (WebQQ protocol, offline files; direct files): what a message says of one, how it is sent and
 * fetched.
 *
 * A file part is `["file", {name, size, ...}]`:
 *
 *   form "sent"    blob: its name in the BlobStore, until it is sent
 *   form "left"    rkey, expires (seconds): left here by a friend
 *   form "direct"  session: offered by a client that sends directly
 */

import * as calls from "./calls.js";
import { LineError, MalformedReply, Refused } from "./wire.js";

/** The gateway takes no larger one. */
export const MOST_BYTES = 16 * 1024 * 1024;

/** Files are served as bytes to save, and failures as something else. */
const BYTES = "application/octet-stream";

const VIDEO_CALL = 161;

const nameOf = (name) => String(name ?? "").slice(0, 200);

/** The part of a push_offfile event. */
export function leftPart({ name, size, rkey, expire_time: expires }) {
  return ["file", { form: "left", name: nameOf(name), size: Number(size) || 0, rkey: String(rkey), expires }];
}

/** The part of a file_message event that offers a file, or null for a call or an answer. */
export function offeredPart({ mode, type, name, session_id: session }) {
  if (mode !== "recv" || type === VIDEO_CALL) return null;
  return ["file", { form: "direct", name: nameOf(name), size: 0, session }];
}

/** Whether a file can still be had. */
export function isExpired([, { expires = Infinity }], nowMs = Date.now()) {
  return expires * 1000 <= nowMs;
}

/** A file could not be had. `reason` is "line" or "gone". */
export class FileFailed extends Error {
  constructor(reason, cause) {
    super(`the file was not fetched: ${reason}`, { cause });
    this.name = "FileFailed";
    this.reason = reason;
  }
}

const isAnswer = (error) =>
  error instanceof Refused || error instanceof MalformedReply || (error.status >= 400 && error.status < 500);

/** Sends and fetches files of one session. */
export class Files {
  constructor(wire, session) {
    Object.assign(this, { wire, session });
  }

  /**
   * The bytes of a file that a friend left or offers.
   *
   * @param {number} uin of the friend
   * @param {(share: number) => void} onProgress from 0 to 1
   * @returns {Promise<Blob>} of no type, so that no browser shows it instead of saving it
   * @throws {FileFailed}
   */
  async fetch(uin, [, file], onProgress) {
    const { wire, session } = this;
    let blob;
    try {
      blob = await (file.form === "left"
        ? calls.leftFile(wire, file.rkey, onProgress)
        : calls.offeredFile(wire, session.tokens, uin, file, onProgress));
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      throw new FileFailed(isAnswer(error) ? "gone" : "line", error);
    }
    if (blob.type !== BYTES) throw new FileFailed("gone");
    return blob.slice(0, blob.size, "");
  }

  /** Lets the friend know that a file is not wanted. Throws what the calls throw. */
  async refuse(uin, [, file]) {
    const { wire, session } = this;
    if (file.form === "left") await calls.refuseLeftFile(wire, session.tokens, uin, file);
    else await calls.refuseOfferedFile(wire, session.tokens, uin, file);
  }

  /**
   * Leaves a file with the gateway.
   *
   * @returns {Promise<{path: string, name: string}>} what the friend is told of; "" where it was not taken
   */
  upload(uin, file, onProgress) {
    return calls.uploadFile(this.wire, this.session.tokens, uin, file, onProgress);
  }

  /** Tells a friend of a file that was left: the whole answer, whatever its retcode. */
  give(uin, left) {
    return calls.giveFile(this.wire, this.session.tokens, uin, left);
  }
}
