/** The digests a WebQQ client proves itself with: of the password at sign-in, of ptwebqq for the roster. */

import { md5 } from "./md5.js";

const utf8 = (text) => new TextEncoder().encode(text);
const upperHex = (bytes) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();

/**
 * The salt of an account as ptui_checkVC sends it: eight times a backslash, `x` and two hex digits.
 *
 * @param {string} escaped
 * @returns {Uint8Array} 8 raw bytes
 * @throws {RangeError} when the text is anything else
 */
export function parseSalt(escaped) {
  if (!/^(\\x[0-9a-fA-F]{2}){8}$/.test(escaped)) {
    throw new RangeError(`expected a salt of eight \\xHH escapes, got ${escaped.length} characters`);
  }
  return Uint8Array.from(escaped.split("\\x").slice(1), (pair) => parseInt(pair, 16));
}

/**
 * Parameter `p` of the login call (WebQQ protocol, password digest of 2013).
 *
 * @param {string} password
 * @param {Uint8Array} salt 8 raw bytes
 * @param {string} code the verify code of check, or the captcha's text
 * @returns {string} 32 upper-case hex digits
 */
export function passwordDigest(password, salt, code) {
  const salted = md5(new Uint8Array([...md5(utf8(password)), ...salt]));
  return upperHex(md5(utf8(upperHex(salted) + code.toUpperCase())));
}

/**
 * Parameter `hash` of the roster calls (WebQQ protocol, friends hash, the XOR variant).
 *
 * @param {number} uin own account number
 * @param {string} ptwebqq may be empty
 * @returns {string} 16 upper-case hex digits
 */
export function friendsHash(uin, ptwebqq) {
  const folded = [0, 0, 0, 0];
  for (let i = 0; i < ptwebqq.length; i += 1) folded[i % 4] ^= ptwebqq.charCodeAt(i);
  const bytes = [..."ECOK"].flatMap((letter, i) => [
    folded[i],
    ((uin >>> (24 - 8 * i)) & 0xff) ^ letter.charCodeAt(0),
  ]);
  return upperHex(bytes);
}
