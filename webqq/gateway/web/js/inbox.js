/** Poll events into conversations and the roster. What is stored here is acknowledged by the next poll. */

import { parseReceived } from "./content.js";
import { LineError, Refused } from "./wire.js";

/** Names a message for good: the service may hand it out again, even in another session. */
export function messageKey({ msg_id: id, msg_id2: id2 = "", seq = "", time = "" }) {
  return `got ${id} ${id2} ${seq} ${time}`;
}

/** `isRead(key)` says whether a person is looking at that conversation now. */
export class Inbox {
  constructor(roster, conversations, isRead) {
    Object.assign(this, { roster, conversations, isRead });
    this.handlers = {
      message: (value) => this.#fromFriend(value),
      group_message: (value) => this.#fromGroup(value),
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
    const contact = this.roster.friend(peer) ?? (await this.roster.stranger({ uin: peer }));
    this.#store(contact, value, own, contact.name);
  }

  async #fromGroup(value) {
    const { from_uin: gid, send_uin: uin, group_code: code } = value;
    if (!this.roster.group(gid)) await this.#reload();
    const group = this.roster.group(gid) ?? (await this.roster.stranger({ gid, code }));
    const own = uin === this.roster.self.uin;
    this.#store(group, value, own, own ? null : await this.roster.memberName(group, uin));
  }

  #store(contact, value, own, name) {
    const message = {
      id: messageKey(value),
      own,
      name,
      parts: parseReceived(value.content),
      time: value.time ? value.time * 1000 : Date.now(),
    };
    if (own) message.state = "sent";
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
