/** The list of contacts: categories and groups, who is online, what was said last, what is unread. */

import { isNote } from "../content.js";
import { shortTime, t } from "../i18n.js";
import { byId, contactName, drawAvatar, el, oneLine, setAttribute, setChildren, setText } from "./dom.js";

const MOST_SHOWN = 99;
/** So many contacts do not fit on a screen: the latest talks then stand above all categories as well. */
const MANY = 12;
const RECENT_SHOWN = 8;
const countText = (count) => (count > MOST_SHOWN ? `${MOST_SHOWN}+` : String(count));

/** One contact's row. Rows live as long as their contact: a click must not lose its target. */
class Row {
  constructor(key) {
    this.key = key;
    this.avatar = el("span", { "aria-hidden": "true" });
    this.dot = el("span", { "aria-hidden": "true" });
    this.name = el("span", { class: "contact-name" });
    this.presence = el("span", { class: "visually-hidden" });
    this.time = el("time", { class: "contact-time" });
    this.preview = el("span", { class: "contact-preview" });
    this.draft = el("span", { class: "draft-mark" });
    this.badge = el("span", { class: "badge", "aria-hidden": "true" });
    this.unread = el("span", { class: "visually-hidden" });
    const face = el("span", { class: "face" }, this.avatar, this.dot);
    const top = el("span", { class: "contact-line" }, this.name, this.presence, this.time);
    const bottom = el("span", { class: "contact-line" }, this.draft, this.preview, this.badge, this.unread);
    const lines = el("span", { class: "contact-lines" }, top, bottom);
    this.button = el("button", { type: "button", class: "contact", "data-key": key, tabindex: "-1" }, face, lines);
    this.item = el("li", {}, this.button);
  }

  update(contact, { last, unread, draft }, { isOpen, isTyping, picture }) {
    const name = contactName(contact);
    drawAvatar(this.avatar, name, contact.kind, picture);
    this.dot.className = contact.kind === "friend" ? `dot ${contact.presence}` : "";
    this.button.classList.toggle("offline", contact.presence === "offline");
    this.button.classList.toggle("has-unread", unread > 0);
    setAttribute(this.button, "aria-current", isOpen ? "true" : null);
    setText(this.name, name);
    setText(this.presence, contact.kind === "friend" ? `, ${t(`presence.${contact.presence}`)}` : "");
    this.#updateLast(contact, last);
    if (isTyping) setText(this.preview, t("chat.typing"));
    this.preview.classList.toggle("typing", isTyping);
    this.draft.hidden = !draft || isOpen;
    setText(this.draft, `[${t("contacts.draft")}]`);
    if (!this.draft.hidden) setText(this.preview, draft);
    this.badge.hidden = unread === 0;
    setText(this.badge, countText(unread));
    setText(this.unread, unread > 0 ? `, ${t("contacts.unread", { count: unread })}` : "");
  }

  #updateLast(contact, last) {
    if (!last) {
      setText(this.time, "");
      const number = contact.number ? t("chat.groupNumber", contact) : "";
      setText(this.preview, contact.kind === "friend" ? t(`presence.${contact.presence}`) : number);
      return;
    }
    const text = oneLine(last.parts);
    setText(this.time, shortTime(last.time));
    if (isNote(last.parts[0])) setText(this.preview, text);
    else if (last.own) setText(this.preview, t("contacts.you", { text }));
    else if (contact.kind !== "friend" && last.name) setText(this.preview, t("chat.said", { name: last.name, text }));
    else setText(this.preview, text);
  }
}

/** A category or the groups: a heading that folds, and its rows. */
class Section {
  constructor() {
    this.name = el("span", { class: "section-name" });
    this.count = el("span", { class: "section-count" });
    this.badge = el("span", { class: "badge", "aria-hidden": "true" });
    this.summary = el("summary", { tabindex: "-1" }, this.name, this.count, this.badge);
    this.list = el("ul", {});
    this.details = el("details", { class: "section", open: true }, this.summary, this.list);
  }

