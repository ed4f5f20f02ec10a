/** Poll events into conversations and the roster. What is stored here is acknowledged by the next poll. */

import { isPicture, parseReceived } from "./content.js";
import { LineError, Refused } from "./wire.js";

/** Names a message for good: the service may hand it out again, even in another session. */
export function messageKey({ msg_id: id, msg_id2: id2 = "", seq = "", time = "" }) {
  return `got ${id} ${id2} ${seq} ${time}`;
}

/**
 * `isRead(key)` says whether a person is looking at that conversation now. Dispatches "typing" and "shaken" with
 * `{key}` of a friend.
 */
export class Inbox extends EventTarget {
  constructor(roster, conversations, isRead) {
    super();
    Object.assign(this, { roster, conversations, isRead });
    this.handlers = {
      message: (value) => this.#fromFriend(value),
      group_message: (value) => this.#fromGroup(value),
      discu_message: (value) => this.#fromDiscussion(value),
      input_notify: ({ from_uin: uin }) => this.#signal("typing", uin),
      shake_message: ({ from_uin: uin }) => this.#signal("shaken", uin),
      buddies_status_change: ({ uin, status }) => roster.presence(uin, status),
      buddylist_change: () => this.#reload(),
      sys_g_msg: () => this.#reload(),
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
    if (!this.roster.friend(peer)) await this.#reload();
    const contact = this.roster.friend(peer) ?? (await this.roster.stranger("friend", { uin: peer }));
    this.#store(contact, value, own, { name: contact.name, sender: uin });
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

  #store(contact, value, own, { name, sender }) {
    const parts = parseReceived(value.content);
    const message = {
      id: messageKey(value),
      own,
      name,
      parts,
      time: value.time ? value.time * 1000 : Date.now(),
    };
    if (value.msg_id2) message.order = value.msg_id2;
    if (own) message.state = "sent";
    // What a picture is asked for with.
    if (parts.some(isPicture)) message.from = { sender, messageId: value.msg_id };
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
