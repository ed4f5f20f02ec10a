/** The open conversation: its heading, log, members and input, as one. */

import { t } from "../i18n.js";
import { PictureFailed } from "../pictures.js";
import { ComposerView } from "./composer.js";
import { byId, contactName, drawAvatar, isNarrow, setAttribute, setText } from "./dom.js";
import { MembersView } from "./members.js";
import { MessagesView } from "./messages.js";

const SHAKE_PAUSE_MS = 5_000;

/**
 * Dispatches "back" when a person leaves the conversation, "card" with `{contact}` when one asks about it, and "member"
 * with `{uin}` about one of its members.
 */
export class ConversationView extends EventTarget {
  constructor() {
    super();
    this.messages = new MessagesView();
    this.composer = new ComposerView();
    this.members = new MembersView();
    this.chat = null;
    this.key = null;
    byId("back").addEventListener("click", () => this.#leave());
    byId("peer").addEventListener("click", () => this.#tell("card", { contact: this.contact }));
    byId("shake").addEventListener("click", () => this.#shake());
    this.messages.addEventListener("again", ({ detail }) => this.chat.again(this.key, detail.message));
    this.composer.addEventListener("send", ({ detail }) => this.#send(detail.text));
    this.composer.addEventListener("draft", ({ detail }) => this.chat.typed(this.key, detail.text));
    this.composer.addEventListener("files", ({ detail }) => this.#attach(detail.files));
    this.composer.addEventListener("remove", ({ detail }) => this.chat.attachments.remove(this.key, detail.id));
    this.members.addEventListener("toggle", ({ detail }) => this.#toggleMembers(detail.isOpen));
    this.members.addEventListener("choose", ({ detail }) => this.#tell("member", detail));
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
    this.messages.show(chat, this.contact);
    this.composer.show(contactName(this.contact), chat.conversations.summary(key).draft);
    this.renderAttachments(key);
    if (!isNarrow()) this.composer.focus(); // on a phone that would raise the keyboard
    else byId("back").focus();
  }

  /** Heading and members anew: the roster has changed. */
  render() {
    const { contact } = this;
    if (!contact) return;
    const isGroup = contact.kind !== "friend";
    const picture = isGroup ? null : this.chat.avatars.of(contact.uin);
    drawAvatar(byId("peer-avatar"), contactName(contact), contact.kind, picture);
    setText(byId("peer-name"), contactName(contact));
    const number = contact.number ? t(isGroup ? "chat.groupNumber" : "chat.number", contact) : "";
    const isTyping = this.chat.typing.isTyping(contact.key);
    const presence = isGroup ? "" : t(isTyping ? "chat.typing" : `presence.${contact.presence}`);
    byId("peer-detail").classList.toggle("typing", isTyping);
    setText(byId("peer-detail"), [presence, number].filter(Boolean).join(" · "));
    setAttribute(byId("peer"), "title", t("card.open"));
    byId("members-toggle").hidden = !isGroup;
    byId("shake").hidden = isGroup;
    this.composer.takesFiles(!isGroup);
    this.composer.setName(contactName(contact));
    if (this.members.isOpen && contact.members) this.#showMembers();
  }

  /** The pictures chosen for a conversation have changed. */
  renderAttachments(key) {
    if (key === this.key) this.composer.showAttachments(this.chat.attachments.of(key), this.chat.attachments.isBusy(key));
  }

  /** Everything anew, in another language. */
  translate() {
    if (!this.contact) return;
    this.render();
    this.composer.render();
    this.composer.show(contactName(this.contact), this.composer.input.value);
    this.renderAttachments(this.key);
    this.messages.show(this.chat, this.contact);
  }

  /** Escape closes what is open, innermost first. */
  escape() {
    if (this.composer.escape()) return;
    if (this.members.isOpen) this.members.close();
    else this.#leave();
  }

  #leave() {
    this.dispatchEvent(new Event("back"));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Once in a while: a window that never stands still serves nobody. */
  async #shake() {
    const button = byId("shake");
    button.disabled = true;
    setTimeout(() => (button.disabled = false), SHAKE_PAUSE_MS);
    this.composer.focus();
    try {
      await this.chat.shake(this.key);
    } catch {
      this.composer.fail("chat.notShaken");
    }
  }

  async #send(text) {
    const { chat, key } = this;
    try {
      const isSent = await chat.send(key, text);
      if (isSent && chat === this.chat && key === this.key) this.composer.clear();
    } catch (error) {
      this.#pictureFailed(key, error);
    }
  }

  async #attach(files) {
    const { chat, key } = this;
    try {
      await chat.attachments.add(key, files, { takesFiles: this.contact.kind === "friend" });
      if (key === this.key) this.composer.focus();
    } catch (error) {
      this.#pictureFailed(key, error);
    }
  }

  #pictureFailed(key, error) {
    if (!(error instanceof PictureFailed)) throw error;
    if (key === this.key) this.composer.fail(`picture.error.${error.reason}`);
  }

  #toggleMembers(isOpen) {
    if (!isOpen) return this.members.close();
    this.members.open();
    return this.#loadMembers();
  }

  #showMembers() {
    this.members.show(this.contact.members ?? null, (uin) => this.chat.avatars.of(uin));
  }

  async #loadMembers() {
    const { contact, chat, key } = this;
    this.#showMembers();
    try {
      await chat.roster.members(contact, { fresh: true });
    } catch {
      if (key === this.key && !contact.members) this.members.fail();
    }
  }
}
