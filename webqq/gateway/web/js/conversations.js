/**
 * What was said, what is unread and what is half typed: a conversation for each contact, kept in this browser
 * for each account, bounded.
 *
 * A message is `{id, own, name, parts, time, state}`: `id` is unique in its conversation, `name` the sender's
 * name at the time (null: unknown), `parts` as in content.js, `time` in milliseconds; only own messages have
 * a `state`. `order` rises in the order in which the gateway took messages, where it is known.
 */

/** A conversation of this length is about 60 kB; the browser gives an origin 5 MB. */
export const MESSAGES_KEPT = 300;
export const CONVERSATIONS_KEPT = 60;

/** Numbers of sends repeat after some hours; within this they do not. */
const SAME_SEND_MS = 3_600_000;

/** By time, and within a second, which is all that the gateway tells, by its own order. */
const compare = (a, b) => a.time - b.time || (a.order && b.order ? a.order - b.order : 0);
/** Whether two messages are one: by its id, or one's own by the number that the gateway was given. */
function isSame(a, b) {
  const isOwn = a.own && b.own && a.sentAs === b.sentAs && b.sentAs !== undefined;
  return a.id === b.id || (isOwn && Math.abs(a.time - b.time) < SAME_SEND_MS);
}

const merged = (one, other) => [...one, ...other].toSorted(compare);

const lastOf = ({ own, name, parts, time }) => ({ own, name, parts, time });

const isLasting = (key) => !key.startsWith("~");

/** Dispatches "added" and "altered" with `{key, message}`, "summary" and "grown" with `{key}`. */
export class Conversations extends EventTarget {
  /** @param {Shelf} shelf one account's shelf */
  constructor(shelf) {
    super();
    this.shelf = shelf;
    this.summaries = new Map(Object.entries(shelf.get("summaries") ?? {}));
    this.loaded = new Map();
    this.older = new Map();
  }

  /** Every conversation's key. */
  keys() {
    return [...this.summaries.keys()];
  }

  /** @returns {{unread: number, draft: string, last: object|null}} */
  summary(key) {
    return this.summaries.get(key) ?? { unread: 0, draft: "", last: null };
  }

  /** The messages of a conversation, oldest first. Not to be changed by the caller. */
  messages(key) {
    if (!this.loaded.has(key)) this.loaded.set(key, this.shelf.get(`messages ${key}`) ?? []);
    return this.loaded.get(key);
  }

  /** Those and the older ones that were fetched since the page was loaded, oldest first. */
  all(key) {
    return [...(this.older.get(key) ?? []), ...this.messages(key)];
  }

  /** Unread messages of the conversations that `isShown(key)`; one with somebody who is no contact cannot be read. */
  unread(isShown = () => true) {
    const shown = [...this.summaries].filter(([key]) => isShown(key));
    return shown.reduce((sum, [, { unread }]) => sum + unread, 0);
  }

  /** Keeps a message; false when its id is there already (the service may deliver a message twice). */
  add(key, message, { isRead }) {
    const messages = this.messages(key);
    if (messages.some(({ id }) => id === message.id)) return false;
    messages.push(message);
    this.#overflow(key);
    this.#keep(key);
    const { unread } = this.summary(key);
    this.#summarize(key, { last: lastOf(message), unread: isRead ? unread : unread + 1 });
    this.#tell("added", { key, message });
    return true;
  }

  /**
   * Puts messages of the gateway's history to where they belong, those that are there already left out. A message of
   * one's own that was in doubt, or sent from elsewhere, is now known to be sent.
   *
   * @param {object[]} found oldest first; `sentAs` is the number that its sender gave it
   * @returns {boolean} whether there was something new
   */
  merge(key, found) {
    const fresh = found.filter((message) => !this.#recognize(key, message));
    if (fresh.length === 0) return false;
    const kept = this.messages(key);
    const isOld = (message) => kept.length > 0 && compare(message, kept[0]) < 0;
    this.older.set(key, merged(this.older.get(key) ?? [], fresh.filter(isOld)));
    this.loaded.set(key, merged(kept, fresh.filter((message) => !isOld(message))));
    this.#overflow(key);
    this.#keep(key);
    this.#touch(key, this.messages(key).at(-1));
    this.#tell("grown", { key });
    return true;
  }

  /** Whether a message is unknown and older ones are known: those between them may be missing. */
  wouldLeaveGap(key, message) {
    const known = this.all(key);
    return !known.some((each) => isSame(each, message)) && known.some((each) => compare(each, message) < 0);
  }

  /** The newest message of a conversation, where the gateway knows a newer one than this browser. */
  #touch(key, newest) {
    const { last } = this.summary(key);
    if (newest && newest.time > (last?.time ?? 0)) this.#summarize(key, { last: lastOf(newest) });
  }

  #recognize(key, message) {
    const known = this.all(key).find((each) => isSame(each, message));
    if (known && ["sending", "unknown"].includes(known.state)) this.alter(key, known.id, { state: "sent" });
    return Boolean(known);
  }

  /** Changes fields of a message, as its state. */
  alter(key, id, changes) {
    const message = this.messages(key).find((each) => each.id === id);
    if (!message) return;
    Object.assign(message, changes);
    this.#keep(key);
    this.#tell("altered", { key, message });
  }

  markRead(key) {
    if (this.summary(key).unread > 0) this.#summarize(key, { unread: 0 });
  }

  setDraft(key, draft) {
    if (this.summary(key).draft !== draft) this.#summarize(key, { draft });
  }

  /** Removes what was said in a conversation; a draft stays. */
  forgetMessages(key) {
    this.older.delete(key);
    this.loaded.set(key, []);
    this.shelf.remove(`messages ${key}`);
    this.#summarize(key, { last: null, unread: 0 });
    this.#tell("grown", { key });
  }

  /** Removes everything that this browser keeps of the account. */
  forget() {
    this.older.clear();
    for (const key of this.keys()) this.shelf.remove(`messages ${key}`);
    this.shelf.remove("summaries");
    this.summaries.clear();
    this.loaded.clear();
  }

  /** What is too much to keep stays for as long as the page, where its older neighbours are shown. */
  #overflow(key) {
    const messages = this.messages(key);
    const dropped = messages.splice(0, Math.max(0, messages.length - MESSAGES_KEPT));
    if (this.older.has(key)) this.older.get(key).push(...dropped);
  }

  #summarize(key, changes) {
    this.summaries.set(key, { ...this.summary(key), ...changes });
    this.#bound();
    const lasting = [...this.summaries].filter(([each]) => isLasting(each));
    this.shelf.set("summaries", Object.fromEntries(lasting));
    this.#tell("summary", { key });
  }

  /** Oldest first; what holds a draft or something unread counts as touched just now. */
  #byAge() {
    const age = ({ last, draft, unread }) => (draft || unread ? Infinity : (last?.time ?? 0));
    return [...this.summaries].toSorted(([, a], [, b]) => age(a) - age(b)).map(([key]) => key);
  }

  #bound() {
    if (this.summaries.size <= CONVERSATIONS_KEPT) return;
    for (const key of this.#byAge().slice(0, this.summaries.size - CONVERSATIONS_KEPT)) this.#drop(key);
  }

  #drop(key) {
    this.summaries.delete(key);
    this.loaded.delete(key);
    this.shelf.remove(`messages ${key}`);
  }

  /** Where the browser has no room left, the oldest conversations make some. */
  #keep(key) {
    if (!isLasting(key)) return;
    const others = this.#byAge().filter((each) => each !== key);
    while (!this.shelf.set(`messages ${key}`, this.messages(key)) && others.length > 0) {
      this.#drop(others.shift());
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
