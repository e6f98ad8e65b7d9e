/** Which protocol a new connection speaks. One port serves both; whoever dials speaks first, and is answered in kind. */
import type { Dialect } from "../core/effects.js";
import { preambleMagic } from "./native/preamble.js";

export type { Dialect } from "../core/effects.js";

/** The most bytes that {@link dialectOf} needs for its answer. */
export const dialectBytes: number = preambleMagic.length;

/**
 * Tells from the first bytes of a connection who speaks. `unknown-yet`: they are too few, ask again with more of them
 * (from the first byte on; nothing is consumed). Everything but the preamble is `classic`, whose reader refuses what is no
 * text. A preamble of another version is `native`, whose reader refuses it by name.
 */
export function dialectOf(bytes: Uint8Array): Dialect | "unknown-yet" {
  for (const [index, expected] of preambleMagic.entries()) {
    if (index >= bytes.length) return "unknown-yet";
    if (bytes[index] !== expected) return "classic";
  }
  return "native";
}