  update(name, contacts, rows, unread) {
    setText(this.name, name);
    setChildren(this.list, rows.map(({ item }) => item));
    setText(this.badge, countText(unread));
    this.badge.hidden = unread === 0;
    const friends = contacts.filter(({ kind }) => kind === "friend");
    const online = friends.filter(({ presence }) => presence !== "offline").length;
    const values = { online, all: friends.length };
    const isOfFriends = friends.length === contacts.length;
    setText(this.count, isOfFriends ? t("contacts.online", values) : String(contacts.length));
    setAttribute(this.count, "aria-label", isOfFriends ? t("contacts.onlineLabel", values) : null);
  }
}

/** Dispatches "open" with `{key}`. */
export class ContactsView extends EventTarget {
  constructor() {
    super();
    this.list = byId("contact-list");
    this.search = byId("search");
    this.empty = el("p", { class: "hint" });
    this.rows = new Map();
    this.sections = new Map();
    this.chat = null;
    this.openKey = null;
    this.cursor = null;
    this.search.addEventListener("input", () => this.render());
    this.search.addEventListener("keydown", (event) => this.#searchKey(event));
    this.list.addEventListener("click", (event) => this.#clicked(event));
    this.list.addEventListener("keydown", (event) => this.#listKey(event));
    this.list.addEventListener("focusin", ({ target }) => this.#setCursor(target));
  }

  show(chat) {
    this.chat = chat;
    this.rows.clear();
    this.sections.clear();
    this.search.value = "";
    this.openKey = null;
    this.render();
  }

  setOpen(key) {
    this.openKey = key;
    this.render();
  }

  /** Puts the focus on the open contact, or on the first. */
  focus() {
    const stops = this.#stops();
    const first = stops.find((stop) => stop.matches(".contact"));
    (this.#openStop(stops) ?? first ?? this.search).focus();
  }

  render() {
    if (!this.chat) return;
    this.#renderSelf();
    const { roster, conversations } = this.chat;
    const shown = this.#sectionsOf(roster).map(([id, name, contacts]) => {
      const rows = contacts.map((contact) => this.#row(id, contact));
      const section = this.#section(id);
      const unread = contacts.reduce((sum, { key }) => sum + conversations.summary(key).unread, 0);
      section.update(name, contacts, rows, unread);
      return section.details;
    });
    const isSearching = this.search.value.trim() !== "";
    setText(this.empty, t(isSearching ? "contacts.noMatch" : "contacts.none"));
    setChildren(this.list, shown.length > 0 ? shown : [this.empty]);
    this.#setCursor(this.cursor);
  }

  #renderSelf() {
    const { self } = this.chat.roster;
    drawAvatar(byId("self-avatar"), self.name, "friend", this.chat.avatars.of(self.uin));
    setText(byId("self-name"), self.name);
    setText(byId("self-number"), t("account.number", { number: self.uin }));
    setAttribute(byId("self"), "title", t("card.self"));
    const { items, unseen } = this.chat.requests;
    byId("requests-open").hidden = items.length === 0;
    byId("requests-badge").hidden = unseen === 0;
    setText(byId("requests-badge"), countText(unseen));
    setText(byId("requests-unseen"), unseen > 0 ? `, ${t("requests.unseen", { count: unseen })}` : "");
  }

  /** [id, name, contacts] of every section that has any contact to show. */
  #sectionsOf(roster) {
    const wanted = this.search.value.trim().toLocaleLowerCase();
    const matches = ({ name, nick, number }) =>
      !wanted || `${name} ${nick} ${number ?? ""}`.toLocaleLowerCase().includes(wanted);
    const all = [...roster.contacts.values()].filter(matches).toSorted((a, b) => this.#order(a, b));
    const sections = [
      [-4, t("contacts.recent"), wanted ? [] : this.#recent(all)],
      [-2, t("contacts.strangers"), all.filter(({ category }) => category === null)],
      ...roster.categories.map(({ index, name }) => [
        index,
        name ?? t("contacts.ownCategory"),
        all.filter((contact) => contact.kind === "friend" && contact.category === index),
      ]),
      [-1, t("contacts.groups"), all.filter(({ kind, category }) => kind === "group" && category !== null)],
      [-3, t("contacts.discussions"), all.filter(({ kind, category }) => kind === "discussion" && category !== null)],
    ];
    return sections.filter(([, , contacts]) => contacts.length > 0);
  }

  /** The latest talk first, then who is online, then by name. */
  #order(a, b) {
    const time = ({ key }) => this.chat.conversations.summary(key).last?.time ?? 0;
    const rank = ({ presence }) => (presence === "offline" ? 1 : 0);
    return time(b) - time(a) || rank(a) - rank(b) || contactName(a).localeCompare(contactName(b));
  }

  #recent(sorted) {
    if (sorted.length <= MANY) return [];
    const { conversations } = this.chat;
    return sorted.filter(({ key }) => conversations.summary(key).last).slice(0, RECENT_SHOWN);
  }

  #row(section, contact) {
    const id = `${section} ${contact.key}`;
    if (!this.rows.has(id)) this.rows.set(id, new Row(contact.key));
    const row = this.rows.get(id);
    const isTyping = this.chat.typing.isTyping(contact.key);
    const picture = contact.kind === "friend" ? this.chat.avatars.of(contact.uin) : null;
    const isOpen = contact.key === this.openKey;
    row.update(contact, this.chat.conversations.summary(contact.key), { isOpen, isTyping, picture });
    return row;
  }

  #section(id) {
    if (!this.sections.has(id)) this.sections.set(id, new Section());
    return this.sections.get(id);
  }

