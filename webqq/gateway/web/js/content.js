/**
 * Message content: the arrays of the wire, and the parts that the page keeps and shows.
 *
 * A part is a string, `["face", n]`, `["picture", {…}]` (pictures.js), `["file", {…}]` (files.js), `["note", name,
 * values]` (what happened, as a text of this page) or `["other"]` (something this page cannot show). Parts are what the
 * history stores, so that a face is named in the language of the moment. A file or a note is a message's only part.
 */

import { faceByName, faceName } from "./faces.js";
import { textIn } from "./i18n.js";
import { picturePart, sentElement } from "./pictures.js";

const FONT = ["font", { name: "宋体", size: 10, style: [0, 0, 0], color: "000000" }];
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };
/** Pictures that the service does not hand out, or that are not as they should be. */
const PICTURES = new Set(["offpic", "cface", "pic_id", "image"]);
const BRACKETED = /\[([^[\]\n]{1,20})\]/g;

const isOf = (kind) => (part) => Array.isArray(part) && part[0] === kind;
export const isPicture = isOf("picture");
export const isFile = isOf("file");
export const isNote = isOf("note");

function decodeEntity(whole, name) {
  if (name[0] !== "#") return ENTITIES[name] ?? whole;
  const code = name[1] === "x" || name[1] === "X" ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

/**
 * Text of the service as it is meant: entities decoded once, no-break spaces as blanks, every line end as
 * one line feed.
 *
 * @param {string} text
 * @returns {string}
 */
export function unescapeText(text) {
  return text
    .replace(/&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-z]{2,5});/g, decodeEntity)
    .replaceAll("\u00a0", " ")
    .replace(/\r\n?/g, "\n");
}

function receivedPart(element) {
  if (typeof element === "string") return unescapeText(element);
  if (!Array.isArray(element)) return ["other"];
  const [kind, value] = element;
  if (kind === "face" && Number.isInteger(Number(value))) return ["face", Number(value)];
  return picturePart(element) ?? (PICTURES.has(kind) ? ["picture"] : ["other"]);
}

/**
 * A received content array (font first) as parts. Only a font means a picture that the service does not
 * hand to web clients.
 *
 * @param {unknown} content
 * @returns {(string|Array)[]}
 */
export function parseReceived(content) {
  if (!Array.isArray(content)) return [["other"]];
  const elements = content.filter((element) => !(Array.isArray(element) && element[0] === "font"));
  return elements.length === 0 ? [["picture"]] : elements.map(receivedPart);
}

/**
 * What a person typed as parts: `[微笑]` or `[Smile]` becomes a face, an unknown name stays text.
 *
 * @param {string} text
 * @returns {(string|Array)[]}
 */
export function parseTyped(text) {
  const parts = [];
  let taken = 0;
  for (const match of text.matchAll(BRACKETED)) {
    const face = faceByName(match[1]);
    if (face === undefined) continue;
    if (match.index > taken) parts.push(text.slice(taken, match.index));
    parts.push(["face", face]);
    taken = match.index + match[0].length;
  }
  if (taken < text.length || parts.length === 0) parts.push(text.slice(taken));
  return parts;
}

/**
 * Parts as the `content` string of the send calls: JSON of the elements with the font last. The service asks
 * for one string at least, so faces and pictures alone get a blank.
 *
 * @param {(string|Array)[]} parts strings, faces, and pictures that were uploaded
 * @returns {string}
 */
export function serializeSent(parts) {
  const hasText = parts.some((part) => typeof part === "string");
  const elements = parts.map((part) => (isPicture(part) ? sentElement(part) : part));
  return JSON.stringify([...elements, ...(hasText ? [] : [" "]), FONT]);
}

const WORDS = {
  zh: { picture: "图片", other: "不支持的内容" },
  en: { picture: "picture", other: "unsupported content" },
};

/**
 * Parts as one text: `[name]` for whatever is not text.
 *
 * @param {(string|Array)[]} parts
 * @param {"zh"|"en"} language
 * @returns {string}
 */
export function partsToText(parts, language) {
  return parts
    .map((part) => {
      if (typeof part === "string") return part;
      if (part[0] === "face") return `[${faceName(part[1], language)}]`;
      if (isNote(part)) return textIn(language, `note.${part[1]}`, part[2]);
      return isFile(part) ? textIn(language, "file.named", part[1]) : `[${WORDS[language][part[0]]}]`;
    })
    .join("");
}
