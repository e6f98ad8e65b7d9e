import { expect } from "vitest";
import { seededRuns } from "../seeded.js";
import { FaultSchedule } from "./fault-schedule.js";

const runs = process.env.HEARSAY_LONG ? 1_000 : 8;
/** After the last fault. */
const settleMs = 10_000;

seededRuns("directories are equal, and true, ten seconds after any faults end", runs, (randomSeed) => {
  const schedule = new FaultSchedule(randomSeed);
  const { world } = schedule;
  schedule.run();
  world.network.run(settleMs);
  expect(world.complaints()).toEqual([]);
  expect(schedule.longDeaths()).toEqual([]);
});
