/**
 * Who can be talked to: friends in their categories, groups with their members, and who is online.
 *
 * Uins and gids belong to a session; a contact's `key` is made of its lasting number, so that history and
 * drafts are found again after another sign-in. Where the service does not tell the number, the key starts
 * with "~" and lasts as long as the session.
 */

import * as calls from "./calls.js";
import { unescapeText } from "./content.js";
import { LineError } from "./wire.js";

const STATUS_OF_CODE = {
  10: "online",
  20: "offline",
  30: "away",
  40: "offline",
  50: "busy",
  60: "callme",
  70: "silent",
};
const STATUSES = new Set(["online", "away", "busy", "callme", "silent"]);
const NUMBERS_AT_ONCE = 4; // below the six connections a browser opens, one of which the poll holds
const OWN_CATEGORY = 0; // "my friends": the service does not list it

const list = (value) => (Array.isArray(value) ? value : []);
const byId = (items, id, value) => new Map(list(items).map((item) => [item[id], item[value]]));
const text = (value) => unescapeText(String(value ?? "")).trim();

/** A state string as this page shows it; an unknown one counts as online, hidden as offline. */
export function presenceOf(status) {
  if (status === "offline" || status === "hidden") return "offline";
  return STATUSES.has(status) ? status : "online";
}

/**
 * The answer of get_user_friends2, joined by uin.
 *
 * @returns {{categories: {index: number, name: string|null}[], friends: object[]}}
 */
export function parseFriends(result) {
  const nicks = byId(result?.info, "uin", "nick");
  const marks = byId(result?.marknames, "uin", "markname");
  const friends = list(result?.friends).map(({ uin, categories }) => ({
    kind: "friend",
    uin,
    nick: text(nicks.get(uin)),
    mark: text(marks.get(uin)),
    category: categories ?? OWN_CATEGORY,
    presence: "offline",
  }));
  const named = list(result?.categories).toSorted((a, b) => a.sort - b.sort);
  const categories = named.map(({ index, name }) => ({ index, name: text(name) }));
  if (!categories.some(({ index }) => index === OWN_CATEGORY)) {
    categories.unshift({ index: OWN_CATEGORY, name: null });
  }
  return { categories, friends };
}

/** The answer of get_discus_list. A did lasts as long as a sign-in at least, and there is no other number. */
export function parseDiscussions(result) {
  return list(result?.dnamelist).map(({ did, name }) => ({
    kind: "discussion",
    did,
    key: `discussion-${did}`,
    nick: text(name),
    mark: "",
  }));
}

/** The members of an answer of get_discu_info, by name. */
export function parseDiscussionMembers(result, marks = new Map()) {
  const nicks = byId(result?.mem_info, "uin", "nick");
  const stats = byId(result?.mem_status, "uin", "status");
  const { mem_list: members, discu_owner: owner } = result?.info ?? {};
  return list(members)
    .map(({ mem_uin: uin }) => ({
      uin,
      name: marks.get(uin) || text(nicks.get(uin)) || null,
      role: uin === owner ? "owner" : "member",
      presence: stats.has(uin) ? presenceOf(stats.get(uin)) : "offline",
    }))
    .toSorted((a, b) => String(a.name).localeCompare(String(b.name)));
}

/** The answer of get_group_name_list_mask2. */
export function parseGroups(result) {
  const marks = byId(result?.gmarklist, "uin", "markname");
  return list(result?.gnamelist).map(({ gid, code, name }) => ({
    kind: "group",
    gid,
    code,
    nick: text(name),
    mark: text(marks.get(gid)),
  }));
}

/** The members of an answer of get_group_info_ext2: the owner first, then administrators, then by name. */
export function parseMembers(result, marks = new Map()) {
  const { owner, members } = result?.ginfo ?? {};
  const nicks = byId(result?.minfo, "uin", "nick");
  const cards = byId(result?.cards, "muin", "card");
  const stats = byId(result?.stats, "uin", "stat");
  const rank = { owner: 0, admin: 1, member: 2 };
  return list(members)
    .map(({ muin, mflag }) => ({
      uin: muin,
      name: marks.get(muin) || text(cards.get(muin)) || text(nicks.get(muin)) || null,
      role: muin === owner ? "owner" : mflag % 2 ? "admin" : "member",
      presence: stats.has(muin) ? (STATUS_OF_CODE[stats.get(muin)] ?? "online") : "offline",
    }))
    .toSorted((a, b) => rank[a.role] - rank[b.role] || String(a.name).localeCompare(String(b.name)));
}

/** What a session knows a contact by: the uin, gid or did. */
const aliasOf = ({ kind, uin, gid, did }) => ({ friend: uin, group: gid, discussion: did })[kind];

