import { describe, expect, test } from "vitest";
import { ScenarioRun } from "../../src/sim/scenario/run.js";
import {
  at,
  corrupt,
  crash,
  cut,
  freeze,
  partition,
  type Step,
  scenario,
  share,
  these,
} from "../../src/sim/scenario/scenario.js";
import { Chronicle } from "../../web/playground/chronicle.js";
import { ClassicTwin } from "../../web/playground/classic-twin.js";

/** A run of eight, as far as this time, with what the playground makes of it. */
function played(steps: readonly Step[], until: number): { chronicle: Chronicle; twin: ClassicTwin } {
  const chosen = scenario({ peers: 8, forMs: 40_000, workload: { everyMs: 500 }, steps });
  const chronicle = new Chronicle();
  const twin = new ClassicTwin(chosen);
  const run = new ScenarioRun(chosen, {
    trace: (line) => {
      chronicle.line(line);
      twin.follow(line);
    },
  });
  run.to(until);
  twin.to(until);
  return { chronicle, twin };
}

function sidesOf(chronicle: Chronicle): number[] {
  const sides = new Uint8Array(8);
  chronicle.statusesInto(new Uint8Array(8), new Float32Array(8), sides);
  return [...sides];
}

function statusesOf(chronicle: Chronicle): number[] {
  const into = new Uint8Array(8);
  chronicle.statusesInto(into, new Float32Array(8), new Uint8Array(8));
  return [...into];
}

describe("what the playground makes of a run", () => {
  test("a partition with a length ends, in both networks", () => {
    const steps = [at(10_000, partition(these(1, 2), 5_000))];
    const during = played(steps, 14_000);
    for (const { chronicle } of [during, during.twin]) expect(sidesOf(chronicle)).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
    const after = played(steps, 16_000);
    for (const { chronicle } of [after, after.twin]) {
      expect(sidesOf(chronicle)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      expect(chronicle.remarks.map(({ text }) => text)).toContain("the parts are one again");
    }
  });

  test("what flooders say is neither expected nor counted", () => {
    const { chronicle, twin } = played([at(5_000, corrupt(these(3), "flooder"))], 30_000);
    expect(chronicle.published).toBeGreaterThan(50);
    expect(chronicle.published).toBeLessThan(62);
    expect(chronicle.delivered).toBeLessThanOrEqual(chronicle.expected);
    expect(chronicle.delivered).toBeGreaterThan(0.9 * chronicle.expected);
    expect(twin.chronicle.published).toBe(chronicle.published);
  });

  test("whoever is killed while stopped is killed in both", () => {
    const { chronicle, twin } = played([at(8_000, freeze(these(3), 20_000)), at(9_000, crash(these(3)))], 9_100);
    expect(statusesOf(twin.chronicle)[2]).toBe(statusesOf(chronicle)[2]);
    const stopped = played([at(8_000, freeze(these(3), 20_000))], 9_100);
    expect(statusesOf(stopped.chronicle)[2]).not.toBe(statusesOf(chronicle)[2]);
  });

  test("ways are cut in both", () => {
    const { twin } = played([at(10_000, cut(share(1), these(5)))], 20_000);
    const flights = twin.takeFlights();
    const arrivals: number[] = [];
    for (let i = 0; i < flights.length; i += 5) if (flights[i + 1] === 5) arrivals.push(flights[i + 3]!);
    expect(arrivals.some((at) => at < 10_000)).toBe(true);
    // What was under way arrives.
    expect(arrivals.filter((at) => at > 10_200)).toEqual([]);
  });
});
