/** Hops as they happen, for whoever draws them: too many a second to be state. */
import type { StreamEvent } from "../../src/http/schemas.js";

/** One hop of one message. */
export type HopEvent = Extract<StreamEvent, { type: "hop" }>;

const watchers = new Set<(hop: HopEvent) => void>();

/** Calls with every hop from now on, until what is returned is called. */
export function onHop(watcher: (hop: HopEvent) => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** A hop has happened. */
export function hopHappened(hop: HopEvent): void {
  for (const watcher of watchers) watcher(hop);
}
