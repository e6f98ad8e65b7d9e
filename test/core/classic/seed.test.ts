import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../../src/core/address.js";
import type { ClassicMessage } from "../../../src/core/classic/message.js";
import type { SeedEvent } from "../../../src/core/seed/seed.js";
import { seededRuns } from "../../seeded.js";
import { OriginalPeerCore } from "./originals.js";
import { ClassicWorld, type SimSeed } from "./world.js";

const secondMs = 1_000;

function eventsOf(seed: SimSeed, type: SeedEvent["type"]) {
  return seed.events.filter(({ event }) => event.type === type);
}

function startOriginal(world: ClassicWorld, text: string) {
  return world.network.start(parseAddress(text)!, (effects) => new OriginalPeerCore(effects));
}

function deathReport(dead: Address): ClassicMessage {
  return { type: "death-report", dead, timestamp: "1700000000.5", reporterIp: "10.9.9.9" };
}

describe("a seed", () => {
  test("answers with the list in order of arrival, the asker last, by the connection's IP and the text's port", () => {
    const world = new ClassicWorld(1);
    world.startSeeds(1);
    const seed = world.seeds[0]!.address;
    const asker = (ip: string, port: number) => {
      const original = startOriginal(world, `${ip}:${port}`);
      original.call((core) => core.say(seed, { type: "registration", address: parseAddress(`0.0.0.0:${port}`)! }));
      world.network.run(secondMs);
      return original.core.received;
    };
    expect(asker("10.3.0.1", 7001)).toEqual([{ type: "peer-list", peers: ["10.3.0.1:7001"] }]);
    expect(asker("10.3.0.2", 7002)).toEqual([{ type: "peer-list", peers: ["10.3.0.1:7001", "10.3.0.2:7002"] }]);
    expect(asker("10.3.0.3", 7003)).toEqual([
      { type: "peer-list", peers: ["10.3.0.1:7001", "10.3.0.2:7002", "10.3.0.3:7003"] },
    ]);
  });

  test("lists a peer that registers again once, and last", () => {
    const world = new ClassicWorld(1);
    world.startSeeds(1);
    const seed = world.seeds[0]!;
    const originals = [1, 2].map((i) => startOriginal(world, `10.3.0.${i}:700${i}`));
    for (const i of [0, 1, 0]) {
      originals[i]!.call((core) =>
        core.say(seed.address, { type: "registration", address: parseAddress(`10.3.0.${i + 1}:700${i + 1}`)! }),
      );
      world.network.run(secondMs);
    }
    expect(originals[0]!.core.received.at(-1)).toEqual({
      type: "peer-list",
      peers: ["10.3.0.2:7002", "10.3.0.1:7001"],
    });
    expect(seed.process.core.peers()).toEqual(["10.3.0.1:7001", "10.3.0.2:7002"]);
    expect(eventsOf(seed, "registered")).toHaveLength(2);
  });

  test("keeps an original that never renews as long as it answers, and lets it go when it is gone", () => {
    const world = new ClassicWorld(1);
    world.startSeeds(1);
    const seed = world.seeds[0]!;
    const original = startOriginal(world, "10.3.0.1:7001");
    original.call((core) => core.say(seed.address, { type: "registration", address: parseAddress("10.3.0.1:7001")! }));
    world.network.run(600 * secondMs);
    expect(seed.process.core.peers()).toEqual(["10.3.0.1:7001"]);
    original.crash();
    world.network.run(30 * secondMs);
    expect(seed.process.core.peers()).toEqual([]);
  });

  seededRuns("a forged death report removes nobody alive, however often it is sent", 10, (randomSeed) => {
    const world = new ClassicWorld(randomSeed);
    world.startSeeds(3);
    world.startPeers(6, 300);
    world.network.run(5 * secondMs);
    const forger = startOriginal(world, "10.9.9.9:6666");
    for (let i = 0; i < 200; i++) {
      const victim = world.peers[world.random.below(6)]!.address;
      forger.call((core) => core.say(world.seeds[i % 3]!.address, deathReport(victim)));
      world.network.run(100);
    }
    world.network.run(10 * secondMs);
    for (const seed of world.seeds) {
      expect(eventsOf(seed, "removed")).toEqual([]);
      expect(eventsOf(seed, "kept").length).toBeGreaterThan(0);
    }
  });

  test("a forged report against a peer that is stopped for a second removes nobody", () => {
    const world = new ClassicWorld(3);
    world.startSeeds(1);
    world.startPeers(3, 0);
    world.network.run(5 * secondMs);
    const victim = world.peers[0]!;
    victim.process.freeze();
    const forger = startOriginal(world, "10.9.9.9:6666");
    forger.call((core) => core.say(world.seeds[0]!.address, deathReport(victim.address)));
    world.network.run(secondMs);
    victim.process.thaw();
    world.network.run(10 * secondMs);
    expect(world.seeds[0]!.process.core.peers()).toContain(victim.address);
    expect(eventsOf(world.seeds[0]!, "kept")).toHaveLength(1);
  });

  test("a report of a peer that refuses connections is confirmed at once", () => {
    const world = new ClassicWorld(4, { peer: { probeIntervalMs: 3_600_000 } });
    world.startSeeds(1);
    world.startPeers(3, 0);
    world.network.run(5 * secondMs);
    world.peers[0]!.process.crash();
    const reporter = startOriginal(world, "10.9.9.9:6666");
    reporter.call((core) => core.say(world.seeds[0]!.address, deathReport(world.peers[0]!.address)));
    world.network.run(500);
    expect(world.seeds[0]!.process.core.peers()).not.toContain(world.peers[0]!.address);
  });

  test("a report of somebody who is not on the list is noted and changes nothing", () => {
    const world = new ClassicWorld(5);
    world.startSeeds(1);
    const reporter = startOriginal(world, "10.9.9.9:6666");
    reporter.call((core) => core.say(world.seeds[0]!.address, deathReport(parseAddress("10.8.8.8:1")!)));
    world.network.run(secondMs);
    expect(world.seeds[0]!.events.map(({ event }) => event)).toMatchObject([{ type: "reported", known: false }]);
  });

  seededRuns("a killed peer has left every seed's list 45 s later, and a stopped one too", 10, (randomSeed) => {
    const world = new ClassicWorld(randomSeed);
    world.startSeeds(5);
    world.startPeers(8, 300);
    world.network.run((15 + world.random.below(20)) * secondMs);
    const [killed, stopped] = [world.peers[1]!, world.peers[5]!];
    killed.process.crash();
    stopped.process.freeze();
    world.network.run(45 * secondMs);
    for (const seed of world.seeds) {
      expect(seed.process.core.peers()).not.toContain(killed.address);
      expect(seed.process.core.peers()).not.toContain(stopped.address);
    }
  });

  seededRuns("a restarted seed knows everybody again within one renewal", 10, (randomSeed) => {
    const world = new ClassicWorld(randomSeed);
    world.startSeeds(3);
    world.startPeers(10, 300);
    world.network.run(30 * secondMs);
    const seed = world.seeds[0]!;
    const before = seed.process.core.peers().sort();
    seed.process.crash();
    world.network.run(world.random.below(60) * secondMs);
    world.startSeed(seed.address);
    world.network.run(11 * secondMs);
    for (const peer of before) expect(seed.process.core.peers()).toContain(peer);
  });

  test("never sends more than 10,240 bytes: a large network is answered with a sample, the asker last", () => {
    const world = new ClassicWorld(6, { seed: { leaseMs: 3_600_000 } });
    world.startSeeds(1);
    const seed = world.seeds[0]!;
    const original = startOriginal(world, "10.3.0.1:7001");
    for (let port = 1; port <= 2_000; port++) {
      original.call((core) =>
        core.say(seed.address, { type: "registration", address: parseAddress(`0.0.0.0:${port}`)! }),
      );
      world.network.run(100);
    }
    world.network.run(secondMs);
    const last = original.core.received.at(-1);
    if (last?.type !== "peer-list") throw new Error("no list");
    expect(last.peers.join(",").length).toBeLessThanOrEqual(10_240);
    expect(last.peers.join(",").length).toBeGreaterThan(10_200);
    expect(last.peers.at(-1)).toBe("10.3.0.1:2000");
    expect(new Set(last.peers).size).toBe(last.peers.length);
  });

  test("turns away what is for peers", () => {
    const world = new ClassicWorld(7);
    world.startSeeds(1);
    const original = startOriginal(world, "10.3.0.1:7001");
    original.call((core) =>
      core.say(world.seeds[0]!.address, { type: "connect-request", from: "10.3.0.1:7001" as Address }),
    );
    world.network.run(secondMs);
    expect(world.seeds[0]!.events.map(({ event }) => event)).toMatchObject([
      { type: "refused", what: "connect-request", why: "unexpected" },
    ]);
    expect(original.core.received).toEqual([]);
  });

  test("bounds its registrations, and says so", () => {
    const world = new ClassicWorld(8, { seed: { registrationsMax: 2 } });
    world.startSeeds(1);
    const original = startOriginal(world, "10.3.0.1:7001");
    for (const port of [1, 2, 3]) {
      original.call((core) =>
        core.say(world.seeds[0]!.address, { type: "registration", address: parseAddress(`0.0.0.0:${port}`)! }),
      );
      world.network.run(secondMs);
    }
    expect(world.seeds[0]!.process.core.size).toBe(2);
    expect(world.seeds[0]!.events.at(-1)?.event).toMatchObject({ type: "refused", why: "registrations-full" });
  });
});
