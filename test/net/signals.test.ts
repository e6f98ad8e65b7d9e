import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePorts, type Pace, type Program, Programs } from "../interop/programs.js";
import { Scene, until } from "./scene.js";

const pace: Pace = { messages: 60, everyMs: 500, livenessMs: 1_000 };
const ts = "1731234567.5";
const scene = new Scene();
afterEach(() => scene.clear());

describe("a network of processes", () => {
  const programs = new Programs();
  const seeds: Program[] = [];
  const peers: Program[] = [];
  afterAll(() => programs.end());

  beforeAll(async () => {
    const ports = await freePorts(8);
    for (const port of ports.slice(0, 3)) seeds.push(await programs.seed("ours", port));
    for (const port of ports.slice(3)) peers.push(await programs.peer("ours", port, seeds, pace));
    await until(() => peers.every((peer) => peer.told("joined").length > 0), "all have joined");
  });

  test("a forged death report removes nobody alive, nor do a thousand of them", async () => {
    const accused = peers[1]!;
    const report = `Dead Node:${accused.address}:${ts}:127.0.0.1`;
    for (const seed of seeds) {
      for (let batch = 0; batch < 10; batch++) {
        await Promise.all(Array.from({ length: 50 }, () => scene.ask(seed.port, report)));
      }
      await scene.ask(seed.port, report.repeat(500));
    }
    const asked = () => seeds.filter((seed) => seed.listed().includes(accused.address));
    await until(() => asked().every((seed) => seed.told("kept").length > 0), "the seeds have asked the accused");
    await sleep(500);
    expect(asked()).toHaveLength(2);
    for (const seed of seeds) {
      expect(seed.told("reported")).toHaveLength(1_000);
      expect(seed.told("removed")).toEqual([]);
    }
    for (const seed of asked()) {
      // However often it says so, it is one reporter.
      expect(new Set(seed.told("kept").map(({ reporters }) => reporters))).toEqual(new Set([1]));
      expect((await scene.ask(seed.port, "0.0.0.0:9")).split(",")).toContain(accused.address);
    }
    for (const peer of peers) expect(peer.told("dead")).toEqual([]);
  });

  test("a stopped neighbor is dead after three silences, all other tests go on in time; it comes back when it goes on", async () => {
    const victim = peers[2]!;
    const others = peers.filter((peer) => peer !== victim);
    const isAbout = (event: { readonly [field: string]: unknown }) => event.peer === victim.address;
    const linkedTo = (peer: Program) => {
      const changes = peer.events().filter((event) => isAbout(event) && /^(un)?linked$/.test(event.event));
      return changes.at(-1)?.event === "linked";
    };
    await until(() => others.some(linkedTo), "somebody is linked to it");
    const neighbors = others.filter(linkedTo);
    const stoppedAt = Date.now();
    victim.kill("SIGSTOP");
    const since = (peer: Program, type: string) => {
      return peer.told(type).filter((event) => isAbout(event) && Date.parse(event.time) >= stoppedAt);
    };
    await until(
      () => neighbors.every((peer) => since(peer, "dead").length > 0),
      "all its neighbors say that it is dead",
    );
    for (const peer of neighbors) {
      expect(since(peer, "silent").map(({ silences }) => silences)).toEqual([1, 2, 3]);
      const afterMs = Date.parse(since(peer, "dead")[0]!.time) - stoppedAt;
      // The first test may be just over: then three whole rounds pass, and the last test waits for its time limit.
      expect(afterMs).toBeGreaterThan(2 * pace.livenessMs);
      expect(afterMs).toBeLessThan(3 * pace.livenessMs + 750 + 1_500);
    }
    await until(() => seeds.every((seed) => !seed.listed().includes(victim.address)), "it is off every list");
    await sleep(1_000);
    for (const peer of others) expect(longestSilence(peer, victim, stoppedAt)).toBeLessThan(2 * pace.livenessMs);
    for (const peer of others) expect(peer.told("dead").filter((event) => !isAbout(event))).toEqual([]);

    victim.kill("SIGCONT");
    await until(
      () => seeds.filter((seed) => seed.listed().includes(victim.address)).length >= 2,
      "it is registered again",
    );
    await until(() => others.some(linkedTo), "it is linked again");
    expect(victim.told("was-away")).not.toEqual([]);
    const missed = victim.heard().length;
    await until(() => victim.heard().length >= missed + 5, "it hears gossip again");
    for (const program of programs.all) expect(program.isRunning, program.address).toBe(true);
  });
});

test("a stopped seed does not hold up a peer's start: another is asked in its place", async () => {
  const programs = new Programs();
  try {
    const seeds: Program[] = [];
    for (const port of await freePorts(3)) seeds.push(await programs.seed("ours", port));
    const [stopped, ...going] = seeds as [Program, ...Program[]];
    stopped.kill("SIGSTOP");
    const startedAt = performance.now();
    const addresses = seeds.map(({ address }) => address);
    const stages = await Promise.all([1, 2, 3, 4].map((randomSeed) => scene.peer(addresses, { randomSeed })));
    await until(() => stages.every(({ peer }) => peer.joined), "all have joined");
    const both = ({ address }: { address: string }) => going.every((seed) => seed.listed().includes(address));
    await until(() => stages.every(both), "all are registered with a majority");
    // One time limit of an exchange, 3 s, and what the machine may take.
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    expect(stages.filter(({ warnings }) => /does not answer/.test(warnings.join())).length).toBeGreaterThan(0);
    for (const { warnings } of stages) for (const line of warnings) expect(line).toContain(stopped.address);
  } finally {
    await programs.end();
  }
});

/** The longest time, from `since` on, in which a peer has had no answer from one of the neighbors it had all the while. */
function longestSilence(peer: Program, except: Program, since: number): number {
  const answers = new Map<unknown, number[]>();
  for (const event of peer.events()) {
    if (event.peer === except.address) continue;
    if (event.event === "unlinked") answers.delete(event.peer);
    else if (event.event === "linked") answers.set(event.peer, [Math.max(since, Date.parse(event.time))]);
    else if (event.event === "alive" && Date.parse(event.time) >= since) {
      answers.get(event.peer)?.push(Date.parse(event.time));
    }
  }
  const times = [...answers.values()].map((list) => [...list, Date.now()]);
  return Math.max(...times.flatMap((list) => list.slice(1).map((time, index) => time - list[index]!)));
}
