/** What scenarios with many peers have in common. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ActorStart, Report, Sayings } from "./actor.js";
import type { Actors, Played } from "./actors.js";
import type { Crossings } from "./crossings.js";

/** Starts a network: all join through the first, and each has a few neighbors when this returns. */
export async function started(
  actors: Actors,
  count: number,
  options: Partial<ActorStart> & { readonly crossings?: Crossings } = {},
): Promise<Played[]> {
  const first = await actors.start([], options);
  await first.join();
  const others = await Promise.all(Array.from({ length: count - 1 }, () => actors.start([first.address], options)));
  for (const other of others) await other.join();
  const played = [first, ...others];
  const enough = Math.min(2, count - 1);
  await untilAll(played, ({ neighbors }) => neighbors.length >= enough, "all have neighbors");
  return played;
}

/** Waits until all reports are as they should be. */
export async function untilAll(
  played: readonly Played[],
  isAsDue: (report: Report) => boolean,
  what: string,
  limitMs = 20_000,
): Promise<Report[]> {
  const deadline = performance.now() + limitMs;
  while (true) {
    const reports = await Promise.all(played.map((one) => one.report()));
    const late = reports.filter((report) => !isAsDue(report));
    if (late.length === 0) return reports;
    if (performance.now() > deadline) {
      const [{ origins, ...first }] = late as [Report];
      const shown = JSON.stringify({ ...first, origins: origins.slice(0, 20) }, undefined, 1);
      throw new Error(`not in ${limitMs} ms: ${what}; ${late.length} of ${played.length} are not, such as ${shown}`);
    }
    await sleep(50);
  }
}

/** Waits until all say of the others what they should. */
export async function untilAllSay(
  played: readonly Played[],
  isAsDue: (said: Sayings) => boolean,
  what: string,
  limitMs = 20_000,
): Promise<Sayings[]> {
  const deadline = performance.now() + limitMs;
  while (true) {
    const all = await Promise.all(played.map((one) => one.sayings()));
    if (all.every(isAsDue)) return all;
    if (performance.now() > deadline) {
      const late = all.filter((one) => !isAsDue(one));
      const { sayings, peers } = late[0]!;
      const entries = peers.map(({ status, address }) => `${status} ${address}`);
      const shown = JSON.stringify({ entries, sayings: sayings.slice(-20) }, undefined, 1);
      throw new Error(`not in ${limitMs} ms: ${what}; ${late.length} of ${all.length} do not say so, such as ${shown}`);
    }
    await sleep(50);
  }
}

/** How many of these messages it has not heard: numbers 1 to the given one, of each origin. */
export function lackingOf({ origins }: Report, due: ReadonlyMap<string, number>): number {
  const counts = new Map(origins.map(({ origin, count }) => [origin.split("/")[0], count]));
  return [...due].reduce((sum, [id, count]) => sum + Math.max(0, count - (counts.get(id) ?? 0)), 0);
}
