import { describe, expect, test } from "vitest";
import { Pulse } from "../../../src/core/directory/pulse.js";
import { Returns } from "../../../src/core/directory/returns.js";
import { Stillness } from "../../../src/core/directory/stillness.js";
import { type PeerId, parsePeerId } from "../../../src/core/identity.js";
import { ExperimentWorld } from "../../../src/sim/experiments/world.js";
import { runScenario } from "../../../src/sim/scenario/run.js";
import { swarmScenario } from "../../../src/sim/scenario/swarm.js";

function id(number: number): PeerId {
  return parsePeerId(number.toString(16).padStart(32, "0"))!;
}

describe("a pulse", () => {
  test("is due every 10 s, or 40 while it is still, at the peer with the lowest id of those that are there", () => {
    const records = [5, 3, 4].map((number) => ({ id: id(number) }));
    const table = { records: () => records, isPresent: (one: PeerId) => one !== id(3) } as never;
    const stillness = new Stillness();
    stillness.stir(0);
    const pulseOf = (number: number) => new Pulse(id(number), table, stillness);
    const [third, fourth, fifth] = [pulseOf(3), pulseOf(4), pulseOf(5)];
    fourth.start(1_000);
    expect(fourth.nextWake).toBe(11_000);
    expect(fourth.isDue(11_000)).toBe(true);
    expect(fourth.nextWake).toBe(21_000);
    expect(fifth.isDue(11_000)).toBe(false);
    expect(third.isDue(11_000)).toBe(true);
    expect(fourth.isDue(31_000)).toBe(true);
    expect(fourth.nextWake).toBe(71_000);
  });

  test("gets everywhere, and is no news to an application", () => {
    const told: string[] = [];
    const world = new ExperimentWorld(3, {}, { told: (_index, { type }) => told.push(type) });
    world.grow(12, { settleMs: 30_000 });
    const cores = world.peers.map(({ process }) => process.core);
    const lowest = cores.map(({ self }) => self.contact.id).sort()[0]!;
    const before = cores.map((core) => core.peer(lowest)!.incarnation);
    told.length = 0;
    world.network.run(41_000);
    const after = cores.map((core) => core.peer(lowest)!.incarnation);
    expect(new Set(after).size).toBe(1);
    for (const [index, incarnation] of after.entries()) expect(incarnation - before[index]!).toBeGreaterThanOrEqual(1);
    expect(told.filter((type) => ["join", "update", "suspect", "alive", "dead", "leave"].includes(type))).toEqual([]);
  });
});

describe("the end of a partition", () => {
  test("is many returns within ten seconds, one in eight of all, and is told once", () => {
    const returns = new Returns();
    expect(returns.back(0, 80)).toBe(false);
    for (let one = 0; one < 8; one++) expect(returns.back(11_000, 80)).toBe(false);
    expect(returns.back(12_000, 80)).toBe(false);
    expect(returns.back(12_100, 80)).toBe(true);
    expect(returns.back(12_200, 80)).toBe(false);
  });

  test("leaves nobody in a clique of its own", () => {
    expect(runScenario(swarmScenario(403_858)).violations).toEqual([]);
  });
});
