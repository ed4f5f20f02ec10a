/** The log of a conversation: days, senders, texts, and how far one's own messages have come. */

import { Glyphs } from "../glyphs.js";
import { clock, dayName, fullTime, isSameDay, language, t } from "../i18n.js";
import { byId, drawAvatar, el, setText } from "./dom.js";
import { isFile, isNote, partsToText } from "../content.js";
import { fileElement, saveAs } from "./file.js";
import { PictureView } from "./picture.js";

/** Messages of one sender this close together stand as one block. */
const BLOCK_MS = 5 * 60_000;
/** This near the beginning, older messages are fetched. */
const NEAR_BEGINNING_PX = 400;
/** This near the end, new messages pull the log along. */
const NEAR_END_PX = 120;

/** A web address, without the punctuation that ends the sentence around it. */
const ADDRESS = /https?:\/\/[^\s<>"'\u3000-\u303f\uff00-\uffef]*[^\s<>"'\u3000-\u303f\uff00-\uffef.,:;!?)\]}]/g;

function linkedNodes(text) {
  const nodes = [];
  let taken = 0;
  for (const { 0: address, index } of text.matchAll(ADDRESS)) {
    nodes.push(text.slice(taken, index));
    nodes.push(el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address));
    taken = index + address.length;
  }
  return [...nodes, text.slice(taken)];
}

/** The parts of a message without the blank that clients put at the end. */
const withoutLastBlank = (parts) =>
  parts.map((part, i) => (typeof part === "string" && i === parts.length - 1 ? part.replace(/\s+$/, "") : part));

const isNotice = ({ parts }) => isNote(parts[0]);

const isSameBlock = (a, b) =>
  a && !isNotice(a) && !isNotice(b) && a.own === b.own && a.name === b.name && b.time - a.time < BLOCK_MS && isSameDay(a.time, b.time);

/** Dispatches "again" with `{message}` when a person asks for a failed message to be sent again. */
export class MessagesView extends EventTarget {
  constructor() {
    super();
    this.log = byId("log");
    this.glyphs = new Glyphs();
    this.pictures = new PictureView(this.log, () => this.follows && this.toEnd());
    this.list = byId("messages");
    this.latest = byId("latest");
    this.items = new Map();
    this.last = null;
    this.contact = null;
    this.log.addEventListener("scroll", () => this.#scrolled());
    this.latest.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.follows && this.toEnd()).observe(this.log);
    this.follows = true;
    this.height = 0;
  }

  /** Shows what is known of a conversation, down to its end. */
  show(chat, contact) {
    this.chat = chat;
    this.contact = contact;
    this.#draw();
    this.toEnd();
  }

  /** Older messages have come in: what a person looks at stays where it is. */
  grow() {
    const fromEnd = this.log.scrollHeight - this.log.scrollTop;
    const wasAtEnd = this.follows;
    this.#draw();
    if (wasAtEnd) this.toEnd();
    else this.log.scrollTop = this.log.scrollHeight - fromEnd;
  }

