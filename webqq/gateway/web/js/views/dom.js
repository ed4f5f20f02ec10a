/** The small tools that every view uses. Text reaches the page as text: nothing here parses HTML. */

import { language, t } from "../i18n.js";
import { partsToText } from "../content.js";

export const byId = (id) => document.getElementById(id);

/**
 * An element with its attributes and children. An attribute that is null, undefined or false is left out;
 * `class` takes a string; a child that is a string becomes text.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets an attribute, or takes it away for null and false. */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

/** Sets text only where it differs, so that a person's selection and a screen reader are left in peace. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Puts these children in this order, touching nothing where they already are. */
export function setChildren(parent, children) {
  const same = parent.children.length === children.length && children.every((c, i) => parent.children[i] === c);
  if (same) return;
  const { activeElement } = document;
  parent.replaceChildren(...children);
  // Moving an element takes the focus from it.
  if (parent.contains(activeElement)) activeElement.focus({ preventScroll: true });
}

/** Fills every element below `root` that names its text in an attribute. */
export function translate(root = document) {
  document.documentElement.lang = language.current === "zh" ? "zh-CN" : "en";
  for (const each of root.querySelectorAll("[data-text]")) setText(each, t(each.dataset.text));
  for (const each of root.querySelectorAll("[data-label]")) setAttribute(each, "aria-label", t(each.dataset.label));
  for (const each of root.querySelectorAll("[data-title]")) setAttribute(each, "title", t(each.dataset.title));
  for (const each of root.querySelectorAll("[data-alt]")) setAttribute(each, "alt", t(each.dataset.alt));
  for (const each of root.querySelectorAll("[data-placeholder]")) {
    setAttribute(each, "placeholder", t(each.dataset.placeholder));
  }
  for (const each of root.querySelectorAll("[data-language]")) {
    setText(each, t("language.other"));
    each.lang = language.current === "zh" ? "en" : "zh-CN";
  }
}

const HUES = 8;

/** One of eight colours for a name, always the same. */
function hueOf(name) {
  let mixed = 2166136261; // FNV-1a: neighbours in the alphabet should not share a colour
  for (const char of name) mixed = Math.imul(mixed ^ char.codePointAt(0), 16777619);
  return ((mixed >>> 16) ^ (mixed >>> 8)) % HUES;
}

const pictures = new WeakMap();

/**
 * Draws an avatar on an element: the picture that was chosen, else the first letter of the name on its colour; groups
 * are square.
 *
 * @param {Promise<string>|null} picture a data address; where it cannot be had, the letter stays
 */
export function drawAvatar(element, name, kind = "friend", picture = null) {
  element.className = `avatar ${kind} hue-${hueOf(name)}`;
  const letter = (Array.from(name.trim())[0] ?? "?").toUpperCase();
  if (element.textContent !== letter) {
    element.textContent = letter;
    pictures.delete(element);
  }
  if ((pictures.get(element) ?? null) !== picture) showPicture(element, picture);
}

async function showPicture(element, picture) {
  pictures.set(element, picture);
  element.querySelector("img")?.remove();
  const address = await picture?.catch(() => null);
  if (address && pictures.get(element) === picture) element.append(el("img", { src: address, alt: "" }));
}

/** The name of a contact as shown, also where the service knows none. */
export function contactName(contact) {
  if (contact.kind === "friend") return contact.name ?? t("contacts.stranger");
  return contact.name ?? t(contact.kind === "group" ? "contacts.unknownGroup" : "contacts.unknownDiscussion");
}

/** Parts of a message as one line of text, in the language of the page. */
export function oneLine(parts) {
  return partsToText(parts, language.current).replace(/\s+/g, " ").trim();
}

/** Says something to a screen reader when it has finished what it is saying. */
export function announce(text) {
  const announcer = byId("announcer");
  announcer.append(el("p", {}, text));
  while (announcer.children.length > 5) announcer.firstElementChild.remove();
}

export const isNarrow = () => matchMedia("(max-width: 720px)").matches;
