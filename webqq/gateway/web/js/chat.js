/**
 * One signed-in account: its session, roster, conversations and the line, put together. Views read from its
 * parts and call its methods; it knows no view.
 */

import * as calls from "./calls.js";
import { parseTyped } from "./content.js";
import { Conversations } from "./conversations.js";
import { Inbox } from "./inbox.js";
import { Outbox, isTooLong } from "./outbox.js";
import { Line, questionsSession } from "./poll.js";
import { Roster } from "./roster.js";
import { Shelf } from "./storage.js";

export class Chat {
  /**
   * @param {Wire} wire
   * @param {Session} session open
   * @param {Shelf} tabShelf what lasts as long as the tab
   * @param {(key: string) => boolean} isWatched whether a person is looking at that conversation now
   */
  constructor(wire, session, tabShelf, isWatched) {
    this.wire = wire;
    this.session = session;
    this.roster = new Roster(wire, session, tabShelf);
    this.conversations = new Conversations(new Shelf(() => localStorage, `webqq ${session.account} `));
    this.inbox = new Inbox(this.roster, this.conversations, isWatched);
    this.line = new Line({
      probe: (signal) => calls.onlineBuddies(wire, session.tokens, signal),
      poll: (key, signal) => calls.poll(wire, session.tokens, key, signal),
      relink: () => session.relink(),
      online: (buddies) => this.roster.online(buddies),
      events: (events) => this.inbox.take(events),
      ptwebqq: (value) => session.takePtwebqq(value),
    });
    this.outbox = new Outbox(this.conversations, {
      deliver: (key, content, id) => this.#deliver(key, content, id),
      isUp: () => this.line.isUp,
      // Refused as if the session had gone: the line finds out.
      onRefused: (retcode) => questionsSession(retcode) && this.line.question(),
    });
    this.line.addEventListener("state", () => this.outbox.flush());
  }

  /** Loads the roster. Throws what its calls throw. */
  async load() {
    const { roster, wire, session } = this;
    // The line asks who is online as well, but a list that is sorted by it should not jump right after it appears.
    const [online] = await Promise.all([calls.onlineBuddies(wire, session.tokens), roster.load()]);
    roster.online(online);
  }

  close() {
    this.line.stop();
  }

  /** Sends what a person typed to a contact. Nothing but blanks, or too much, is not sent: false then. */
  send(key, text) {
    const parts = parseTyped(text.trimEnd());
    if (!text.trim() || isTooLong(parts)) return false;
    this.conversations.setDraft(key, "");
    this.outbox.send(key, parts);
    return true;
  }

  /** Ends the session on the service; its silence does not keep a person from leaving. */
  async signOut() {
    this.close();
    this.session.forget();
    await calls.logout(this.wire, this.session.tokens).catch(() => {});
  }

  #deliver(key, content, messageId) {
    const contact = this.roster.get(key);
    const { wire, session } = this;
    if (!contact) return { retcode: -1 }; // no longer a friend: refused before it is asked
    return contact.kind === "group"
      ? calls.sendToGroup(wire, session.tokens, contact.gid, content, messageId)
      : calls.sendToFriend(wire, session.tokens, contact.uin, content, messageId);
  }
}
