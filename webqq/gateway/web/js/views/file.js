/** A file in a message: its name and size, how far it is, and the buttons to save or refuse it. */

import { isExpired } from "../files.js";
import { language, t } from "../i18n.js";
import { el } from "./dom.js";

const UNITS = ["byte", "kilobyte", "megabyte"];

/** A size as people read it: 999 bytes, 1.5 MB. */
export function sizeText(bytes) {
  const power = bytes < 1000 ? 0 : bytes < 999_500 ? 1 : 2;
  const format = { style: "unit", unit: UNITS[power], unitDisplay: "short", maximumFractionDigits: power && 1 };
  return new Intl.NumberFormat(language.current, format).format(bytes / 1000 ** power);
}

/** Hands bytes to the browser as a download. */
export function saveAs(blob, name) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  // The browser has read the address by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** What stands below a file: nothing, or what became of it. */
function outcome(message, part) {
  if (message.answer) return `file.${message.answer}`;
  return !message.own && isExpired(part) ? "file.gone" : null;
}

/**
 * The element of a file. `actions` is `{save(onProgress), refuse()}`, both of which may fail with a FileFailed or a
 * LineError.
 */
export function fileElement(message, part, { save, refuse }) {
  const [, { name, size }] = part;
  const icon = el("span", { class: "file-icon", "aria-hidden": "true" }, extension(name));
  const about = el("span", { class: "detail" }, size ? sizeText(size) : "");
  const lines = el("span", { class: "file-lines" }, el("span", { class: "file-name", dir: "auto" }, name), about);
  const card = el("div", { class: "file" }, icon, lines);
  const bar = el("progress", { class: "file-progress", max: "1", value: "0", hidden: true, "aria-label": name });
  const status = el("p", { class: "file-status", role: "status" });
  const outcomeText = outcome(message, part);
  if (outcomeText) status.textContent = t(outcomeText);
  const isOffered = !message.own && !["gone", "unwanted"].includes(message.answer) && !isExpired(part);
  const buttons = isOffered ? [actions(message, name, { bar, status, save, refuse })] : [];
  return el("div", { class: "file-card" }, card, bar, ...buttons, status);
}

function actions(message, name, { bar, status, save, refuse }) {
  const button = (text, work) => {
    const element = el("button", { type: "button", class: "file-button", "aria-label": `${t(text)} ${name}` }, t(text));
    element.addEventListener("click", () => attempt(work));
    return element;
  };
  const attempt = async (work) => {
    setBusy(true);
    try {
      await work((share) => (bar.value = share));
    } catch (error) {
      status.textContent = t(error.reason === "gone" ? "file.gone" : "file.failed");
    } finally {
      setBusy(false);
    }
  };
  const all = [button("file.save", save)];
  if (!message.answer) all.push(button("file.refuse", refuse));
  const setBusy = (isBusy) => {
    bar.hidden = !isBusy;
    if (isBusy) status.textContent = "";
    for (const each of all) each.disabled = isBusy;
  };
  return el("div", { class: "file-buttons" }, ...all);
}

/** The letters that tell the kind of a file, as far as its name tells. */
function extension(name) {
  return (/\.([\p{L}\p{N}]{1,4})$/u.exec(name)?.[1] ?? "").toUpperCase();
}
