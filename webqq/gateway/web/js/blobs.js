/**
 * Files that wait in this browser: chosen for a conversation, or on their way. Where the browser stores none, they last
 * as long as the page.
 */

const STORE = "files";

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
    request.addEventListener("blocked", () => reject(new Error("another page holds the files")));
  });

/** Values with files in them under names, for one account. */
export class BlobStore {
  /**
   * @param {number} account
   * @param {() => IDBFactory} factory asked for late: merely naming indexedDB may throw
   */
  constructor(account, factory = () => indexedDB) {
    this.memory = new Map();
    this.database = this.#open(`webqq ${account}`, factory);
  }

  async put(name, value) {
    this.memory.set(name, value);
    await this.#run("readwrite", (store) => store.put(value, name));
  }

  async get(name) {
    return this.memory.get(name) ?? (await this.#run("readonly", (store) => store.get(name)));
  }

  async remove(name) {
    this.memory.delete(name);
    await this.#run("readwrite", (store) => store.delete(name));
  }

  /** Every value whose name begins so, in the order of their names. */
  async values(start) {
    const range = IDBKeyRange.bound(start, `${start}\uffff`);
    return (await this.#run("readonly", (store) => store.getAll(range))) ?? [];
  }

  async clear() {
    this.memory.clear();
    await this.#run("readwrite", (store) => store.clear());
  }

  async #open(name, factory) {
    try {
      const request = factory().open(name, 1);
      request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
      return await settled(request);
    } catch {
      return null;
    }
  }

  /** What the work gives, or undefined where nothing can be stored, as when the disk is full. */
  async #run(mode, work) {
    const database = await this.database;
    try {
      return database ? await settled(work(database.transaction(STORE, mode).objectStore(STORE))) : undefined;
    } catch {
      return undefined;
    }
  }
}
