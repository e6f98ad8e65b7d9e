/** The time, as often as it is worth showing. */
import { signal } from "@preact/signals";

/** Milliseconds since 1970, by this machine's clock; changes once a second while the page can be seen. */
export const now = signal(Date.now());

setInterval(() => {
  if (document.visibilityState === "visible") now.value = Date.now();
}, 1_000);
