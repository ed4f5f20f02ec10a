/** Light or dark: what the system prefers, until the person chooses. */

import { Shelf } from "./storage.js";

export const THEMES = ["system", "light", "dark"];

const shelf = new Shelf(() => localStorage, "webqq ");

/** The colour of the browser's own frame in each theme; the style sheet's --pane. */
const FRAMES = { light: "#f7f8fa", dark: "#171b20" };

/** The choice of this browser. */
export function theme() {
  const kept = shelf.get("theme");
  return THEMES.includes(kept) ? kept : "system";
}

function show(choice) {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  for (const meta of document.querySelectorAll("meta[name=theme-color]")) {
    meta.content = FRAMES[choice] ?? FRAMES[meta.media.includes("dark") ? "dark" : "light"];
  }
}

/** Shows the page in a theme and keeps the choice. */
export function chooseTheme(choice) {
  shelf.set("theme", choice);
  show(choice);
}

/** Shows what was chosen before, and binds the list of choices to it. */
export function bindTheme(select) {
  select.value = theme();
  show(theme());
  select.addEventListener("change", () => chooseTheme(select.value));
}
