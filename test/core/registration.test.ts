import { describe, expect, test } from "vitest";
import { seedCapability } from "../../src/core/capabilities.js";
import type { Core, Effects, LinkId } from "../../src/core/effects.js";
import type { Hello } from "../../src/core/message.js";
import { seededRandom } from "../../src/core/random.js";
import { Registration, registrationDefaults } from "../../src/core/registration.js";
import { seededRuns } from "../seeded.js";
import { OriginalSeedCore } from "./classic/originals.js";
import { type AnyMessage, helloOf, idOf, peerAddress, SeedWorld, type SimPeer, seedAddress } from "./seed-world.js";

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** An original that stumbles over what it doesn't understand, and hangs up. */
class StumblingSeedCore extends OriginalSeedCore implements Core<AnyMessage> {
  readonly #close: (link: LinkId) => void;

  constructor(effects: Effects<AnyMessage, never>) {
    super(effects);
    this.#close = (link) => effects.close(link, "misbehaved");
  }

  override receive(now: number, link: LinkId, message: AnyMessage): void {
    if (message.type === "hello") this.#close(link);
    else super.receive(now, link, message as never);
  }
}

function leave(peer: SimPeer): void {
  peer.call((core, now) => core.give(now, (registration) => registration.leave(now)));
}

function ask(peer: SimPeer): void {
  peer.call((core, now) => core.give(now, (registration) => registration.ask(now)));
}

