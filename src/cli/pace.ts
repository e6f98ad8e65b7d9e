/** From the few times that a person gives to the many that a peer needs. */
import { type ClassicPeerConfig, classicPeerDefaults } from "../core/classic/config.js";

/** The liveness of a peer with a round every `livenessMs`: one test must be over before the next round. */
export function peerPace(livenessMs: number): Partial<ClassicPeerConfig> {
  const probeTimeoutMs = Math.min(classicPeerDefaults.probeTimeoutMs, Math.ceil(livenessMs * 0.75));
  return { probeIntervalMs: livenessMs, probeTimeoutMs };
}

/** Share of `--for` in which messages are published; the rest is for those still on the way. */
const publishingShare = 0.8;

/**
 * From one message of a peer to its next, in milliseconds. As asked for, if it was; else `defaultMs`, or shorter, so
 * that every peer's messages fit into the first four fifths of the time the network runs.
 */
export function publishInterval(order: {
  readonly everyMs: number | undefined;
  readonly defaultMs: number;
  readonly messages: number;
  readonly forMs: number | undefined;
}): number {
  const { everyMs, defaultMs, messages, forMs } = order;
  if (everyMs !== undefined) return everyMs;
  if (forMs === undefined || messages === 0 || messages * defaultMs <= forMs - drainMarginMs) return defaultMs;
  return Math.min(defaultMs, Math.max(1, Math.floor((forMs * publishingShare) / messages)));
}

/** What must be left of `--for` after the last message at the default pace. */
const drainMarginMs = 2_000;

/**
 * How many messages of each peer fit in: the last peer begins `(peers - 1) / peers` of an interval after the first.
 */
export function messagesThatFit(order: {
  readonly intervalMs: number;
  readonly messages: number;
  readonly peers: number;
  readonly forMs: number | undefined;
}): number {
  const { intervalMs, messages, peers, forMs } = order;
  if (forMs === undefined) return messages;
  const lastOffset = (intervalMs * (peers - 1)) / peers;
  if (forMs < lastOffset) return 0;
  return Math.min(messages, Math.floor((forMs - lastOffset) / intervalMs) + 1);
}
