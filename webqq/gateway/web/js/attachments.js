/** Pictures and files that were chosen for a conversation and are not sent yet. They survive a reload, as typed text does. */

import { MOST_BYTES as MOST_FILE_BYTES } from "./files.js";
import { MOST_PICTURES, PictureFailed, TYPES, prepared } from "./pictures.js";

export const isPictureFile = ({ type }) => TYPES.includes(type);

/** A name in the store that sorts by time and is never given twice. */
const nameOf = (nowMs, count) => `attachment ${String(nowMs).padStart(15, "0")} ${String(count).padStart(4, "0")}`;

/** Dispatches "change" with `{key}`. An attachment is `{id, file, part}`; `part` is null until it was uploaded. */
export class Attachments extends EventTarget {
  /** @param {BlobStore} store @param {() => number} now milliseconds */
  constructor(store, now = Date.now) {
    super();
    Object.assign(this, { store, now });
    this.lists = new Map();
    this.busy = new Set();
    this.count = 0;
  }

  /** Brings back what was chosen before the page was loaded. */
  async restore() {
    for (const { key, id, file } of await this.store.values("attachment ")) {
      if (!this.of(key).some((each) => each.id === id)) this.#keep(key, [...this.of(key), { id, file, part: null }]);
    }
  }

  of(key) {
    return this.lists.get(key) ?? [];
  }

  /** Whether those of a conversation are on their way. */
  isBusy(key) {
    return this.busy.has(key);
  }

  /**
   * Takes files along, as many as there is room for.
   *
   * @param {{takesFiles: boolean}} options whether other files than pictures can be sent there
   * @throws {PictureFailed} "type", "size", "fileSize" or "many"; those before the one that failed stay
   */
  async add(key, files, { takesFiles }) {
    for (const file of files) {
      const ready = isPictureFile(file) || !takesFiles ? await prepared(file) : file;
      if (ready.size > MOST_FILE_BYTES) throw new PictureFailed("fileSize");
      if (this.of(key).length >= MOST_PICTURES) throw new PictureFailed("many");
      this.count += 1;
      const id = nameOf(this.now(), this.count);
      this.#keep(key, [...this.of(key), { id, file: ready, part: null }]);
      await this.store.put(id, { key, id, file: ready });
    }
  }

  async remove(key, id) {
    this.#keep(key, this.of(key).filter((each) => each.id !== id));
    await this.store.remove(id);
  }

  /**
   * Uploads the pictures that a conversation has and takes them out of here.
   *
   * @param {(file: File) => Promise<Array>} upload gives the picture part
   * @returns {Promise<Array[]>} the parts
   * @throws {PictureFailed} and then all stay; what was uploaded is not uploaded again
   */
  async upload(key, upload) {
    const chosen = this.of(key).filter(({ file }) => isPictureFile(file));
    if (chosen.length === 0) return [];
    this.busy.add(key);
    this.#changed(key);
    try {
      for (const each of chosen) each.part ??= await upload(each.file);
    } finally {
      this.busy.delete(key);
      this.#changed(key);
    }
    await this.#drop(key, chosen);
    return chosen.map(({ part }) => part);
  }

  /** Hands each other file to `send(file)`, which keeps it from then on, and takes it out of here. */
  async hand(key, send) {
    for (const each of this.of(key).filter(({ file }) => !isPictureFile(file))) {
      await send(each.file);
      await this.#drop(key, [each]);
    }
  }

  async #drop(key, gone) {
    this.#keep(key, this.of(key).filter((each) => !gone.includes(each)));
    for (const { id } of gone) await this.store.remove(id);
  }

  #keep(key, list) {
    if (list.length > 0) this.lists.set(key, list);
    else this.lists.delete(key);
    this.#changed(key);
  }

  #changed(key) {
    this.dispatchEvent(new CustomEvent("change", { detail: { key } }));
  }
}
