/** The look: as the system likes it, until somebody says otherwise. */
import type { Theme } from "./palette.js";

const key = "hearsay-theme";

/** The look that was chosen before, or the system's. */
export function initialTheme(): Theme {
  const kept = remembered();
  if (kept === "dark" || kept === "light") return kept;
  return window.matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

/** Shows a look, and remembers it. */
export function applyTheme(theme: Theme, isChosen: boolean): void {
  document.documentElement.dataset.theme = theme;
  if (!isChosen) return;
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Where nothing may be kept, the next visit begins with the system's look.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
