/** The chat on screen: binds one Chat to the views, for as long as an account is signed in. */

import { Approval } from "./approval.js";
import * as calls from "./calls.js";
import { Chat } from "./chat.js";
import { t } from "./i18n.js";
import { State } from "./poll.js";
import { announce, byId, contactName, isNarrow, oneLine } from "./views/dom.js";
import { requestText } from "./views/requests.js";

const keyInAddress = () => location.hash.slice(1);

/** The notice for a state of the line, or null where all is well. */
function noticeOf(line) {
  if (line.state === State.KICKED) return "kicked";
  if (line.state === State.ENDED) return "ended";
  return line.isDown ? "down" : null;
}

/** Dispatches "over" with `{state, reason}` when the session was ended by the service. */
export class Room extends EventTarget {
  /** @param {{approval, card, contacts, conversation, finder, notice, notifications, requestsView}} views */
  constructor(views, wire, session, tabShelf, tabClaim) {
    super();
    Object.assign(this, views, { session, tabClaim });
    this.chat = new Chat(wire, session, tabShelf, (key) => this.#isWatched(key));
    this.shownKey = null;
    this.scheduled = false;
    this.off = new AbortController();
    this.#listen();
  }

  /** Loads the roster. Throws what its calls throw. */
  load() {
    return this.chat.load();
  }

  /** Shows everything and goes on line; the chat's screen is visible by now, so that the focus can go there. */
  open() {
    this.tabClaim.claim(this.session.tokens.psessionid);
    this.contacts.show(this.chat);
    this.#showAddressed();
    if (!this.shownKey) this.contacts.focus();
    this.#notice(null);
    this.chat.line.start();
    this.chat.lookBack();
  }

  close() {
    this.off.abort();
    this.chat.close();
    this.tabClaim.release();
    this.notice.show(null);
    for (const dialog of this.#dialogs) dialog.close();
  }

  get #dialogs() {
    return [this.approval, this.card, this.finder, this.requestsView];
  }

  /** What there is to know about a contact, or for null about oneself. */
  showCard(contact) {
    this.card.show(this.chat, contact);
  }

  /** For who looks for somebody; with a number, for one who was found already. */
  showFinder(number = null) {
    this.finder.show(this.chat.finder(), this.chat.roster.self.name, number);
  }

  /** A member of a group: one's own profile, a friend's conversation, or the question whether to be friends. */
  async #member(uin) {
    const { profiles, roster } = this.chat;
    const friend = roster.friend(uin);
    if (uin === roster.self.uin) return this.showCard(null);
    if (friend && friend.category !== null) return this.#go(friend.key);
    const { number } = await profiles.stranger(uin);
    return this.showFinder(number);
  }

  showRequests() {
    this.requestsView.show(this.chat.requests);
  }

  /** Asks the person whether a device that shows a code may come in; without a code, for the code first. */
  showApproval(code) {
    const { self } = this.chat.roster;
    const { wire, session } = this.chat;
    const approval = new Approval({
      look: (each) => calls.approve(wire, session.tokens, each, "scan"),
      answer: (each, isApproved) => calls.approve(wire, session.tokens, each, isApproved ? "approve" : "refuse"),
    });
    this.approval.show(approval, `${self.name} (${self.uin})`, code);
  }

  /** Another page has taken the session over. */
  takenElsewhere() {
    this.chat.line.stop();
    this.#notice("elsewhere");
  }

  /** Takes the session back from another page. */
  takeBack() {
    this.tabClaim.claim(this.session.tokens.psessionid);
    this.#notice(null);
    this.chat.line.start();
  }

