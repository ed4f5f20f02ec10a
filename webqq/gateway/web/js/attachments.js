/** Pictures that were chosen for a conversation and are not sent yet. They last as long as the page. */

import { MOST_PICTURES, PictureFailed, prepared } from "./pictures.js";

/** Dispatches "change" with `{key}`. An attachment is `{id, file, part}`; `part` is null until it was uploaded. */
export class Attachments extends EventTarget {
  constructor() {
    super();
    this.lists = new Map();
    this.busy = new Set();
    this.count = 0;
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
   * @throws {PictureFailed} "type", "size" or "many"; those before the one that failed stay
   */
  async add(key, files) {
    for (const file of files) {
      const ready = await prepared(file);
      if (this.of(key).length >= MOST_PICTURES) throw new PictureFailed("many");
      this.count += 1;
      this.lists.set(key, [...this.of(key), { id: this.count, file: ready, part: null }]);
      this.#changed(key);
    }
  }

  remove(key, id) {
    this.#keep(key, this.of(key).filter((each) => each.id !== id));
  }

  /**
   * Uploads what a conversation has and takes it out of here.
   *
   * @param {(file: File) => Promise<Array>} upload gives the picture part
   * @returns {Promise<Array[]>} the parts
   * @throws {PictureFailed} and then all stay; what was uploaded is not uploaded again
   */
  async upload(key, upload) {
    const chosen = this.of(key);
    if (chosen.length === 0) return [];
    this.busy.add(key);
    this.#changed(key);
    try {
      for (const each of chosen) each.part ??= await upload(each.file);
    } finally {
      this.busy.delete(key);
      this.#changed(key);
    }
    this.#keep(key, this.of(key).filter((each) => !chosen.includes(each)));
    return chosen.map(({ part }) => part);
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
