/** The open conversation: its heading, log, members and input, as one. */

import { t } from "../i18n.js";
import { ComposerView } from "./composer.js";
import { byId, contactName, drawAvatar, isNarrow, setText } from "./dom.js";
import { MembersView } from "./members.js";
import { MessagesView } from "./messages.js";

/** Dispatches "back" when a person leaves the conversation. */
export class ConversationView extends EventTarget {
  constructor() {
    super();
    this.messages = new MessagesView();
    this.composer = new ComposerView();
    this.members = new MembersView();
    this.chat = null;
    this.key = null;
    byId("back").addEventListener("click", () => this.#leave());
    this.messages.addEventListener("again", ({ detail }) => this.chat.outbox.again(this.key, detail.message));
    this.composer.addEventListener("send", ({ detail }) => this.#send(detail.text));
    this.composer.addEventListener("draft", ({ detail }) =>
      this.chat.conversations.setDraft(this.key, detail.text),
    );
    this.members.addEventListener("toggle", ({ detail }) => this.#toggleMembers(detail.isOpen));
    this.members.addEventListener("retry", () => this.#loadMembers());
  }

  get contact() {
    return this.chat?.roster.get(this.key);
  }

  /** Shows a contact's conversation, or none for null. */
  show(chat, key) {
    this.chat = chat;
    this.key = key;
    byId("no-conversation").hidden = Boolean(this.contact);
    byId("open-conversation").hidden = !this.contact;
    this.members.close();
    if (!this.contact) return;
    this.render();
    this.messages.show(this.contact, chat.conversations.messages(key));
    this.composer.show(contactName(this.contact), chat.conversations.summary(key).draft);
    if (!isNarrow()) this.composer.focus(); // on a phone that would raise the keyboard
    else byId("back").focus();
  }

  /** Heading and members anew: the roster has changed. */
  render() {
    const { contact } = this;
    if (!contact) return;
    const isGroup = contact.kind === "group";
    drawAvatar(byId("peer-avatar"), contactName(contact), contact.kind);
    setText(byId("peer-name"), contactName(contact));
    const number = contact.number ? t(isGroup ? "chat.groupNumber" : "chat.number", contact) : "";
    const presence = isGroup ? "" : t(`presence.${contact.presence}`);
    setText(byId("peer-detail"), [presence, number].filter(Boolean).join(" · "));
    byId("members-toggle").hidden = !isGroup;
    if (this.members.isOpen && contact.members) this.members.show(contact.members);
  }

  /** Everything anew, in another language. */
  translate() {
    if (!this.contact) return;
    this.render();
    this.composer.render();
    this.composer.show(contactName(this.contact), this.composer.input.value);
    this.messages.show(this.contact, this.chat.conversations.messages(this.key));
  }

  /** Escape closes what is open, innermost first. */
  escape() {
    if (this.members.isOpen) this.members.close();
    else this.#leave();
  }

  #leave() {
    this.dispatchEvent(new Event("back"));
  }

  #send(text) {
    if (this.chat.send(this.key, text)) this.composer.clear();
  }

  #toggleMembers(isOpen) {
    if (!isOpen) return this.members.close();
    this.members.open();
    return this.#loadMembers();
  }

  async #loadMembers() {
    const { contact, chat, key } = this;
    this.members.show(contact.members ?? null);
    try {
      await chat.roster.members(contact, { fresh: true });
    } catch {
      if (key === this.key && !contact.members) this.members.fail();
    }
  }
}
