import { describe, expect, test } from "vitest";
import { worldRegions } from "../../src/sim/scenario/latency.js";
import { ScenarioRun } from "../../src/sim/scenario/run.js";
import { at, corrupt, count, type ScenarioParts, scenario, slow, type Who } from "../../src/sim/scenario/scenario.js";
import type { TraceLine } from "../../src/sim/scenario/trace-lines.js";

/** Everybody that anybody was told is dead, while these accuse everybody, in their own and in others' names, twice a second. */
function deathsAmong(
  peers: number,
  liars: Who,
  randomSeed: number,
  more: ScenarioParts = {},
): { readonly deaths: TraceLine[]; readonly suspicions: number } {
  const deaths: TraceLine[] = [];
  let suspicions = 0;
  const run = new ScenarioRun(
    scenario({
      randomSeed,
      peers,
      forMs: 60_000,
      calmMs: 0,
      workload: { everyMs: 0, bytes: 0, from: "random" },
      ...more,
      steps: [at(10_000, corrupt(liars, "false-accuser")), ...(more.steps ?? [])],
    }),
    {
      trace: (line) => {
        if (line.event === "dead") deaths.push(line);
        if (line.event === "suspect") suspicions++;
      },
    },
  );
  run.toEnd();
  const harmful = new Set(run.lives.filter(({ misdeed }) => misdeed !== undefined).map(({ number }) => number));
  expect(harmful.size).toBeGreaterThan(0);
  return { deaths: deaths.filter(({ peer }) => !harmful.has(peer)), suspicions };
}

describe("accusations that are made up", () => {
  test.each([1, 2, 3])(
    "by one peer, in many names: everybody refutes, and nobody is dead (random seed %i)",
    (randomSeed) => {
      const { deaths, suspicions } = deathsAmong(10, count(1), randomSeed);
      expect(suspicions).toBeGreaterThan(50);
      expect(deaths).toEqual([]);
    },
  );

  const worldwide: ScenarioParts = { network: { latency: worldRegions, lossRate: 0 } };
  test.each([5, 8, 10])("by one, and those who refute are an ocean away: the same (random seed %i)", (randomSeed) => {
    expect(deathsAmong(17, count(1), randomSeed, worldwide).deaths).toEqual([]);
  });

  const slowRelays: ScenarioParts = {
    steps: [at(20_000, slow(count(2), 10, 30_000))],
    config: { overlay: { activeViewMax: 3, passiveViewMax: 6 } },
  };
  test.each([1, 3, 30, 37])(
    "by one, and those who pass refutations on are slow: the same (random seed %i)",
    (randomSeed) => {
      expect(deathsAmong(16, count(1), randomSeed, slowRelays).deaths).toEqual([]);
    },
  );

  test.each([1, 2, 3])("by a third of all, who observe the others: the same (random seed %i)", (randomSeed) => {
    const { deaths, suspicions } = deathsAmong(12, count(4), randomSeed);
    expect(suspicions).toBeGreaterThan(100);
    expect(deaths).toEqual([]);
  });
});
