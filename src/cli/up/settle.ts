/** Waits for what is on its way in a local network. */
import { setTimeout as sleep } from "node:timers/promises";
import { now } from "../../net/clock.js";
import type { LocalNetwork } from "./local-network.js";

/** Waits until every expected delivery has happened, none has for `quietMs`, or `limitMs` are over. */
export async function settle(network: LocalNetwork, quietMs: number, limitMs: number): Promise<void> {
  const until = now() + limitMs;
  let { missing } = network.counts();
  let quietUntil = now() + quietMs;
  while (missing > 0 && now() < Math.min(until, quietUntil)) {
    await sleep(10);
    const left = network.counts().missing;
    if (left !== missing) quietUntil = now() + quietMs;
    missing = left;
  }
}