  /** Everything anew, in another language. */
  translate() {
    this.contacts.render();
    this.conversation.translate();
    this.notice.render();
    for (const dialog of this.#dialogs) dialog.render();
    this.#renderTitle();
  }

  #listen() {
    const { signal } = this.off;
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
    const { attachments, avatars, conversations, inbox, line, requests, roster, transfers, typing } = this.chat;
    on(roster, "change", () => this.#renderSoon());
    on(conversations, "summary", () => this.#renderSoon());
    on(conversations, "added", ({ detail }) => this.#added(detail));
    on(conversations, "altered", ({ detail }) => this.#altered(detail));
    on(conversations, "grown", ({ detail }) => detail.key === this.shownKey && this.conversation.messages.grow());
    on(attachments, "change", ({ detail }) => this.conversation.renderAttachments(detail.key));
    on(typing, "change", () => this.#renderSoon());
    on(requests, "change", () => this.#renderSoon());
    on(avatars, "change", () => {
      this.card.render();
      this.#renderSoon();
    });
    on(requests, "asked", ({ detail }) => this.#asked(detail.item));
    on(transfers, "progress", ({ detail: { key, id, share } }) => {
      if (key === this.shownKey) this.conversation.messages.progress(id, share);
    });
    on(inbox, "shaken", ({ detail }) => this.#shaken(detail.key));
    on(line, "state", () => this.#lineChanged());
    on(this.contacts, "open", ({ detail }) => this.#go(detail.key));
    on(this.conversation, "back", () => this.#back());
    on(this.conversation, "card", ({ detail }) => this.showCard(detail.contact));
    on(this.conversation, "member", ({ detail }) => this.#member(detail.uin));
    on(this.card, "left", () => this.#showAddressed());
    on(this.finder, "open", ({ detail }) => this.#go(detail.key));
    on(window, "hashchange", () => this.#showAddressed());
    on(window, "online", () => this.#lookAgain());
    on(window, "offline", () => line.question());
    on(document, "visibilitychange", () => this.#visibilityChanged());
    on(document, "keydown", (event) => this.#key(event));
  }

  /** The address of what is shown. */
  get address() {
    return this.shownKey ? `#${this.shownKey}` : location.pathname;
  }

  #isWatched(key) {
    return key === this.shownKey && document.visibilityState === "visible";
  }

  /** The address names the open conversation, so that a reload and the back button find it. */
  #go(key) {
    if (key === this.shownKey) return this.conversation.composer.focus();
    const address = `#${key}`;
    // On a phone the conversation is a screen of its own, from which the phone's back button leads back.
    if (isNarrow() && !this.shownKey) history.pushState({ fromContacts: true }, "", address);
    else history.replaceState(history.state, "", address);
    return this.#showAddressed();
  }

  #showAddressed() {
    const key = this.chat.roster.get(keyInAddress()) ? keyInAddress() : null;
    const left = this.shownKey;
    this.shownKey = key;
    byId("chat").dataset.screen = key ? "conversation" : "contacts";
    this.contacts.setOpen(key ?? left);
    if (!key && left) this.contacts.focus();
    this.contacts.setOpen(key);
    this.conversation.show(this.chat, key);
    if (key) this.chat.conversations.markRead(key);
    if (key) this.chat.history.refresh(this.chat.roster.get(key));
    this.#renderTitle();
  }

  #back() {
    if (!isNarrow()) return this.contacts.focus();
    if (history.state?.fromContacts) return history.back();
    history.replaceState(null, "", location.pathname);
    return this.#showAddressed();
  }

  #added({ key, message }) {
    if (key === this.shownKey) this.conversation.messages.append(message);
    if (message.own) return;
    const contact = this.chat.roster.get(key);
    const name = message.name ?? contactName(contact);
    const text = oneLine(message.parts);
    announce(key === this.shownKey ? t("chat.said", { name, text }) : t("chat.saidElsewhere", { name }));
    if (!this.#isWatched(key)) this.#notify(key, contact.kind === "friend" ? text : t("chat.said", { name, text }));
  }

  #asked(item) {
    const text = requestText(item);
    announce(text);
    if (document.visibilityState !== "visible") {
      this.notifications.show({ title: t("requests.title"), body: text, tag: "requests", onOpen: () => this.showRequests() });
    }
  }

  #shaken(key) {
    const text = t("chat.shaken", { name: contactName(this.chat.roster.get(key)) });
    announce(text);
    this.#notify(key, text);
    byId("chat").classList.add("shaken");
    byId("chat").addEventListener("animationend", () => byId("chat").classList.remove("shaken"), { once: true });
  }

  #notify(key, body) {
    const title = contactName(this.chat.roster.get(key));
    this.notifications.show({ title, body, tag: key, onOpen: () => this.#go(key) });
  }

  #altered({ key, message }) {
    if (key === this.shownKey) this.conversation.messages.alter(message);
  }

  /** Many changes at once make one rendering. */
  #renderSoon() {
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      if (this.off.signal.aborted) return;
      this.contacts.render();
      this.conversation.render();
      this.requestsView.render();
      this.#renderTitle();
    });
  }

  #renderTitle() {
    const { conversations, roster } = this.chat;
    const unread = conversations.unread((key) => roster.get(key)) + this.chat.requests.unseen;
    const contact = roster.get(this.shownKey);
    const name = contact ? `${contactName(contact)} · ` : "";
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${name}${t("app.title")}`;
  }

  #lineChanged() {
    const { line } = this.chat;
    if (line.state === State.STOPPED) return;
    const isOver = line.state === State.KICKED || line.state === State.ENDED;
    if (isOver) {
      this.tabClaim.release();
      this.dispatchEvent(new CustomEvent("over", { detail: { state: line.state, reason: line.reason } }));
    }
    this.#notice(noticeOf(line), line.reason);
  }

  #notice(kind, reason) {
    this.notice.show(kind, reason);
    this.conversation.composer.setOpen(!this.notice.isUrgent);
  }

  #lookAgain() {
    this.chat.line.question();
    this.chat.line.retryNow();
  }

  #visibilityChanged() {
    if (document.visibilityState !== "visible") return;
    this.chat.line.retryNow();
    if (this.shownKey) this.chat.conversations.markRead(this.shownKey);
  }

  #key(event) {
    const menu = byId("account-menu");
    if (event.key !== "Escape" || event.isComposing || event.target.closest?.("dialog")) return;
    if (menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (this.shownKey) this.conversation.escape();
  }
}
