import { afterEach, describe, expect, test } from "vitest";
import { Actors, type Kind, type Played } from "./actors.js";
import { Crossings } from "./crossings.js";
import { lackingOf, started, untilAll } from "./played.js";

const isLong = Boolean(process.env.HEARSAY_LONG);
/** How long everybody may take to have everything, from the mending on. */
const healMs = 5_000;

type Scene = readonly [partMs: number, links: "silent" | "broken", peers?: number];

describe.each<Kind>(["in one process", "as processes"])("peers %s", (kind) => {
  const actors = new Actors(kind);
  const crossings = new Crossings();
  afterEach(async () => {
    await actors.clear();
    crossings.clear();
  });

  const short: Scene = kind === "as processes" ? [5_000, "silent"] : [3_000, "broken"];
  const long: readonly Scene[] = [
    [30_000, "silent"],
    [30_000, "broken"],
    [30_000, "broken", 20],
  ];
  const scenes = (isLong ? long : [short]).map(([partMs, links, peers = 12]) => ({ peers, partMs, links }));
  test.each(scenes)(
    "$peers, parted for $partMs ms by $links links: 5 s after, everybody has everything",
    async (scene) => {
      const played = await started(actors, scene.peers, { crossings });
      const half = scene.peers / 2;
      const sides = [played.slice(0, half), played.slice(half)] as const;
      await Promise.all(played.map((one) => one.stream({ rate: 1_000, forMs: 2, payloadBytes: 100 })));
      const before = new Map(played.map(({ id }) => [id, 2]));
      await untilAll(played, (report) => lackingOf(report, before) === 0, "before the partition");
      crossings.part(
        sides.map((side) => side.map(({ address }) => address)),
        scene.links,
      );
      const streamed = await Promise.all(
        played.map((one) => one.stream({ rate: 10, forMs: scene.partMs, payloadBytes: 100 })),
      );
      // Whoever had all neighbors on the other side may wait in vain for an acknowledgement. What it has sent counts.
      const due = await ownOf(played);
      for (const [index, { id }] of played.entries()) {
        expect(due.get(id)).toBeGreaterThanOrEqual(2 + streamed[index]!.published);
      }
      for (const [index, side] of sides.entries()) {
        const others = sides[1 - index]!.map(({ id }) => id);
        for (const one of side) {
          const { origins } = await one.report();
          const crossed = origins.filter(({ origin, last }) => others.includes(origin.split("/")[0]!) && last > 2);
          expect(crossed, "the partition holds").toEqual([]);
        }
      }
      crossings.mend();
      const mendedAt = performance.now();
      await untilAll(played, (report) => lackingOf(report, due) === 0, "healed", 3 * healMs);
      const tookMs = performance.now() - mendedAt;
      const failed = streamed.flatMap((one) => Object.entries(one.failed));
      if (isLong) console.log(JSON.stringify({ kind, ...scene, healedInMs: Math.round(tookMs), failed }));
      for (const one of played) {
        const { faults, gaps } = await one.report();
        expect({ faults, gaps }).toEqual({ faults: [], gaps: [] });
      }
      expect(tookMs).toBeLessThan(healMs);
    },
    120_000,
  );
});

/** How many messages each has published, by what it has heard of itself. */
async function ownOf(played: readonly Played[]): Promise<Map<string, number>> {
  const reports = await Promise.all(played.map((one) => one.report()));
  const counts = played.map(({ id }, index) => {
    return reports[index]!.origins.find(({ origin }) => origin.startsWith(id))?.count ?? 0;
  });
  return new Map(played.map(({ id }, index) => [id, counts[index]!]));
}
