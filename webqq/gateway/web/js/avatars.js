/** Pictures that people have chosen for themselves: who has one, the picture when it is shown, and one's own. */

import * as calls from "./calls.js";
import { Downloads } from "./pictures.js";

const EDGE_PX = 160;
/** Those of a large group, some tens of kilobytes each. */
const HELD = 300;

/**
 * The middle of a picture as a small square.
 *
 * @throws {Error} for what is no picture
 */
export async function squareOf(file) {
  const bitmap = await createImageBitmap(file);
  const edge = Math.min(bitmap.width, bitmap.height);
  const canvas = new OffscreenCanvas(EDGE_PX, EDGE_PX);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, EDGE_PX, EDGE_PX);
  const [left, top] = [(bitmap.width - edge) / 2, (bitmap.height - edge) / 2];
  context.drawImage(bitmap, left, top, edge, edge, 0, 0, EDGE_PX, EDGE_PX);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
}

/** The pictures of one session. Dispatches "change" when other people have one, or another one. */
export class Avatars extends EventTarget {
  constructor(wire, session, downloads = new Downloads(wire, HELD)) {
    super();
    Object.assign(this, { wire, session, downloads });
    this.versions = new Map();
  }

  /** Asks who has one. A service that does not tell has none. */
  async load() {
    const people = await calls.avatars(this.wire, this.session.tokens).catch(() => null);
    if (!Array.isArray(people)) return;
    this.versions = new Map(people.map(({ uin, version }) => [uin, version]));
    this.dispatchEvent(new Event("change"));
  }

  /** The picture of a uin as a data address, always the same promise, or null where the person has none. */
  of(uin) {
    const version = this.versions.get(uin);
    if (version === undefined) return null;
    return this.downloads.get(calls.avatarAddress(this.session.tokens, uin, version));
  }

  /** Chooses a picture, or with null removes it. Throws what the call throws, and Error for what is no picture. */
  async choose(file) {
    const square = file ? await squareOf(file) : new Blob([]);
    await calls.chooseAvatar(this.wire, this.session.tokens, square);
    await this.load();
  }
}
