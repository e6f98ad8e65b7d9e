/** How a local network's run ends: in one line, or one object. */
import type { LocalNetwork } from "./local-network.js";
import type { Counts } from "./tally.js";

/** The object in the last line of `up --json`. */
export interface Summary extends Counts {
  readonly seeds: number;
  /** All that were started, killed ones included. */
  readonly peers: number;
}

/** The summary of a network as it is now, its keys in the documented order. */
export function summaryOf(seeds: number, network: LocalNetwork): Summary {
  const { messages, expected, delivered, missing, duplicates } = network.counts();
  return { seeds, peers: network.peerCount, messages, expected, delivered, missing, duplicates };
}

/** `8 peers · 80 messages · 560 of 560 deliveries · 0 missing`, and what else is worth a word. */
export function summaryLine(summary: Summary, network: { living(): readonly string[] }): string {
  const { peers, messages, expected, delivered, missing, duplicates } = summary;
  const killed = peers - network.living().length;
  const parts = [
    `${peers} ${peers === 1 ? "peer" : "peers"}${killed > 0 ? ` (${killed} killed)` : ""}`,
    `${messages} ${messages === 1 ? "message" : "messages"}`,
    `${delivered} of ${expected} deliveries`,
    `${missing} missing`,
  ];
  if (duplicates > 0) parts.push(`${duplicates} duplicates`);
  return parts.join(" · ");
}
