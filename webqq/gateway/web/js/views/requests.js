/** The dialog of who asks and what is new. */

import { fullTime, shortTime, t } from "../i18n.js";
import { Dialog } from "./dialog.js";
import { byId, drawAvatar, el } from "./dom.js";

/** What an item says, in the language of the page. */
export function requestText(item) {
  if (item.kind === "news") return item.note ? t(`requests.${item.note}`, item.values) : item.text;
  const name = item.name || String(item.number ?? "");
  return t(item.kind === "friend" ? "requests.friend" : "requests.member", { name, group: item.groupName });
}

export class RequestsView extends Dialog {
  constructor() {
    super("requests");
    this.list = byId("requests-list");
    this.requests = null;
    this.reasons = new Map();
    byId("requests-clear").addEventListener("click", () => this.requests.clear());
    this.dialog.addEventListener("close", () => this.requests?.see());
  }

  show(requests) {
    this.requests = requests;
    this.openDialog();
    this.render();
    byId("requests-title").focus();
  }

  render() {
    if (!this.isOpen) return;
    const focused = document.activeElement?.closest?.("[data-item]")?.dataset.item;
    const { items } = this.requests;
    byId("requests-empty").hidden = items.length > 0;
    byId("requests-clear").hidden = !items.some(({ state }) => state !== "open" && state !== "busy");
    this.list.replaceChildren(...items.map((item) => this.#item(item)));
    // Answering takes the buttons away, and the focus would be nowhere.
    const again = focused && this.list.querySelector(`[data-item="${CSS.escape(focused)}"]`);
    if (again && !this.dialog.contains(document.activeElement)) (again.querySelector("button") ?? again).focus();
    else if (again && document.activeElement === document.body) again.focus();
  }

  #item(item) {
    const name = item.name || item.groupName || t("requests.service");
    const avatar = el("span", { "aria-hidden": "true" });
    drawAvatar(avatar, name);
    const time = el("time", { class: "contact-time", title: fullTime(item.time) }, shortTime(item.time));
    const head = el("p", { class: "request-head" }, el("span", {}, requestText(item)), time);
    const number = item.kind !== "news" && item.number ? el("p", { class: "detail" }, String(item.number)) : null;
    const words = item.kind !== "news" && item.text ? el("p", { class: "request-text", dir: "auto" }, item.text) : null;
    const lines = el("div", { class: "request-lines" }, head, number, words, this.#foot(item));
    return el("li", { class: "request", "data-item": item.id, tabindex: "-1" }, avatar, lines);
  }

  #foot(item) {
    if (item.kind === "news") return null;
    if (item.state !== "open" && item.state !== "busy") {
      return el("p", { class: "detail", role: "status" }, t(`requests.${item.state}`));
    }
    const reason = el("input", {
      class: "request-reason",
      maxlength: "200",
      "aria-label": t("requests.reason"),
      placeholder: t("requests.reason"),
      value: this.reasons.get(item.id) ?? "",
    });
    reason.addEventListener("input", () => this.reasons.set(item.id, reason.value));
    const yes = this.#button("primary small", "requests.accept", item, () => this.requests.answer(item, true, ""));
    const no = this.#button("quiet", "requests.refuse", item, () => this.requests.answer(item, false, reason.value.trim()));
    const failed = item.hasFailed ? el("p", { class: "request-error", role: "alert" }, t("requests.failed")) : null;
    return el("div", { class: "request-foot" }, reason, el("div", { class: "request-buttons" }, no, yes), failed);
  }

  #button(kind, text, item, work) {
    const label = `${t(text)} ${item.name || item.number}`;
    const button = el("button", { type: "button", class: kind, "aria-label": label, disabled: item.state === "busy" }, t(text));
    button.addEventListener("click", work);
    return button;
  }
}