  /** What the arrow keys walk over: headings, and the rows of those that are unfolded. */
  #stops() {
    return [...this.list.querySelectorAll("summary, details[open] .contact")];
  }

  /** One stop is in the tab order: where the person was, else the open contact, else the first row. */
  #setCursor(target) {
    const stops = this.#stops();
    const own = target?.closest?.("summary, .contact");
    const first = stops.find((stop) => stop.matches(".contact")) ?? stops[0];
    this.cursor = [own, this.#openStop(stops), first].find((stop) => stops.includes(stop)) ?? null;
    for (const stop of stops) setAttribute(stop, "tabindex", stop === this.cursor ? "0" : "-1");
  }

  #openStop(stops) {
    return stops.find((stop) => stop.dataset.key && stop.dataset.key === this.openKey);
  }

  #clicked({ target }) {
    const button = target.closest(".contact");
    if (button) this.dispatchEvent(new CustomEvent("open", { detail: { key: button.dataset.key } }));
  }

  #listKey(event) {
    const stops = this.#stops();
    const at = stops.indexOf(event.target.closest("summary, .contact"));
    if (at < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    const section = stops[at].closest("details");
    const moves = {
      ArrowDown: () => stops[at + 1],
      ArrowUp: () => stops[at - 1] ?? this.search,
      Home: () => stops[0],
      End: () => stops.at(-1),
      ArrowLeft: () => this.#fold(section, stops[at]),
      ArrowRight: () => this.#unfold(section, stops[at]),
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    moves[event.key]()?.focus();
  }

  #fold(section, stop) {
    if (stop.matches("summary")) section.open = false;
    return section.querySelector("summary");
  }

  #unfold(section, stop) {
    if (!stop.matches("summary")) return null;
    if (section.open) return section.querySelector(".contact");
    section.open = true;
    return stop;
  }

  #searchKey(event) {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      this.#stops()[0]?.focus();
    } else if (event.key === "Enter") {
      const first = this.list.querySelector(".contact");
      if (first && this.search.value.trim()) first.click();
    } else if (event.key === "Escape" && this.search.value) {
      event.stopPropagation();
      this.search.value = "";
      this.render();
    }
  }
}
