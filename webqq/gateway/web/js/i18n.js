/** The language of the page: the browser's at first, then what the person chose; texts, times and days. */

import { Shelf } from "./storage.js";
import { STRINGS } from "./strings.js";

const shelf = new Shelf(() => localStorage, "webqq ");

/** "zh" for every kind of Chinese, "en" for everything else. */
export function languageOf(tag) {
  return /^zh\b/i.test(tag ?? "") ? "zh" : "en";
}

/** Dispatches "change" after a switch. */
class Language extends EventTarget {
  constructor() {
    super();
    const kept = shelf.get("language");
    this.current = kept in STRINGS ? kept : languageOf(navigator.language);
  }

  toggle() {
    this.current = this.current === "zh" ? "en" : "zh";
    shelf.set("language", this.current);
    this.dispatchEvent(new Event("change"));
  }
}

export const language = new Language();

/** The text of this name in the page's language, filled in. */
export const t = (name, values = {}) => textIn(language.current, name, values);

/** The text of this name in a language, filled in. */
export function textIn(languageName, name, values = {}) {
  const text = STRINGS[languageName][name] ?? name;
  if (typeof text === "function") return text(values);
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

const tag = () => (language.current === "zh" ? "zh-CN" : "en");
const dayOf = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** Hours and minutes of a moment. */
export function clock(timeMs) {
  return new Intl.DateTimeFormat(tag(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(timeMs);
}

/** Whether two moments are on the same day here. */
export function isSameDay(aMs, bMs) {
  return dayOf(new Date(aMs)) === dayOf(new Date(bMs));
}

/** A day as people say it: today, yesterday, or its date, with the year where that is not this one. */
export function dayName(timeMs, nowMs = Date.now()) {
  const date = new Date(timeMs);
  const now = new Date(nowMs);
  if (isSameDay(timeMs, nowMs)) return t("time.today");
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (isSameDay(timeMs, yesterday)) return t("time.yesterday");
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" };
  const options = { ...year, month: "long", day: "numeric", weekday: "short" };
  return new Intl.DateTimeFormat(tag(), options).format(date);
}

/** A moment in a list: the time today, else the date in short. */
export function shortTime(timeMs, nowMs = Date.now()) {
  if (isSameDay(timeMs, nowMs)) return clock(timeMs);
  return new Intl.DateTimeFormat(tag(), { month: "numeric", day: "numeric" }).format(timeMs);
}

/** A moment in full, for a tooltip. */
export function fullTime(timeMs) {
  return new Intl.DateTimeFormat(tag(), { dateStyle: "medium", timeStyle: "medium" }).format(timeMs);
}