/** Calls `visit` for each item, a few at a time. */
async function forEachAtOnce(items, limit, visit) {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await visit(item);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/** The contacts of a session. Dispatches "change" when what is shown of them has changed. */
export class Roster extends EventTarget {
  constructor(wire, session, shelf) {
    super();
    Object.assign(this, { wire, session, shelf });
    this.self = { uin: session.account, name: String(session.account) };
    this.categories = [];
    this.contacts = new Map();
    this.aliases = new Map();
    this.statuses = new Map();
  }

  /** Fetches friends and groups anew. Throws what the calls throw; the old lists then stay. */
  async load() {
    const { wire, session } = this;
    const [friendList, groupList, discussionList, self] = await Promise.all([
      calls.userFriends(wire, session.tokens),
      calls.groupNames(wire, session.tokens),
      // Neither discussions nor a name are a reason not to come in.
      calls.discussions(wire, session.tokens).catch(() => null),
      calls.selfInfo(wire, session.tokens).catch(() => null),
    ]);
    const { categories, friends } = parseFriends(friendList);
    const all = [...friends, ...parseGroups(groupList), ...parseDiscussions(discussionList)];
    await this.#findNumbers(all);
    if (self) this.self.name = text(self.nick) || this.self.name;
    this.categories = categories;
    this.#place(all);
  }

  /** The contact of this key, or undefined. */
  get(key) {
    return this.contacts.get(key);
  }

  /** The friend or stranger whom this session knows by this uin, or undefined. */
  friend(uin) {
    return this.contacts.get(this.aliases.get(`friend ${uin}`));
  }

  group(gid) {
    return this.contacts.get(this.aliases.get(`group ${gid}`));
  }

  discussion(did) {
    return this.contacts.get(this.aliases.get(`discussion ${did}`));
  }

  /** A contact for a person (`uin`), group (`gid`, `code`) or discussion (`did`) that wrote and is in no list. */
  async stranger(kind, aliases) {
    const contact = { kind, ...aliases, nick: "", mark: "", category: null, presence: "offline" };
    await this.#findNumbers([contact]);
    this.#add(contact);
    this.#changed();
    return contact;
  }

  /** Who is online, all others are not. */
  online(buddies) {
    this.statuses = new Map(list(buddies).map(({ uin, status }) => [uin, presenceOf(status)]));
    for (const contact of this.contacts.values()) this.#show(contact);
    this.#changed();
  }

  presence(uin, status) {
    this.statuses.set(uin, presenceOf(status));
    const contact = this.friend(uin);
    if (!contact) return;
    this.#show(contact);
    this.#changed();
  }

  /**
   * The members of a group or discussion, asked once and again with `fresh`.
   *
   * @throws {LineError|Refused|MalformedReply}
   */
  async members(group, { fresh = false } = {}) {
    if (group.members && !fresh) return group.members;
    const friends = [...this.contacts.values()].filter(({ kind }) => kind === "friend");
    const marks = new Map(friends.map(({ uin, mark }) => [uin, mark]));
    const { wire, session } = this;
    group.members =
      group.kind === "group"
        ? parseMembers(await calls.groupInfo(wire, session.tokens, group.code), marks)
        : parseDiscussionMembers(await calls.discussionInfo(wire, session.tokens, group.did), marks);
    this.#changed();
    return group.members;
  }

  /** The name of a member of a group, or null; an unknown one is looked for once more. */
  async memberName(group, uin) {
    const find = (members) => members.find((member) => member.uin === uin)?.name;
    try {
      const known = group.members && find(group.members);
      return known ?? find(await this.members(group, { fresh: true })) ?? null;
    } catch (error) {
      if (error instanceof LineError && !error.status) throw error;
      return null;
    }
  }

  #place(all) {
    const strangers = [...this.contacts.values()].filter(({ category }) => category === null);
    const known = new Map([...this.contacts.values()].map(({ key, members }) => [key, members]));
    this.contacts.clear();
    this.aliases.clear();
    for (const contact of all) this.#add({ ...contact, members: known.get(contact.key) });
    for (const contact of strangers) if (!this.contacts.has(contact.key)) this.#add(contact);
    this.#changed();
  }

  #add(contact) {
    contact.name = contact.mark || contact.nick || (contact.number ? String(contact.number) : null);
    this.contacts.set(contact.key, contact);
    this.aliases.set(`${contact.kind} ${aliasOf(contact)}`, contact.key);
    this.#show(contact);
  }

  #show(contact) {
    if (contact.kind === "friend") contact.presence = this.statuses.get(contact.uin) ?? "offline";
  }

  /** Gives every contact its number and key. Numbers are asked once a session. */
  async #findNumbers(contacts) {
    const { psessionid } = this.session.tokens;
    const kept = this.shelf.get("numbers");
    const numbers = kept?.psessionid === psessionid ? kept.numbers : {};
    const numbered = contacts.filter(({ kind }) => kind !== "discussion");
    await forEachAtOnce(numbered, NUMBERS_AT_ONCE, async (contact) => {
      const alias = contact.kind === "group" ? contact.code : contact.uin;
      const name = `${contact.kind} ${alias}`;
      contact.number = numbers[name] ?? (await this.#number(contact.kind, alias));
      if (contact.number) numbers[name] = contact.number;
      contact.key = contact.number ? `${contact.kind}-${contact.number}` : `~${contact.kind}-${alias}`;
    });
    this.shelf.set("numbers", { psessionid, numbers });
  }

  /** The service may refuse numbers altogether: null then. Only a dead line is an error. */
  async #number(kind, alias) {
    try {
      const account = await calls.accountOf(this.wire, this.session.tokens, kind, alias);
      return Number(account) || null;
    } catch (error) {
      if (error instanceof LineError && !error.status) throw error;
      return null;
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
