/** Keys that work everywhere on the page. */

import { toggleTheme } from "../graph/theme.js";
import { dock, isHelpOpen, selected, traced, type View, view } from "./state.js";

/** The keys, and what they do. */
export const keys: readonly (readonly [key: string, does: string])[] = [
  ["g", "go to the graph; arrow keys go from peer to peer, + and - zoom, 0 shows all"],
  ["d", "directory"],
  ["l", "timeline"],
  ["m", "messages"],
  ["p", "say something to everybody"],
  ["/", "search the directory"],
  ["t", "dark or light"],
  ["Esc", "close what is open"],
  ["?", "these keys"],
];

/** Listens until what is returned is called. */
export function listenToKeys(): () => void {
  const listener = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target instanceof HTMLInputElement;
    if (event.key === "Escape") close(event.target);
    else if (!isTyping && press(event.key)) event.preventDefault();
  };
  addEventListener("keydown", listener);
  return () => removeEventListener("keydown", listener);
}

/** False when the key means nothing. */
function press(key: string): boolean {
  switch (key) {
    case "?":
      isHelpOpen.value = !isHelpOpen.value;
      return true;
    case "t":
      toggleTheme();
      return true;
    case "g":
      return go("graph", ".graph .canvas");
    case "d":
      return go("directory", ".directory button, .directory input");
    case "l":
      return go("timeline", ".timeline button");
    case "m":
      return go("messages", ".messages button");
    case "p":
      return go("actions", "#publish");
    case "/":
      return go("directory", "#search");
    default:
      return false;
  }
}

/** Shows a part of the page, and goes there. */
function go(part: View, place: string): boolean {
  view.value = part;
  if (part === "directory" || part === "timeline") dock.value = part;
  // It can be gone to when it is shown.
  requestAnimationFrame(() => document.querySelector<HTMLElement>(place)?.focus());
  return true;
}

function close(target: EventTarget | null): void {
  if (isHelpOpen.value) isHelpOpen.value = false;
  else if (target instanceof HTMLInputElement) target.blur();
  else if (selected.value !== undefined) selected.value = undefined;
  else traced.value = undefined;
}