describe("a peer's registrations", () => {
  test.each([1, 2, 3, 4, 5, 6, 7])("stand with a random majority of %i seeds", (count) => {
    const world = new SeedWorld(count);
    world.startSeeds(count);
    const majority = Math.floor(count / 2) + 1;
    for (let i = 0; i < 20; i++) world.startPeer(i);
    world.network.run(2 * secondMs);
    const choices = world.peers.map((peer) => world.holding(peer.address));
    for (const [i, peer] of world.peers.entries()) {
      expect(choices[i]).toHaveLength(majority);
      const { answering, majority: wanted, settled } = peer.core.registration;
      expect({ answering, wanted, settled }).toEqual({ answering: majority, wanted: majority, settled: true });
    }
    for (const one of choices) for (const other of choices) expect(one.some((seed) => other.includes(seed))).toBe(true);
    if (count > majority) expect(new Set(choices.map(String)).size).toBeGreaterThan(1);
  });

  seededRuns("reach a majority whenever there is one, whichever seeds are down or stopped", 40, (randomSeed) => {
    const world = new SeedWorld(randomSeed);
    world.startSeeds(5);
    const [one, other] = [world.random.below(5), world.random.below(5)];
    // A seed that was stopped later on is known to be native: it is not taken for an original.
    world.seeds[one]!.process.crash();
    if (other !== one) world.seeds[other]!.process.freeze();
    const peer = world.startPeer(1);
    world.network.run(15 * secondMs);
    expect(peer.core.registration.settled).toBe(true);
    expect(peer.core.registration.answering + peer.core.of("classic").length).toBeGreaterThanOrEqual(3);
    expect(world.holding(peer.address).length).toBe(peer.core.registration.answering);
  });

  seededRuns("bring in every peer that any of the asked seeds knows", 20, (randomSeed) => {
    const world = new SeedWorld(randomSeed);
    world.startSeeds(3);
    for (let i = 0; i < 12; i++) {
      world.startPeer(i);
      world.network.run(secondMs);
    }
    const union = new Set(
      world.peers[11]!.core.of("registered").flatMap(({ answer }) => answer.contacts.map(({ id }) => id)),
    );
    // Any two peers share a seed.
    expect([...union].sort()).toEqual(Array.from({ length: 11 }, (_, i) => idOf(i)).sort());
  });

  seededRuns(
    "are renewed when a third of the lease is left, so that no seed ever has to look for the peer",
    10,
    (randomSeed) => {
      const world = new SeedWorld(randomSeed);
      world.startSeeds(1);
      const peer = world.startPeer(1);
      world.network.run(10 * minuteMs);
      const times = peer.core.of("registered").map(({ at }) => at);
      expect(times.length).toBeGreaterThan(30);
      for (let i = 1; i < times.length; i++) {
        const pauseMs = times[i]! - times[i - 1]!;
        expect(pauseMs).toBeGreaterThanOrEqual(15_000);
        expect(pauseMs).toBeLessThanOrEqual(17_200);
      }
      expect(new Set(world.seeds[0]!.events.map(({ event }) => event.type))).toEqual(
        new Set(["registered", "renewed"]),
      );
    },
  );

  seededRuns("fill a restarted seed again within a lease", 10, (randomSeed) => {
    const world = new SeedWorld(randomSeed);
    world.startSeeds(3);
    for (let i = 0; i < 10; i++) world.startPeer(i);
    world.network.run(30 * secondMs);
    const before = world.seeds[0]!.process.core.peers().sort();
    world.seeds[0]!.process.crash();
    world.network.run(world.random.below(20) * secondMs);
    world.startSeed(0);
    world.network.run(25 * secondMs);
    for (const peer of before) expect(world.seeds[0]!.process.core.peers()).toContain(peer);
  });

  test("ask a seed that is down again with growing pauses, and tell each time", () => {
    const world = new SeedWorld(3);
    const peer = world.startPeer(1, { seeds: [seedAddress(0)] });
    world.network.run(5 * minuteMs);
    const failed = peer.core.of("failed");
    expect(failed[0]).toMatchObject({ seed: seedAddress(0), failure: "refuses connections" });
    const pauses = failed.map(({ retryInMs }) => retryInMs);
    expect(pauses[0]).toBeLessThanOrEqual(750);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(22_500);
    expect(pauses.slice(6).every((pauseMs) => pauseMs >= 7_500)).toBe(true);
    for (let i = 1; i < failed.length; i++) {
      expect(failed[i]!.at - failed[i - 1]!.at).toBeGreaterThanOrEqual(pauses[i - 1]!);
    }
    world.startSeed(0);
    world.network.run(25 * secondMs);
    expect(world.holding(peer.address)).toEqual([seedAddress(0)]);
  });

  test("never have more than four links at once, with however many seeds", () => {
    const world = new SeedWorld(4);
    world.startSeeds(100);
    for (const seed of world.seeds) seed.process.freeze();
    const peer = world.startPeer(1);
    world.network.run(30 * secondMs);
    expect(peer.core.mostLinks).toBe(4);
    expect(peer.core.registration.majority).toBe(33);
    for (const seed of world.seeds) seed.process.thaw();
    world.network.run(2 * minuteMs);
    expect(peer.core.mostLinks).toBe(4);
    expect(peer.core.registration.answering).toBe(33);
  });

  test("are not made with another network's seed, and both sides can name both networks", () => {
    const world = new SeedWorld(5);
    world.startSeed(0, "other \n net");
    const peer = world.startPeer(1);
    world.network.run(secondMs);
    expect(peer.core.of("failed")[0]!.failure).toBe('belongs to the network "other \\n net", and this peer to "test"');
    expect(world.eventsOf(0, "mismatched")[0]).toMatchObject({ ours: "other \n net", theirs: "test" });
    expect(world.holding(peer.address)).toEqual([]);
  });

  test("are not asked of a peer", () => {
    const world = new SeedWorld(6);
    const stranger = world.startSpeaker("10.1.0.1:5000");
    const peer = world.startPeer(1, { seeds: [seedAddress(0)] });
    world.network.run(40);
    for (let i = 0; i < 200 && stranger.core.heard.length === 0; i++) world.network.run(1);
    // It says hello as a peer does.
    stranger.call((core) => core.answerLast(...helloOf(2)));
    world.network.run(secondMs);
    expect(peer.core.of("failed")[0]!.failure).toBe("is a peer and not a seed");
    expect(stranger.core.heard.map(({ type }) => type)).not.toContain("register");
  });

  test("leave an original that says nothing to the classic side after 2 s, and greet it ever more rarely", () => {
    const world = new SeedWorld(7, { network: { latencyMs: [10, 10] } });
    const original = world.network.start(seedAddress(0), (effects: Effects<AnyMessage, never>) => {
      return new OriginalSeedCore(effects as never) as unknown as Core<AnyMessage>;
    });
    const peer = world.startPeer(1, { seeds: [original.address] });
    const startedAt = world.network.now;
    world.network.run(2_019);
    expect(peer.core.told).toEqual([]);
    expect(peer.core.registration.settled).toBe(false);
    world.network.run(10);
    expect(peer.core.told).toEqual([{ type: "classic", at: startedAt + 2_020, seed: original.address }]);
    expect(peer.core.registration.settled).toBe(true);
    world.network.run(120 * minuteMs);
    const times = peer.core.of("classic").map(({ at }) => at);
    const pauses = times.slice(1).map((at, i) => Math.round((at - times[i]!) / secondMs));
    // Each hello takes two seconds to go unanswered.
    expect(pauses.slice(0, 9)).toEqual([7, 12, 22, 42, 82, 162, 322, 602, 602]);
    expect(peer.core.of("failed")).toEqual([]);
  });

  test("leave an original that hangs up to the classic side, and greet it ever more rarely, whoever calls for help", () => {
    const world = new SeedWorld(8);
    world.network.start(seedAddress(0), (effects: Effects<AnyMessage, never>) => new StumblingSeedCore(effects));
    const peer = world.startPeer(1, { seeds: [seedAddress(0)] });
    world.network.run(4 * secondMs);
    ask(peer);
    expect(peer.core.told.map(({ type }) => type)).toEqual(["classic"]);
    world.network.run(20 * minuteMs);
    const dials = peer.core.dials.length;
    expect(dials).toBe(8);
    ask(peer);
    world.network.run(20 * secondMs);
    expect(peer.core.dials).toHaveLength(dials);
    expect(peer.core.told.every(({ type }) => type === "classic")).toBe(true);
  });

  test("take no seed for an original that has once said hello", () => {
    const world = new SeedWorld(9);
    world.startSeeds(1);
    const peer = world.startPeer(1);
    world.network.run(secondMs);
    world.seeds[0]!.process.freeze();
    world.network.run(3 * minuteMs);
    expect(peer.core.of("classic")).toEqual([]);
    expect(peer.core.of("failed").every(({ failure }) => failure === "does not answer")).toBe(true);
    world.seeds[0]!.process.thaw();
    world.network.run(25 * secondMs);
    expect(peer.core.registration.answering).toBe(1);
  });

  test("are not given up because this process was stopped: what waits unread is read first", () => {
    const told: string[] = [];
    const self = { contact: { id: idOf(1), address: peerAddress(1) }, epoch: 1, network: "test" };
    const registration = new Registration(self, registrationDefaults, seededRandom(1), {
      dial: () => 7,
      send: (_link, message) => told.push(`sends ${message.type}`),
      close: (_link, reason) => told.push(`closes: ${reason}`),
      registered: () => told.push("is registered"),
      seedFailed: (_now, _seed, failure) => told.push(failure),
      classicSeed: () => told.push("is classic"),
    });
    const seedHello = { ...helloOf(9)[0]!, capabilities: seedCapability } as Hello;
    registration.start(0, [seedAddress(0)]);
    registration.linkUp(20, 7);
    // A process that was stopped sees its timers before its sockets.
    registration.wake(60_000);
    registration.receive(60_000, 7, seedHello);
    registration.wake(120_000);
    registration.receive(120_000, 7, {
      type: "registered",
      leaseMs: 25_000,
      observedIp: "10.0.0.1",
      contacts: [],
      classic: [],
    });
    expect(told).toEqual(["sends hello", "sends register", "closes: done", "is registered"]);
  });

  seededRuns("end when the peer leaves, at once and everywhere", 20, (randomSeed) => {
    const world = new SeedWorld(randomSeed);
    world.startSeeds(5);
    for (let i = 0; i < 4; i++) world.startPeer(i);
    world.network.run(world.random.below(60 * secondMs) + secondMs);
    const [first] = world.peers;
    leave(first!);
    expect(first!.core.registration.openLinks).toBeGreaterThan(0);
    world.network.run(secondMs);
    expect(first!.core.registration.openLinks).toBe(0);
    expect(first!.core.nextWake).toBe(Number.POSITIVE_INFINITY);
    expect(world.holding(first!.address)).toEqual([]);
    for (const other of world.peers.slice(1)) expect(world.holding(other.address)).toHaveLength(3);
  });

  test("end without an answer from a seed that is away, in the time of a dial", () => {
    const world = new SeedWorld(11);
    world.startSeeds(1);
    const peer = world.startPeer(1);
    world.network.run(secondMs);
    world.network.partition([[seedAddress(0)], [peerAddress(1)]]);
    leave(peer);
    world.network.run(4 * secondMs);
    expect(peer.core.registration.openLinks).toBe(0);
    expect(peer.core.told.map(({ type }) => type)).toEqual(["registered"]);
  });

  test("hear a call for help at once, all seeds are asked, and calls one after the other with growing pauses", () => {
    const world = new SeedWorld(12);
    world.startSeeds(3);
    const peer = world.startPeer(1);
    world.network.run(secondMs);
    const before = peer.core.dials.length;
    ask(peer);
    world.network.run(secondMs / 10);
    expect(peer.core.dials.slice(before).map(({ to }) => to)).toHaveLength(3);
    // Those that were asked for help only are not renewed: a majority is enough.
    const helped = peer.core.dials.length;
    for (let i = 0; i < 6_000; i++) {
      ask(peer);
      world.network.run(100);
    }
    // Ten minutes, 15 s ± 50 % between two calls in the end.
    const calls = (peer.core.dials.length - helped) / 3;
    expect(calls).toBeGreaterThan(30);
    expect(calls).toBeLessThan(90);
  });

  test("hear no call for help before the first answers are in", () => {
    const world = new SeedWorld(16);
    world.startSeeds(3);
    const peer = world.startPeer(1);
    ask(peer);
    world.network.run(secondMs);
    expect(world.holding(peer.address)).toHaveLength(2);
  });

  test("need no replacement for a seed that goes, as long as more than a majority answers", () => {
    const world = new SeedWorld(15);
    world.startSeeds(5);
    const peer = world.startPeer(1);
    world.network.run(secondMs);
    ask(peer);
    world.network.run(secondMs);
    expect(peer.core.registration.answering).toBe(5);
    for (const seed of world.seeds) seed.process.crash();
    world.network.run(20 * secondMs);
    for (const seed of world.seedAddresses.keys()) world.startSeed(seed);
    world.network.run(25 * secondMs);
    expect(peer.core.registration.answering).toBeGreaterThanOrEqual(3);
  });

  test("hold with a seed that names absurd leases: neither is it called all the time nor never again", () => {
    for (const [leaseMs, least, most] of [
      [0, 300, 700],
      [Number.MAX_SAFE_INTEGER, 1, 3],
    ] as const) {
      const world = new SeedWorld(13, { seed: { leaseMs } });
      world.startSeeds(1);
      const peer = world.startPeer(1);
      world.network.run(20 * minuteMs);
      expect(peer.core.of("registered").length).toBeGreaterThanOrEqual(least);
      expect(peer.core.of("registered").length).toBeLessThanOrEqual(most);
    }
  });

  test("cost nothing when there are no seeds", () => {
    const world = new SeedWorld(14);
    const peer = world.startPeer(1, { seeds: [] });
    expect(peer.core.nextWake).toBe(Number.POSITIVE_INFINITY);
    expect(peer.core.registration).toMatchObject({ settled: true, majority: 0, answering: 0 });
    ask(peer);
    leave(peer);
    expect(peer.core.dials).toEqual([]);
  });
});
