import { describe, expect, test } from "vitest";
import { Islands } from "../../../src/core/directory/islands.js";
import { runScenario } from "../../../src/sim/scenario/run.js";
import { scenario } from "../../../src/sim/scenario/scenario.js";

describe("parts that know of each other and have no link between them", () => {
  test("are noticed when three random peers in a row have another directory, and nothing is new here", () => {
    const islands = new Islands();
    islands.changed(0);
    expect([1_000, 2_000, 2_900].map((now) => islands.compared(now, false))).toEqual([false, false, false]);
    expect([4_000, 6_000, 8_000].map((now) => islands.compared(now, false))).toEqual([false, false, true]);
    expect([10_000, 12_000].map((now) => islands.compared(now, false))).toEqual([false, false]);
    islands.compared(13_000, true);
    expect([14_000, 16_000].map((now) => islands.compared(now, false))).toEqual([false, false]);
  });

  test.each([8, 18, 19])("become one, where many have joined at once without a seed (random seed %i)", (randomSeed) => {
    const storm = scenario({
      ...{ randomSeed, peers: 32, seeds: 0, joinEveryMs: 5, forMs: 20_000, calmMs: 10_000 },
      network: { latency: { kind: "uniform", minMs: 10, maxMs: 50 }, lossRate: 0.05 },
      workload: { everyMs: 0, bytes: 0, from: "random" },
    });
    expect(runScenario(storm).violations.filter(({ promise }) => promise === "overlay connected")).toEqual([]);
  });
});
