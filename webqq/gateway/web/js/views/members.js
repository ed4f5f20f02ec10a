/** The members of the open group, beside its conversation. */

import { t } from "../i18n.js";
import { byId, drawAvatar, el, setAttribute, setText } from "./dom.js";

function memberItem({ uin, name, role, presence }, pictureOf) {
  const shown = name ?? t("chat.unknownMember");
  const avatar = el("span", { "aria-hidden": "true" });
  drawAvatar(avatar, shown, "friend", pictureOf(uin));
  const face = el("span", { class: "face" }, avatar, el("span", { class: `dot ${presence}`, "aria-hidden": "true" }));
  const tag = role === "member" ? null : el("span", { class: `role ${role}` }, t(`members.${role}`));
  const state = el("span", { class: "visually-hidden" }, `, ${t(`presence.${presence}`)}`);
  const attributes = { type: "button", class: `member ${presence}`, "data-uin": uin };
  return el("li", {}, el("button", attributes, face, el("span", { class: "member-name" }, shown), tag, state));
}

/** Dispatches "toggle" with `{isOpen}` when a person opens or closes the panel, "choose" with `{uin}`, and "retry". */
export class MembersView extends EventTarget {
  constructor() {
    super();
    this.panel = byId("members");
    this.toggle = byId("members-toggle");
    this.toggle.addEventListener("click", () => this.#ask(!this.isOpen));
    byId("members-close").addEventListener("click", () => this.#ask(false));
    byId("members-body").addEventListener("click", ({ target }) => {
      const uin = target.closest(".member")?.dataset.uin;
      if (uin) this.dispatchEvent(new CustomEvent("choose", { detail: { uin: Number(uin) } }));
    });
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  open() {
    this.panel.hidden = false;
    setAttribute(this.toggle, "aria-expanded", "true");
    byId("members-close").focus();
  }

  close() {
    if (!this.isOpen) return;
    const hadFocus = this.panel.contains(document.activeElement);
    this.panel.hidden = true;
    setAttribute(this.toggle, "aria-expanded", "false");
    if (hadFocus) this.toggle.focus();
  }

  /**
   * @param {object[]|null} members null while they are on their way
   * @param {(uin: number) => Promise<string>|null} pictureOf what a member has chosen
   */
  show(members, pictureOf) {
    setText(byId("members-count"), members ? t("members.count", { count: members.length }) : "");
    const body = members
      ? el("ul", {}, ...members.map((each) => memberItem(each, pictureOf)))
      : el("p", { class: "hint", role: "status" }, t("members.loading"));
    const focused = document.activeElement?.closest?.("#members-body .member")?.dataset.uin;
    byId("members-body").replaceChildren(body);
    if (focused) (body.querySelector(`[data-uin="${focused}"]`) ?? byId("members-close")).focus();
  }

  fail() {
    setText(byId("members-count"), "");
    const retry = el("button", { type: "button", class: "quiet" }, t("members.retry"));
    retry.addEventListener("click", () => this.dispatchEvent(new Event("retry")));
    const text = el("p", { class: "hint", role: "alert" }, t("members.failed"));
    byId("members-body").replaceChildren(text, retry);
  }

  #ask(isOpen) {
    this.dispatchEvent(new CustomEvent("toggle", { detail: { isOpen } }));
  }
}
