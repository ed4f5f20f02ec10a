/** Poll events into conversations and the roster. What is stored here is acknowledged by the next poll. */

import { isFile, isPicture, parseReceived } from "./content.js";
import { leftPart, offeredPart } from "./files.js";
import { LineError, Refused } from "./wire.js";

/** Names a message for good: the service may hand it out again, even in another session. */
export function messageKey({ msg_id: id, msg_id2: id2 = "", seq = "", time = "" }) {
  return `got ${id} ${id2} ${seq} ${time}`;
}

/** What members of a group are told of each other. */
const MEMBER_NOTES = {
  group_join: ({ new_member: uin }) => ["joined", uin],
  group_leave: ({ op_type: kind, old_member: uin }) => [kind === 3 ? "removed" : "left", uin],
  group_admin_op: ({ op_type: kind, uin }) => [kind === 1 ? "admin" : "noAdmin", uin],
};

/** `action` of notify_offfile. */
const ANSWERS = { 1: "taken", 2: "refused" };

/**
 * `isRead(key)` says whether a person is looking at that conversation now. Dispatches "typing" and "shaken" with
 * `{key}` of a friend.
 */
export class Inbox extends EventTarget {
  constructor(roster, conversations, requests, isRead) {
    super();
    Object.assign(this, { roster, conversations, requests, isRead });
    this.handlers = {
      message: (value) => this.#fromFriend(value),
      group_message: (value) => this.#fromGroup(value),
      discu_message: (value) => this.#fromDiscussion(value),
      input_notify: ({ from_uin: uin }) => this.#signal("typing", uin),
      shake_message: (value) => this.#shaken(value),
      push_offfile: (value) => this.#file(value, leftPart(value)),
      file_message: (value) => this.#file(value, offeredPart(value)),
      notify_offfile: (value) => this.#fileAnswered(value),
      system_message: (value) => requests.takeFriendEvent(value),
      tips: (value) => requests.takeHint(value),
      buddies_status_change: ({ uin, status }) => roster.presence(uin, status),
      buddylist_change: () => this.#reload(),
      sys_g_msg: (value) => this.#groupChanged(value),
    };
  }

  /**
   * Takes a batch, oldest first. An event that makes no sense is reported and the rest goes on.
   *
   * @throws {LineError} the line broke half-way: the batch is not taken, and comes again
   */
  async take(events) {
    for (const { poll_type: type, value } of events) {
      try {
        await this.handlers[type]?.(value ?? {});
      } catch (error) {
        if (error instanceof LineError) throw error;
        console.error(`event ${type}:`, error);
      }
    }
  }

  async #fromFriend(value) {
    const { from_uin: uin } = value;
    // 0 and one's own number: this account wrote it from somewhere else.
    const own = uin === 0 || uin === this.roster.self.uin;
    const peer = own ? value.to_uin : uin;
    const contact = await this.#person(peer);
    this.#store(contact, value, own, { name: contact.name, sender: uin });
  }

  async #person(uin) {
    if (!this.roster.friend(uin)) await this.#reload();
    return this.roster.friend(uin) ?? this.roster.stranger("friend", { uin });
  }

  async #fromGroup(value) {
    const { from_uin: gid, send_uin: uin, group_code: code } = value;
    if (!this.roster.group(gid)) await this.#reload();
    const group = this.roster.group(gid) ?? (await this.roster.stranger("group", { gid, code }));
    await this.#fromMember(group, value, uin);
  }

  async #fromDiscussion(value) {
    const { did, send_uin: uin } = value;
    if (!this.roster.discussion(did)) await this.#reload();
    const key = `discussion-${did}`;
    const discussion = this.roster.discussion(did) ?? (await this.roster.stranger("discussion", { did, key }));
    await this.#fromMember(discussion, value, uin);
  }

  async #fromMember(group, value, uin) {
    const own = uin === this.roster.self.uin;
    const name = own ? null : await this.roster.memberName(group, uin);
    this.#store(group, value, own, { name, sender: uin });
  }

  #signal(type, uin) {
    const contact = this.roster.friend(uin);
    if (contact) this.dispatchEvent(new CustomEvent(type, { detail: { key: contact.key } }));
  }

  async #shaken(value) {
    const contact = this.roster.friend(value.from_uin);
    if (!contact) return;
    this.#note(contact, messageKey(value), "shaken", { name: contact.name ?? "" });
    this.#signal("shaken", value.from_uin);
  }

  async #file(value, part) {
    if (!part) return;
    const contact = await this.#person(value.from_uin);
    this.#keep(contact, value, false, { name: contact.name, parts: [part] });
  }

  /** A friend has fetched a file of one's own, or does not want it. */
  async #fileAnswered({ from_uin: uin, action, filename, filesize }) {
    const contact = this.roster.friend(uin);
    const answer = ANSWERS[action];
    if (!contact || !answer) return;
    const isIt = ({ own, parts, answer: known }) =>
      own && !known && isFile(parts[0]) && parts[0][1].name === filename && parts[0][1].size === filesize;
    const message = this.conversations.messages(contact.key).findLast(isIt);
    if (message) this.conversations.alter(contact.key, message.id, { answer });
  }

  /** Who comes and goes stands in the group's conversation; what concerns oneself among the requests. */
  async #groupChanged(value) {
    const { type, from_uin: gid } = value;
    const [note, uin] = MEMBER_NOTES[type]?.(value) ?? [];
    // Before the list is fetched anew: who has left is not in it any more.
    const known = this.roster.group(gid);
    const isSelf = uin === this.roster.self.uin;
    const before = known && uin && !isSelf ? await this.roster.memberName(known, uin) : null;
    await this.#reload();
    const group = this.roster.group(gid) ?? known;
    if (!note) return this.requests.takeGroupEvent(value);
    if (isSelf) return this.requests.tell(`${note}Self`, { group: group?.name ?? String(value.t_gcode ?? "") });
    if (!group) return undefined;
    const name = before ?? (await this.roster.memberName(group, uin)) ?? "";
    return this.#note(group, messageKey(value), note, { name });
  }

  #note(contact, id, name, values) {
    const message = { id, own: false, name: null, parts: [["note", name, values]], time: Date.now() };
    this.conversations.add(contact.key, message, { isRead: true });
  }

  #store(contact, value, own, { name, sender }) {
    const parts = parseReceived(value.content);
    // What a picture is asked for with.
    const from = parts.some(isPicture) ? { sender, messageId: value.msg_id } : undefined;
    this.#keep(contact, value, own, { name, parts, from });
  }

  #keep(contact, value, own, { name, parts, from }) {
    const message = {
      id: messageKey(value),
      own,
      name,
      parts,
      time: value.time ? value.time * 1000 : Date.now(),
    };
    if (value.msg_id2) message.order = value.msg_id2;
    if (own) message.state = "sent";
    if (from) message.from = from;
    this.conversations.add(contact.key, message, { isRead: own || this.isRead(contact.key) });
  }

  async #reload() {
    try {
      await this.roster.load();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
}