  #draw() {
    const messages = this.chat.conversations.all(this.contact.key);
    this.items.clear();
    this.last = null;
    this.list.replaceChildren();
    byId("log-empty").hidden = messages.length > 0;
    this.list.append(...messages.flatMap((message) => this.#nodes(message)));
  }

  append(message) {
    byId("log-empty").hidden = true;
    this.list.append(...this.#nodes(message));
    if (this.follows || message.own) this.toEnd();
    this.#updateLatest();
  }

  /** A message's state has changed. */
  alter(message) {
    const item = this.items.get(message.id);
    item?.querySelector(".status")?.replaceWith(this.#status(message));
    if (isFile(message.parts[0])) item?.querySelector(".text")?.replaceWith(this.#content(message));
    if (this.follows) this.toEnd();
  }

  /** How much of a message's file is on its way. */
  progress(id, share) {
    const bar = this.items.get(id)?.querySelector("progress");
    if (!bar) return;
    bar.hidden = share >= 1;
    bar.value = share;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.#updateLatest();
  }

  #scrolled() {
    // What has become higher or narrower scrolls, too, and nobody meant to leave the end.
    if (this.follows && this.log.scrollHeight !== this.height) return this.toEnd();
    this.#updateLatest();
    const { chat, contact } = this;
    // A log that is not full cannot be scrolled: its history was fetched when it was opened.
    if (this.log.scrollTop < NEAR_BEGINNING_PX && chat?.history.isBegun(contact)) chat.history.older(contact);
  }

  #updateLatest() {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    this.height = scrollHeight;
    this.follows = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    this.latest.hidden = this.follows;
  }

  /** The message's item, after a separator where a new day begins. */
  #nodes(message) {
    const nodes = [];
    if (!this.last || !isSameDay(this.last.time, message.time)) {
      nodes.push(el("li", { class: "day" }, el("span", {}, dayName(message.time))));
    }
    const item = this.#item(message, isSameBlock(this.last, message));
    this.items.set(message.id, item);
    this.last = message;
    return [...nodes, item];
  }

  #item(message, isContinued) {
    if (isNotice(message)) {
      const attributes = { class: "event", "data-id": message.id, title: fullTime(message.time) };
      return el("li", attributes, partsToText(message.parts, language.current));
    }
    const name = message.own ? t("chat.you") : (message.name ?? t("chat.unknownMember"));
    const time = new Date(message.time);
    const stamp = el("time", { datetime: time.toISOString(), title: fullTime(message.time) }, clock(message.time));
    const avatar = el("span", { "aria-hidden": "true" });
    drawAvatar(avatar, name, "friend", this.#pictureOf(message));
    const sender = el("span", { class: "sender" }, name);
    const head = el("p", { class: "head" }, sender, " ", stamp);
    const foot = message.own ? this.#status(message) : null;
    const body = el("div", { class: "body" }, head, this.#content(message), foot);
    const kind = `${message.own ? "own" : "other"}${isContinued ? " continued" : ""}`;
    const classes = `message ${kind}${this.contact.kind === "group" ? " in-group" : ""}`;
    return el("li", { class: classes, "data-id": message.id }, message.own ? null : avatar, body);
  }

  /** Whose name in a group is not his alone has none: it might be somebody else's. */
  #pictureOf({ name }) {
    const { chat, contact } = this;
    if (contact.kind === "friend") return chat.avatars.of(contact.uin);
    const found = (contact.members ?? []).filter((member) => member.name === name);
    return found.length === 1 ? chat.avatars.of(found[0].uin) : null;
  }

  #content(message) {
    if (isFile(message.parts[0])) return el("div", { class: "text" }, this.#file(message));
    const parts = withoutLastBlank(message.parts);
    return el("div", { class: "text", dir: "auto" }, ...parts.flatMap((part) => this.#partNodes(message, part)));
  }

  #partNodes(message, part) {
    if (typeof part === "string") return linkedNodes(part);
    const text = partsToText([part], language.current);
    if (part[0] === "face") return [this.#face(part[1], text)];
    const address = part[0] === "picture" ? this.chat.pictureAddress(this.contact, message, part) : null;
    const { downloads } = this.chat;
    return [address ? this.pictures.element(() => downloads.get(address), text) : el("span", { class: "placeholder" }, text)];
  }

  #file(message) {
    const { chat, contact } = this;
    const [part] = message.parts;
    return fileElement(message, part, {
      save: async (onProgress) => saveAs(await chat.fetchFile(contact.key, message, onProgress), part[1].name),
      refuse: () => chat.refuseFile(contact.key, message),
    });
  }

  #face(number, text) {
    const glyph = this.glyphs.of(number);
    if (!glyph) return el("span", { class: "face-name" }, text);
    return el("span", { class: "face-glyph", role: "img", "aria-label": text, title: text }, glyph);
  }

  #status(message) {
    const { state } = message;
    const status = el("p", { class: `status ${state}`, "data-state": state }, el("span", {}, t(`state.${state}`)));
    if (state === "failed") {
      const button = el("button", { type: "button", class: "again" }, t("state.again"));
      button.addEventListener("click", () =>
        this.dispatchEvent(new CustomEvent("again", { detail: { message } })),
      );
      status.append(button);
    }
    return status;
  }
}
