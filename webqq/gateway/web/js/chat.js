/**
 * One signed-in account: its session, roster, conversations and the line, put together. Views read from its
 * parts and call its methods; it knows no view.
 */

import { Attachments } from "./attachments.js";
import { Avatars } from "./avatars.js";
import * as calls from "./calls.js";
import { BlobStore } from "./blobs.js";
import { isPicture, parseTyped, serializeSent } from "./content.js";
import { Conversations } from "./conversations.js";
import { Files } from "./files.js";
import { Finder } from "./finder.js";
import { History, historyMessage } from "./history.js";
import { Inbox } from "./inbox.js";
import { NOT_ASKED, Outbox, isTooLong } from "./outbox.js";
import { Line, questionsSession } from "./poll.js";
import { Downloads, Uploads, pictureAddress } from "./pictures.js";
import { Profiles } from "./profiles.js";
import { Requests } from "./requests.js";
import { Roster } from "./roster.js";
import { Shelf } from "./storage.js";
import { Transfers, isTransfer } from "./transfers.js";
import { Typing } from "./typing.js";
import { LineError } from "./wire.js";

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
    const shelf = new Shelf(() => localStorage, `webqq ${session.account} `);
    this.conversations = new Conversations(shelf);
    this.blobs = new BlobStore(session.account);
    this.profiles = new Profiles(wire, session, this.roster);
    this.requests = new Requests(shelf, this.#requestService());
    this.inbox = new Inbox(this.roster, this.conversations, this.requests, isWatched);
    this.line = new Line({
      probe: (signal) => calls.onlineBuddies(wire, session.tokens, signal),
      poll: (key, signal) => calls.poll(wire, session.tokens, key, signal),
      relink: () => session.relink(),
      online: (buddies) => this.roster.online(buddies),
      events: (events) => this.inbox.take(events),
      ptwebqq: (value) => session.takePtwebqq(value),
    });
    this.outbox = new Outbox(this.conversations, {
      deliver: (key, message) => this.#deliver(key, message),
      isUp: () => this.line.isUp,
      takes: (message) => !isTransfer(message),
      // Refused as if the session had gone: the line finds out.
      onRefused: (retcode) => questionsSession(retcode) && this.line.question(),
    });
    this.history = new History(this.conversations, (wanted) => calls.history(wire, session.tokens, wanted));
    this.attachments = new Attachments(this.blobs);
    this.files = new Files(wire, session);
    this.transfers = new Transfers(this.conversations, this.blobs, {
      upload: (key, file, onProgress) => this.files.upload(this.roster.get(key)?.uin ?? 0, file, onProgress),
      give: (key, left) => this.files.give(this.roster.get(key)?.uin ?? 0, left),
      isUp: () => this.line.isUp,
    });
    this.uploads = new Uploads(wire, session);
    this.downloads = new Downloads(wire);
    this.avatars = new Avatars(wire, session);
    this.typing = new Typing((key) => this.#tellTyping(key));
    this.line.addEventListener("state", () => {
      this.outbox.flush();
      this.transfers.outbox.flush();
    });
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
    await Promise.all([this.attachments.restore(), this.avatars.load()]);
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
   * Sends what a person typed to a contact, with the pictures that were chosen for it; other files follow by themselves.
   *
   * @returns {Promise<boolean>} false when it is nothing but blanks, or too much: it is not sent then
   * @throws {PictureFailed} nothing was sent; text and pictures stay
   */
  async send(key, text) {
    const typed = text.trim() ? parseTyped(text.trimEnd()) : [];
    const hasFiles = this.attachments.of(key).length > 0;
    if ((typed.length === 0 && !hasFiles) || isTooLong(typed)) return false;
    const contact = this.roster.get(key);
    const pictures = await this.attachments.upload(key, (file) => this.uploads.upload(contact, file));
    this.conversations.setDraft(key, "");
    this.typing.sent(key);
    const parts = [...typed, ...pictures];
    if (parts.length > 0) this.outbox.send(key, parts);
    await this.attachments.hand(key, (file) => this.transfers.send(key, file));
    return true;
  }

  /** Tries a failed message once more. */
  again(key, message) {
    const { outbox } = isTransfer(message) ? this.transfers : this;
    outbox.again(key, message);
  }

  /**
   * The bytes of a file that a friend sent.
   *
   * @throws {FileFailed} where it is gone for good, the message says so from then on
   */
  async fetchFile(key, message, onProgress) {
    try {
      const blob = await this.files.fetch(this.roster.get(key)?.uin ?? 0, message.parts[0], onProgress);
      this.conversations.alter(key, message.id, { answer: "fetched" });
      return blob;
    } catch (error) {
      if (error.reason === "gone") this.conversations.alter(key, message.id, { answer: "gone" });
      throw error;
    }
  }

  /** A file that a friend sent is not wanted. Throws LineError while the line is down. */
  async refuseFile(key, message) {
    await this.files.refuse(this.roster.get(key)?.uin ?? 0, message.parts[0]).catch((error) => {
      if (error instanceof LineError && !error.status) throw error;
    });
    this.conversations.alter(key, message.id, { answer: "unwanted" });
  }

  /** Shakes a friend's window; where that cannot be done nothing is said to have happened. */
  async shake(key) {
    const { uin, name } = this.roster.get(key);
    await calls.shake(this.wire, this.session.tokens, uin);
    const time = Date.now();
    const parts = [["note", "shook", { name: name ?? "" }]];
    this.conversations.add(key, { id: `own ${time} shake`, own: true, name: null, parts, time }, { isRead: true });
  }

  /** Removes what was said with a contact, here and from the gateway's history. Throws what the call throws. */
  async forgetTalk({ key, kind, number }) {
    if (number && kind !== "discussion") await calls.forgetTalk(this.wire, this.session.tokens, { kind, number });
    this.conversations.forgetMessages(key);
    this.history.forget(key);
  }

  /** A new search for somebody to talk to. */
  finder() {
    return new Finder({
      find: (kind, number) => this.profiles.find(kind, number),
      ask: (kind, found, message) => this.profiles.ask(kind, found, message),
    });
  }

  /** Removes everything that this browser keeps of the account. */
  async forget() {
    this.conversations.forget();
    this.requests.forget();
    await this.blobs.clear();
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

  #requestService() {
    const { profiles, roster } = this;
    return {
      person: (uin) => profiles.stranger(uin),
      groupName: (number) => roster.get(`group-${number}`)?.name ?? null,
      answerFriend: (...answer) => profiles.answerFriend(...answer),
      answerMember: (...answer) => profiles.answerMember(...answer),
    };
  }

  async #deliver(key, { parts, sentAs: messageId }) {
    const content = serializeSent(parts);
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
