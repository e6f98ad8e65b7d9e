/** Dark or light: as the system says, until somebody says otherwise on this page. */
import { effect, signal } from "@preact/signals";
import type { Theme } from "./palette.js";

const place = "hearsay-theme";
const system = matchMedia("(prefers-color-scheme: light)");

/** The look of the page. */
export const theme = signal<Theme>(kept() ?? systemTheme());

system.addEventListener("change", () => {
  if (kept() === undefined) theme.value = systemTheme();
});
effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

/** The other look, from now on and the next time. */
export function toggleTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(place, theme.value);
  } catch {
    // Storage is switched off: it lasts until the page is closed.
  }
}

function kept(): Theme | undefined {
  try {
    const value = localStorage.getItem(place);
    return value === "dark" || value === "light" ? value : undefined;
  } catch {
    return undefined;
  }
}

function systemTheme(): Theme {
  return system.matches ? "light" : "dark";
}
