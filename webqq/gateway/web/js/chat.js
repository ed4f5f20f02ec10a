/**
 * One signed-in account: its session, roster, conversations and the line, put together. Views read from its
 * parts and call its methods; it knows no view.
 */

import { Attachments } from "./attachments.js";
import * as calls from "./calls.js";
import { isPicture, parseTyped } from "./content.js";
import { Conversations } from "./conversations.js";
import { History, historyMessage } from "./history.js";
import { Inbox } from "./inbox.js";
import { Outbox, isTooLong } from "./outbox.js";
import { Line, questionsSession } from "./poll.js";
import { Downloads, Uploads, pictureAddress } from "./pictures.js";
import { Roster } from "./roster.js";
import { Shelf } from "./storage.js";
import { Typing } from "./typing.js";

/** Refused before the service was asked. */
const NOT_ASKED = { retcode: -1 };

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
      deliver: (key, content, id, parts) => this.#deliver(key, content, id, parts),
      isUp: () => this.line.isUp,
      // Refused as if the session had gone: the line finds out.
      onRefused: (retcode) => questionsSession(retcode) && this.line.question(),
    });
    this.history = new History(this.conversations, (wanted) => calls.history(wire, session.tokens, wanted));
    this.attachments = new Attachments();
    this.uploads = new Uploads(wire, session);
    this.downloads = new Downloads(wire);
    this.typing = new Typing((key) => this.#tellTyping(key));
    this.line.addEventListener("state", () => this.outbox.flush());
    this.inbox.addEventListener("typing", ({ detail }) => this.typing.heard(detail.key));
    this.conversations.addEventListener("added", ({ detail }) => {
      if (!detail.message.own) this.typing.stopped(detail.key);
    });
  }

  /** Loads the roster. Throws what its calls throw. */
  async load() {
    const { roster, wire, session } = this;
    // The line asks who is online as well, but a list that is sorted by it should not jump right after it appears.
    const [online] = await Promise.all([calls.onlineBuddies(wire, session.tokens), roster.load()]);
    roster.online(online);
  }

  /** What other devices saw last, for the list of contacts. It is no reason not to go on. */
  async lookBack() {
    const talks = await calls.newestTalks(this.wire, this.session.tokens).catch(() => []);
    for (const { kind, number, message } of talks) {
      const key = `${kind}-${number}`;
      if (this.roster.get(key)) this.conversations.merge(key, [historyMessage(message)]);
    }
  }

  close() {
    this.line.stop();
  }

  /** What a person typed so far; a friend may know that it is being typed. */
  typed(key, text) {
    this.conversations.setDraft(key, text);
    if (text.trim() && this.line.isUp && this.roster.get(key)?.kind === "friend") this.typing.typed(key);
  }

  /**
   * Sends what a person typed to a contact, with the pictures that were chosen for it.
   *
   * @returns {Promise<boolean>} false when it is nothing but blanks, or too much: it is not sent then
   * @throws {PictureFailed} nothing was sent; text and pictures stay
   */
  async send(key, text) {
    const typed = text.trim() ? parseTyped(text.trimEnd()) : [];
    const hasPictures = this.attachments.of(key).length > 0;
    if ((typed.length === 0 && !hasPictures) || isTooLong(typed)) return false;
    const contact = this.roster.get(key);
    const pictures = hasPictures ? await this.attachments.upload(key, (file) => this.uploads.upload(contact, file)) : [];
    this.conversations.setDraft(key, "");
    this.typing.sent(key);
    this.outbox.send(key, [...typed, ...pictures]);
    return true;
  }

  /** Where a picture of a message can be had, or null. */
  pictureAddress(contact, message, part) {
    const { self } = this.roster;
    const { sender, messageId } = message.from ?? {};
    const uin = message.own ? self.uin : contact.kind === "friend" ? contact.uin : sender;
    const { code, did } = contact;
    return pictureAddress(this.session.tokens, part, { sender: uin ?? self.uin, code, did, messageId });
  }

  /** Ends the session on the service; its silence does not keep a person from leaving. */
  async signOut() {
    this.close();
    this.session.forget();
    await calls.logout(this.wire, this.session.tokens).catch(() => {});
  }

  async #deliver(key, content, messageId, parts) {
    const contact = this.roster.get(key);
    const { wire, session } = this;
    if (!contact) return NOT_ASKED; // no longer a friend
    if (contact.kind === "friend") return calls.sendToFriend(wire, session.tokens, contact.uin, content, messageId);
    const signature = parts.some(isPicture) ? await this.uploads.groupSignature().catch(() => null) : undefined;
    if (signature === null) return NOT_ASKED;
    const send = contact.kind === "group" ? calls.sendToGroup : calls.sendToDiscussion;
    return send(wire, session.tokens, contact, content, messageId, signature);
  }

  async #tellTyping(key) {
    const contact = this.roster.get(key);
    if (contact) await calls.tellTyping(this.wire, this.session.tokens, contact.uin);
  }
}
