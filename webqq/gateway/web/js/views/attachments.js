/** The pictures and files that were chosen for a message, above its input: seen, taken away again, added by every way. */

import { isPictureFile } from "../attachments.js";
import { t } from "../i18n.js";
import { TYPES, dataAddress } from "../pictures.js";
import { byId, el } from "./dom.js";
import { sizeText } from "./file.js";

function preview(file) {
  if (!isPictureFile(file)) {
    const name = el("span", { class: "file-name", dir: "auto" }, file.name);
    return el("span", { class: "file-lines" }, name, el("span", { class: "detail" }, sizeText(file.size)));
  }
  const image = el("img", { alt: "" });
  dataAddress(file).then((address) => image.setAttribute("src", address));
  return image;
}

/** Dispatches "files" with `{files}` and "remove" with `{id}`. */
export class AttachmentsView extends EventTarget {
  constructor() {
    super();
    this.list = byId("attachments");
    this.items = new Map();
    byId("picture-file").accept = TYPES.join(",");
    for (const kind of ["picture", "file"]) this.#listenToChooser(byId(`${kind}-file`), byId(`${kind}-choose`));
    byId("input").addEventListener("paste", (event) => this.#taken(event, event.clipboardData));
    this.#listenToDrops(byId("open-conversation"));
    // Beside a conversation a browser would open the file, and the page would be gone.
    for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => event.preventDefault());
  }

  /** @param {{id: number, file: File}[]} attachments @param {boolean} isBusy they are on their way */
  show(attachments, isBusy) {
    for (const id of this.items.keys()) if (!attachments.some((each) => each.id === id)) this.items.delete(id);
    for (const each of attachments) if (!this.items.has(each.id)) this.items.set(each.id, this.#item(each));
    this.list.replaceChildren(...attachments.map(({ id }) => this.items.get(id)));
    this.list.hidden = attachments.length === 0;
    this.list.classList.toggle("busy", isBusy);
    for (const button of this.list.querySelectorAll("button")) button.disabled = isBusy;
  }

  #item({ id, file }) {
    const label = t("picture.remove", { name: file.name });
    const button = el("button", { type: "button", class: "attachment-remove", "aria-label": label, title: label }, "×");
    button.addEventListener("click", () => {
      this.dispatchEvent(new CustomEvent("remove", { detail: { id } }));
      byId("input").focus();
    });
    return el("li", { class: `attachment ${isPictureFile(file) ? "" : "is-file"}` }, preview(file), button);
  }

  #listenToChooser(chooser, button) {
    button.addEventListener("click", () => chooser.click());
    chooser.addEventListener("change", () => {
      this.#files([...chooser.files]);
      chooser.value = "";
    });
  }

  #listenToDrops(area) {
    const over = (event, isOver) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      area.classList.toggle("drop-here", isOver);
    };
    area.addEventListener("dragenter", (event) => over(event, true));
    area.addEventListener("dragover", (event) => over(event, true));
    area.addEventListener("dragleave", (event) => over(event, area.contains(event.relatedTarget)));
    area.addEventListener("drop", (event) => {
      over(event, false);
      this.#files([...(event.dataTransfer?.files ?? [])]);
    });
  }

  #taken(event, transfer) {
    const files = [...(transfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    this.#files(files);
  }

  #files(files) {
    if (files.length > 0) this.dispatchEvent(new CustomEvent("files", { detail: { files } }));
  }
}
