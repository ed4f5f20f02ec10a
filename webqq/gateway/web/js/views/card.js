/** The dialog about one contact, a member of a group, or oneself: what is told, one's own name for it, what can be done. */

import { t } from "../i18n.js";
import { MARK_LENGTH, SIGNATURE_LENGTH } from "../profiles.js";
import { TYPES } from "../pictures.js";
import { LineError } from "../wire.js";
import { Dialog } from "./dialog.js";
import { byId, contactName, drawAvatar, setText } from "./dom.js";

/** Which text asks before something is done that cannot be undone, and which says what is done. */
const LEAVING = { friend: "card.delete", group: "card.quit" };

/** Dispatches "saved" and "left" when the roster has changed. */
export class CardView extends Dialog {
  constructor() {
    super("card");
    this.chat = null;
    this.contact = null;
    this.profile = null;
    this.asks = null;
    this.said = "";
    byId("card-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    byId("card-forget").addEventListener("click", () => this.#ask("forget"));
    this.#listenToAvatar();
    byId("card-leave").addEventListener("click", () => this.#ask("leave"));
    byId("card-sure-no").addEventListener("click", () => this.#ask(null));
    byId("card-sure-yes").addEventListener("click", () => this.#sure());
  }

  #listenToAvatar() {
    const chooser = byId("avatar-file");
    chooser.accept = TYPES.join(",");
    byId("avatar-choose").addEventListener("click", () => chooser.click());
    byId("avatar-remove").addEventListener("click", () => this.#do(() => this.chat.avatars.choose(null), "card.saved"));
    chooser.addEventListener("change", () => {
      const [file] = chooser.files;
      if (file) this.#do(() => this.chat.avatars.choose(file), "card.saved");
      chooser.value = "";
    });
  }

  /** @param {Chat} chat @param {object|null} contact null for oneself */
  show(chat, contact) {
    Object.assign(this, { chat, contact, profile: null, asks: null, said: "", isWrong: false });
    byId("card-field").value = contact?.mark ?? "";
    byId("card-field").maxLength = contact ? MARK_LENGTH : SIGNATURE_LENGTH;
    this.openDialog();
    this.render();
    byId("card-title").focus();
    chat.avatars.load();
    if (!contact || contact.kind === "friend") this.#load();
  }

  async #load() {
    const { chat, contact } = this;
    try {
      const profile = await chat.profiles.person(contact?.uin ?? chat.roster.self.uin);
      if (contact !== this.contact) return;
      this.profile = profile;
      if (!contact && !byId("card-field").value) byId("card-field").value = profile.signature;
      this.render();
    } catch (error) {
      this.#say(error);
    }
  }

  render() {
    if (!this.isOpen) return;
    const { chat, contact, profile } = this;
    const name = contact ? contactName(contact) : chat.roster.self.name;
    const kind = contact?.kind ?? "friend";
    const picture = kind === "friend" ? chat.avatars.of(contact?.uin ?? chat.roster.self.uin) : null;
    drawAvatar(byId("card-avatar"), name, kind, picture);
    byId("card-self").hidden = Boolean(contact);
    byId("avatar-remove").hidden = !picture;
    setText(byId("card-title"), name);
    setText(byId("card-number"), this.#number(kind));
    const nick = profile?.nick ?? contact?.nick ?? "";
    byId("card-nick").hidden = !nick || nick === name;
    setText(byId("card-nick"), t(kind === "friend" ? "card.nick" : "card.groupName", { nick }));
    byId("card-signature").hidden = !contact || !profile?.signature;
    setText(byId("card-signature"), profile?.signature ?? "");
    this.#renderForm(kind);
  }

  #renderForm(kind) {
    const { contact, asks } = this;
    setText(byId("card-label"), t(contact ? (kind === "friend" ? "card.mark" : "card.groupMark") : "card.signature"));
    byId("card-form").hidden = kind === "discussion";
    byId("card-actions").hidden = !contact || Boolean(asks);
    byId("card-leave").hidden = !LEAVING[kind];
    setText(byId("card-leave"), t(LEAVING[kind] ?? "card.quit"));
    byId("card-sure").hidden = !asks;
    const name = contact ? contactName(contact) : "";
    if (asks) setText(byId("card-sure-text"), t(`${asks === "leave" ? LEAVING[kind] : "card.forget"}Sure`, { name }));
    setText(byId("card-text"), this.said ? t(this.said) : "");
    byId("card-text").classList.toggle("wrong", this.isWrong);
  }

  #number(kind) {
    const { chat, contact } = this;
    if (!contact) return t("account.number", { number: chat.roster.self.uin });
    if (!contact.number) return "";
    return t(kind === "group" ? "chat.groupNumber" : "account.number", { number: contact.number });
  }

  #ask(what) {
    this.asks = what;
    this.said = "";
    this.render();
    byId(what ? "card-sure-no" : "card-forget").focus();
  }

  #sure() {
    const { asks, chat, contact } = this;
    if (asks === "forget") return this.#do(() => chat.forgetTalk(contact), "card.forgotten");
    return this.#do(async () => {
      await chat.profiles.leave(contact);
      this.close();
      this.dispatchEvent(new Event("left"));
    }, "");
  }

  #save() {
    const { chat, contact } = this;
    const text = byId("card-field").value.trim();
    const work = contact ? () => chat.profiles.mark(contact, text) : () => chat.profiles.setSignature(text);
    return this.#do(async () => {
      await work();
      if (contact) this.contact = chat.roster.get(contact.key) ?? contact;
    }, "card.saved");
  }

  async #do(work, said) {
    const { contact } = this;
    try {
      await work();
      this.asks = null;
      this.said = said;
      this.isWrong = false;
    } catch (error) {
      return this.#say(error);
    }
    if (contact?.key === this.contact?.key) this.render();
    return undefined;
  }

  #say(error) {
    this.said = error instanceof LineError ? "card.line" : "card.refused";
    this.isWrong = true;
    this.asks = null;
    this.render();
  }
}
