/**
 * Who asks to be a friend or a member, and what else the service has to say: kept in this browser for each account,
 * bounded, until a person has answered.
 *
 *   open -> busy -> accepted | refused | gone
 *
 * An item is `{id, kind, state, name, number, text, time, isSeen}`: `kind` "friend" or "group" asks, "news" tells. A
 * news' `note` names a text of this page and its `values`; one without is the service's own `text`.
 */

import { unescapeText } from "./content.js";
import { LineError } from "./wire.js";

export const MOVES = Object.freeze({
  open: { answer: "busy" },
  busy: { accepted: "accepted", refused: "refused", gone: "gone", failed: "open" },
  accepted: {},
  refused: {},
  gone: {},
});

export function nextState(state, input) {
  const next = MOVES[state]?.[input];
  if (!next) throw new Error(`the request is ${state}: "${input}" cannot happen to it`);
  return next;
}

export const ITEMS_KEPT = 100;

const text = (value) => unescapeText(String(value ?? "")).trim();
const isOpen = ({ state }) => state === "open" || state === "busy";

/** Dispatches "change", and "asked" with `{item}` for each new item. */
export class Requests extends EventTarget {
  /**
   * @param {Shelf} shelf one account's shelf
   * @param {object} service `person(uin)` gives `{name, number}`, `answerFriend(item, isAccepted, reason)` and
   *   `answerMember(item, isAccepted, reason)` make the call, `groupName(number)` names a group or gives null
   */
  constructor(shelf, service, { now = Date.now } = {}) {
    super();
    Object.assign(this, { shelf, service, now });
    this.items = shelf.get("requests") ?? [];
    // What was under way when the page went may have been answered; then the service says so.
    for (const item of this.items) if (item.state === "busy") item.state = "open";
  }

  /** What a person should look at. */
  get unseen() {
    return this.items.filter((item) => isOpen(item) || !item.isSeen).length;
  }

  /** What system_message says. */
  async takeFriendEvent({ type, seq, from_uin: uin, account, msg }) {
    const person = { ...(await this.service.person(uin)), number: Number(account) || null };
    if (type === "verify_required") {
      return this.#add({ id: `friend ${account}`, kind: "friend", state: "open", ...person, text: text(msg) });
    }
    const note = { verify_pass: "friendAccepted", verify_pass_add: "friendAccepted", added_buddy_sig: "friendAdded" }[type];
    return note && this.#tell(`friend ${seq}`, note, person);
  }

  /** What sys_g_msg says about oneself and those who ask to be members. */
  async takeGroupEvent({ type, msg_id: id, t_gcode: group, request_uin: uin, msg }) {
    const groupName = this.service.groupName(group) ?? String(group);
    if (type === "group_request_join") {
      const person = await this.service.person(uin);
      const item = { id: `group ${group} ${person.number ?? uin}`, kind: "group", state: "open", ...person };
      return this.#add({ ...item, uin, group, groupName, text: text(msg) });
    }
    const note = { group_request_join_agree: "groupAgreed", group_request_join_deny: "groupDenied" }[type];
    return note && this.#tell(`group ${id}`, note, { group: groupName, reason: text(msg) });
  }

  /** The service's own words. */
  takeHint({ tips, msg_id: id }) {
    const words = text(tips);
    if (words) this.#add({ id: `hint ${id} ${this.now()}`, kind: "news", state: "accepted", text: words });
  }

  /** Something to know that has no question in it. */
  tell(note, values) {
    this.#tell(`${note} ${this.now()}`, note, values);
  }

  /** Says yes or no. Where the line is down the question stays open; one that the service does not know is gone. */
  async answer(item, isAccepted, reason) {
    this.#move(item, "answer");
    item.hasFailed = false;
    try {
      const call = item.kind === "friend" ? "answerFriend" : "answerMember";
      await this.service[call](item, isAccepted, reason);
      this.#move(item, isAccepted ? "accepted" : "refused");
    } catch (error) {
      item.hasFailed = error instanceof LineError;
      this.#move(item, item.hasFailed ? "failed" : "gone");
    }
  }

  see() {
    if (this.items.every(({ isSeen }) => isSeen)) return;
    for (const item of this.items) item.isSeen = true;
    this.#keep();
  }

  /** Removes what needs no answer any more. */
  clear() {
    this.items = this.items.filter(isOpen);
    this.#keep();
  }

  forget() {
    this.items = [];
    this.shelf.remove("requests");
  }

  #tell(id, note, values) {
    this.#add({ id, kind: "news", state: "accepted", note, values, text: "" });
  }

  /** Somebody who asks again asks once. */
  #add(fields) {
    const item = { time: this.now(), isSeen: false, ...fields };
    const others = this.items.filter(({ id }) => id !== item.id);
    const room = others.filter((each, i) => isOpen(each) || i < ITEMS_KEPT - 1).slice(0, 2 * ITEMS_KEPT);
    this.items = [item, ...room];
    this.#keep();
    this.dispatchEvent(new CustomEvent("asked", { detail: { item } }));
  }

  #move(item, input) {
    item.state = nextState(item.state, input);
    this.#keep();
  }

  #keep() {
    this.shelf.set("requests", this.items);
    this.dispatchEvent(new Event("change"));
  }
}
