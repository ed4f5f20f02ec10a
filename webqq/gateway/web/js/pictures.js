/**
 * Pictures in messages (WebQQ protocol, pictures and files): how one is sent and where one is found.
 *
 * A picture part is `["picture", {form, ...}]`, or `["picture"]` where the service hands none out:
 *
 *   form "offpic"  path, and of one's own also name and size: to or from a friend
 *   form "group"   name, and of others' also id and server: in a group or a discussion
 *   form "friend"  name: a custom face of a friend, found by the message's id
 */

import * as calls from "./calls.js";
import { LineError, MalformedReply, Refused } from "./wire.js";

/** What every browser shows and the service took. */
export const TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const SHOWN_TYPES = [...TYPES, "image/bmp"];
/** Larger ones are made smaller before they go. */
export const MOST_BYTES = 4 * 1024 * 1024;
export const MOST_PICTURES = 9;
const LONGEST_SIDE_PX = 1920;

const isText = (value) => typeof value === "string" && value !== "";

/** The part of an `offpic` or `cface` element, as received or as sent, or null for anything else. */
export function picturePart([kind, value, ...rest]) {
  if (kind === "offpic" && isText(value)) {
    return ["picture", { form: "offpic", path: value, name: String(rest[0] ?? ""), size: Number(rest[1]) || 0 }];
  }
  if (kind === "offpic" && isText(value?.file_path)) return ["picture", { form: "offpic", path: value.file_path }];
  if (kind !== "cface") return null;
  if (value === "group" && isText(rest[0])) return ["picture", { form: "group", name: rest[0] }];
  if (isText(value)) return ["picture", { form: "friend", name: value }];
  if (!isText(value?.name)) return null;
  return ["picture", { form: "group", name: value.name, id: value.file_id, server: String(value.server ?? "") }];
}

/** The element that a send call carries for a picture that was uploaded. */
export function sentElement([, { form, path, name, size }]) {
  if (form === "offpic") return ["offpic", path, name, size];
  return form === "group" ? ["cface", "group", name] : ["cface", name];
}

/**
 * Where a picture of a message is, or null.
 *
 * @param {object} tokens of the session
 * @param {Array} part
 * @param {{sender: number, code?: number, did?: number, messageId?: number}} of the message: uin of its sender, the
 *   group's code or the discussion's did, and its number on the wire
 */
export function pictureAddress(tokens, [, picture], { sender, code, did, messageId }) {
  const { clientid, psessionid, vfwebqq } = tokens;
  if (picture?.form === "offpic") {
    const query = { file_path: picture.path, f_uin: sender, clientid, psessionid };
    return `/channel/get_offpic2?${new URLSearchParams(query)}`;
  }
  if (picture?.form === "group" && (code ?? did)) {
    const [rip, rport = "80"] = (picture.server || "0.0.0.0").split(":");
    const place = did ? { type: "1", gid: did } : { type: "0", gid: code };
    const query = { ...place, uin: sender, rip, rport, fid: picture.id ?? 0, pic: picture.name, vfwebqq };
    return `/cgi-bin/get_group_pic?${new URLSearchParams(query)}`;
  }
  if (picture?.form === "friend" && messageId) {
    const query = { lcid: messageId, guid: picture.name, to: sender, count: 5, time: 1, clientid, psessionid };
    return `/channel/get_cface2?${new URLSearchParams(query)}`;
  }
  return null;
}

/** A picture could not be taken along. `reason` is "type", "size", "line" or "refused". */
export class PictureFailed extends Error {
  constructor(reason, cause) {
    super(`the picture was not taken: ${reason}`, { cause });
    this.name = "PictureFailed";
    this.reason = reason;
  }
}

async function smaller(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(Math.max(1, bitmap.width * scale), Math.max(1, bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
  return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: blob.type });
}

/**
 * A file as it can be sent: of a known type, and made smaller where it is too large.
 *
 * @throws {PictureFailed} "type" or "size"
 */
export async function prepared(file) {
  if (!TYPES.includes(file.type)) throw new PictureFailed("type");
  if (file.size <= MOST_BYTES) return file;
  if (file.type === "image/gif") throw new PictureFailed("size"); // it may move, a smaller one would not
  let small;
  try {
    small = await smaller(file);
  } catch (error) {
    throw new PictureFailed("type", error);
  }
  if (small.size > MOST_BYTES) throw new PictureFailed("size");
  return small;
}

/** A file or an answer as an address that an image can show, and that a person can pass on without harm. */
export function dataAddress(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

const PICTURES_HELD = 40;
const DOWNLOAD_TIMEOUT_MS = 60_000;

/**
 * Fetches pictures. Their addresses hold the tokens of the session, so they are never put where a person could copy
 * one to somebody else: what is shown is the data.
 */
export class Downloads {
  constructor(wire, most = PICTURES_HELD) {
    Object.assign(this, { wire, most });
    this.held = new Map();
  }

  /**
   * The picture at an address, as a data address; the last few are held.
   *
   * @throws {PictureFailed} "line", or "type" for what is no picture
   */
  get(address) {
    if (!this.held.has(address)) {
      const picture = this.#fetch(address);
      this.held.set(address, picture);
      picture.catch(() => this.held.delete(address));
      for (const oldest of this.held.keys()) {
        if (this.held.size <= this.most) break;
        this.held.delete(oldest);
      }
    }
    return this.held.get(address);
  }

  async #fetch(address) {
    let blob;
    try {
      blob = await this.wire.blob(address, { timeoutMs: DOWNLOAD_TIMEOUT_MS });
    } catch (error) {
      throw new PictureFailed("line", error);
    }
    if (!SHOWN_TYPES.includes(blob.type)) throw new PictureFailed("type");
    return dataAddress(blob);
  }
}

/** Uploads pictures of one session. */
export class Uploads {
  constructor(wire, session) {
    Object.assign(this, { wire, session });
    this.count = 0;
    this.signature = null;
  }

  /**
   * Uploads a file for a contact.
   *
   * @returns {Promise<Array>} the picture part
   * @throws {PictureFailed} "line" or "refused"
   */
  async upload(contact, file) {
    try {
      return contact.kind === "friend" ? await this.#toFriend(contact, file) : await this.#toGroup(file);
    } catch (error) {
      if (error instanceof Refused || error instanceof MalformedReply) throw new PictureFailed("refused", error);
      if (error instanceof LineError) {
        const isAnswer = error.status >= 400 && error.status < 500;
        throw new PictureFailed(error.status === 413 ? "size" : isAnswer ? "refused" : "line", error);
      }
      throw error;
    }
  }

  /** What a send with a picture to a group or a discussion carries besides: `{key, sig}`, asked once a session. */
  async groupSignature() {
    this.signature ??= await calls.groupPictureSignature(this.wire, this.session.tokens);
    return this.signature;
  }

  async #toFriend({ uin }, file) {
    this.count += 1;
    const { path, name, size } = await calls.uploadToFriend(this.wire, this.session.tokens, uin, file, this.count);
    return ["picture", { form: "offpic", path, name, size }];
  }

  async #toGroup(file) {
    return ["picture", { form: "group", name: await calls.uploadToGroup(this.wire, this.session.tokens, file) }];
  }
}
