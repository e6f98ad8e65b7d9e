/**
 * Networks, faults and workload drawn from a number each: all promises are kept. More of them with `HEARSAY_LONG=1`, and
 * any with `hearsay sim --swarm`.
 */
import { describe, expect } from "vitest";
import { runScenario } from "../../src/sim/scenario/run.js";
import { swarmScenario } from "../../src/sim/scenario/swarm.js";
import { seededRuns } from "../seeded.js";

const runs = process.env.HEARSAY_LONG ? 3_000 : 10;

describe("the swarm", () => {
  seededRuns("breaks no promise", runs, (randomSeed) => {
    const { violations } = runScenario(swarmScenario(randomSeed));
    const again = `hearsay sim --swarm 1 --random-seed ${randomSeed}`;
    expect(violations, `the same in a terminal, with what contradicts it: ${again}`).toEqual([]);
  });
});
