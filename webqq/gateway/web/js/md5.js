/**
 * MD5 (RFC 1321). WebCrypto leaves it out on purpose, but the sign-in digest of 2013 is made of it; it is
 * used for nothing else here.
 */

const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
];
const SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));

/** The message followed by 0x80, zeros and its length in bits: a whole number of 64-byte blocks. */
function padded(bytes) {
  const out = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  out.set(bytes);
  out[bytes.length] = 0x80;
  const view = new DataView(out.buffer);
  view.setUint32(out.length - 8, bytes.length << 3, true);
  view.setUint32(out.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  return view;
}

/** The mixing function and the word that step `i` reads (RFC 1321, 3.4). */
function step(i, b, c, d) {
  if (i < 16) return [(b & c) | (~b & d), i];
  if (i < 32) return [(d & b) | (~d & c), (5 * i + 1) & 15];
  if (i < 48) return [b ^ c ^ d, (3 * i + 5) & 15];
  return [c ^ (b | ~d), (7 * i) & 15];
}

function addBlock(state, view, offset) {
  let [a, b, c, d] = state;
  for (let i = 0; i < 64; i += 1) {
    const [mixed, word] = step(i, b, c, d);
    const sum = (a + mixed + SINES[i] + view.getUint32(offset + 4 * word, true)) | 0;
    const shift = SHIFTS[i >> 4][i & 3];
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0];
}

/**
 * The 16 raw bytes of the digest.
 *
 * @param {Uint8Array} bytes
 * @returns {Uint8Array}
 */
export function md5(bytes) {
  const view = padded(bytes);
  let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let offset = 0; offset < view.byteLength; offset += 64) state = addBlock(state, view, offset);
  const out = new DataView(new ArrayBuffer(16));
  state.forEach((word, i) => out.setInt32(4 * i, word, true));
  return new Uint8Array(out.buffer);
}
