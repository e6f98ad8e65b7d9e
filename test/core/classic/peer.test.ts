import { describe, expect, test } from "vitest";
import { parseAddress } from "../../../src/core/address.js";
import { classicPeerDefaults } from "../../../src/core/classic/config.js";
import { ClassicPeerCore, type ClassicPeerEvent, PeerError } from "../../../src/core/classic/peer.js";
import { seededRuns } from "../../seeded.js";
import { OriginalPeerCore, OriginalSeedCore } from "./originals.js";
import { ClassicWorld, seedAddress } from "./world.js";

const secondMs = 1_000;

describe("liveness", () => {
  seededRuns(
    "a stopped neighbor is dead after three silences, and every other test goes on in time",
    10,
    (randomSeed) => {
      const world = new ClassicWorld(randomSeed);
      world.startSeeds(3);
      world.startPeers(8, 200);
      world.network.run(20 * secondMs);
      const stopped = world.peers[2]!;
      const observers = world.peers.filter((peer) => peer.process.core.neighbors().includes(stopped.address));
      const stoppedAt = world.network.now;
      stopped.process.freeze();
      world.network.run(60 * secondMs);
      expect(observers.length).toBeGreaterThan(0);
      for (const observer of observers) {
        const silences = world.eventsOf(observer, "silent").filter(({ event }) => event.peer === stopped.address);
        expect(silences.map(({ event }) => event.silences)).toEqual([1, 2, 3]);
        const dead = world.eventsOf(observer, "dead").filter(({ event }) => event.peer === stopped.address);
        expect(dead).toHaveLength(1);
        expect(dead[0]!.at - stoppedAt).toBeGreaterThan(26 * secondMs);
        expect(dead[0]!.at - stoppedAt).toBeLessThanOrEqual((39 + 3) * secondMs);
        const others = observer.process.core.neighbors().filter((address) => address !== stopped.address);
        for (const other of others) {
          const answers = world.eventsOf(observer, "alive").filter(({ event }) => event.peer === other);
          const times = answers.map(({ at }) => at).filter((at) => at > stoppedAt);
          for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeLessThan(13.5 * secondMs);
        }
      }
    },
  );

  test("two silences and an answer are no death, and the count starts again", () => {
    const world = new ClassicWorld(1);
    world.startSeeds(1);
    world.startPeers(2, 0);
    world.network.run(5 * secondMs);
    const [one, two] = [world.peers[0]!, world.peers[1]!];
    for (let i = 0; i < 3; i++) {
      two.process.freeze();
      world.network.run(26 * secondMs);
      two.process.thaw();
      world.network.run(26 * secondMs);
    }
    expect(world.eventsOf(one, "silent").length).toBeGreaterThan(0);
    expect(world.eventsOf(one, "dead")).toEqual([]);
    expect(one.process.core.neighbors()).toEqual([two.address]);
  });

  test("a peer that was stopped itself accuses nobody", () => {
    const world = new ClassicWorld(2);
    world.startSeeds(3);
    world.startPeers(5, 100);
    world.network.run(10 * secondMs);
    const sleeper = world.peers[1]!;
    for (let i = 0; i < 5; i++) {
      sleeper.process.freeze();
      world.network.run((5 + i * 13) * secondMs);
      sleeper.process.thaw();
      world.network.run(2 * secondMs);
    }
    expect(world.eventsOf(sleeper, "dead")).toEqual([]);
    expect(world.eventsOf(sleeper, "silent")).toEqual([]);
  });

  test("the report goes to every seed of the config, also to one that was down for a moment", () => {
    const world = new ClassicWorld(3);
    world.config = [seedAddress(0), seedAddress(1), seedAddress(2)];
    const seeds = world.config.map((address) =>
      world.network.start(address, (effects) => new OriginalSeedCore(effects)),
    );
    world.startPeers(5, 500);
    world.network.run(10 * secondMs);
    world.peers[0]!.process.crash();
    world.network.run(45 * secondMs);
    for (const seed of seeds) expect(seed.core.list).not.toContain(world.peers[0]!.address);
  });
});

describe("registrations", () => {
  seededRuns("a peer registers with ⌊n/2⌋+1 of n seeds", 5, (randomSeed) => {
    for (const [seeds, majority] of [
      [1, 1],
      [2, 2],
      [3, 2],
      [4, 3],
      [5, 3],
      [7, 4],
    ] as const) {
      const world = new ClassicWorld(randomSeed);
      world.startSeeds(seeds);
      const peer = world.startPeer(parseAddress("10.2.0.1:7001")!);
      world.network.run(5 * secondMs);
      expect(world.seeds.filter((seed) => seed.process.core.peers().includes(peer.address))).toHaveLength(majority);
    }
  });

  test("an original seed is asked once only, for it would list the peer twice", () => {
    const world = new ClassicWorld(1);
    world.config = [seedAddress(0)];
    const seed = world.network.start(seedAddress(0), (effects) => new OriginalSeedCore(effects));
    world.startPeers(4, 500);
    world.network.run(300 * secondMs);
    expect(seed.core.list).toHaveLength(4);
    expect(world.whole()).toBe(true);
  });

  seededRuns("dead and stopped seeds are replaced, so that the majority is reached", 10, (randomSeed) => {
    const world = new ClassicWorld(randomSeed);
    world.startSeeds(5);
    world.seeds[0]!.process.crash();
    world.seeds[3]!.process.freeze();
    const peer = world.startPeer(parseAddress("10.2.0.1:7001")!);
    world.network.run(10 * secondMs);
    const living = [1, 2, 4].map((index) => world.seeds[index]!);
    expect(living.every((seed) => seed.process.core.peers().includes(peer.address))).toBe(true);
  });

  test("a stopped seed delays nobody: the peer joins by the others' lists", () => {
    const world = new ClassicWorld(9);
    world.startSeeds(3);
    world.startPeers(4, 100);
    world.network.run(5 * secondMs);
    world.seeds[0]!.process.freeze();
    const late = world.startPeer(parseAddress("10.2.250.250:9999")!);
    expect(world.network.runUntil(() => late.process.core.joined, secondMs)).toBe(true);
  });

  test("without a seed a peer says so, tries again with growing pauses, and joins when one appears", () => {
    const world = new ClassicWorld(2);
    world.config = [seedAddress(0), seedAddress(1)];
    world.startPeers(3, 0);
    world.network.run(60 * secondMs);
    const failures = world.eventsOf(world.peers[0]!, "seed-failed").map(({ event }) => event);
    expect(failures.length).toBeGreaterThan(6);
    expect(failures.length).toBeLessThan(60);
    expect(failures.every(({ answering }) => answering === 0)).toBe(true);
    expect(failures.at(-1)!.retryInMs).toBeGreaterThan(failures[0]!.retryInMs);
    expect(() => world.publish(world.peers[0]!)).toThrowError(PeerError);
    world.startSeed(seedAddress(1));
    expect(world.network.runUntil(() => world.allJoined() && world.whole(), 25 * secondMs)).toBe(true);
  });

  test("a restarted peer stands once in every list, and never in its own candidates", () => {
    const world = new ClassicWorld(4);
    world.startSeeds(1);
    world.startPeers(4, 200);
    world.network.run(5 * secondMs);
    const peer = world.peers[1]!;
    peer.process.crash();
    world.network.run(2 * secondMs);
    world.startPeer(peer.address);
    world.network.run(60 * secondMs);
    expect(world.seeds[0]!.process.core.peers().filter((address) => address === peer.address)).toHaveLength(1);
    expect(peer.process.core.neighbors()).not.toContain(peer.address);
    world.expectWhole();
  });
});

describe("connect requests", () => {
  test("the fifth requester is refused with a plain close, and let in when it comes back in need", () => {
    const world = new ClassicWorld(1);
    world.startSeeds(1);
    const peer = world.startPeer(parseAddress("10.2.0.1:7001")!);
    world.network.run(secondMs);
    const ask = (index: number) => {
      const from = parseAddress(`10.3.0.${index}:8000`)!;
      const original = world.network.start(from, (effects) => new OriginalPeerCore(effects));
      original.call((core) => core.say(peer.address, { type: "connect-request", from }));
      world.network.run(secondMs);
      return original;
    };
    for (const index of [1, 2, 3, 4]) expect(ask(index).core.received).toEqual([{ type: "connect-accepted" }]);
    const fifth = ask(5);
    expect(fifth.core.received).toEqual([]);
    expect(peer.process.core.neighbors()).toHaveLength(4);
    fifth.call((core) => core.say(peer.address, { type: "connect-request", from: fifth.address }));
    world.network.run(secondMs);
    expect(fifth.core.received).toEqual([{ type: "connect-accepted" }]);
  });

  test("a request from 0.0.0.0 means where the connection came from", () => {
    const world = new ClassicWorld(1);
    world.startSeeds(1);
    const peer = world.startPeer(parseAddress("10.2.0.1:7001")!);
    world.network.run(secondMs);
    const original = world.network.start(parseAddress("10.3.0.1:8000")!, (effects) => new OriginalPeerCore(effects));
    original.call((core) => core.say(peer.address, { type: "connect-request", from: parseAddress("0.0.0.0:8000")! }));
    world.network.run(secondMs);
    expect(peer.process.core.neighbors()).toEqual(["10.3.0.1:8000"]);
  });

  test("a message of up to 1,024 bytes travels, a longer one is refused where it is made", () => {
    const world = new ClassicWorld(1);
    world.startSeeds(1);
    world.startPeers(2, 0);
    world.network.run(5 * secondMs);
    const [one, two] = [world.peers[0]!, world.peers[1]!];
    const head = world.publish(one, "GOSSIP").length;
    const text = world.publish(one, `GOSSIP${"é".repeat(Math.floor((1_024 - head) / 2))}`);
    world.network.run(secondMs);
    expect(two.delivered.get(text)).toBe(1);
    expect(() => world.publish(one, `GOSSIP${"é".repeat(513)}`)).toThrowError(/1024 bytes/);
    expect(() => world.publish(one, "hello")).toThrowError(/begins with GOSSIP/);
  });
});

describe("the Message List", () => {
  test("is bounded: the oldest text is forgotten first", () => {
    const world = new ClassicWorld(1, { peer: { seenMax: 100 } });
    world.startSeeds(1);
    world.startPeers(2, 0);
    world.network.run(5 * secondMs);
    for (let i = 0; i < 1_000; i++) {
      world.publish(world.peers[0]!, `GOSSIP${i}`);
      world.network.run(20);
    }
    world.network.run(secondMs);
    expect(world.peers[1]!.delivered.size).toBe(1_000);
    expect(world.repeated()).toEqual([]);
  });

  seededRuns("a burst goes through whole, a few connections at a time", 5, (randomSeed) => {
    const world = new ClassicWorld(randomSeed);
    world.startSeeds(1);
    world.startPeers(6, 100);
    world.network.run(5 * secondMs);
    for (let i = 0; i < 500; i++) world.publish(world.peers[i % 6]!, `GOSSIP${i}`);
    world.network.run(60 * secondMs);
    expect(world.missing()).toEqual([]);
    expect(world.repeated()).toEqual([]);
  });
});

describe("strangers", () => {
  test("a neighbor that is killed while it is being asked something is reported dead like any other", () => {
    const world = new ClassicWorld(3);
    world.config = [seedAddress(0)];
    const seed = world.network.start(seedAddress(0), (effects) => new OriginalSeedCore(effects));
    world.startPeers(2, 0);
    // Stopped just before a round, so that a test and a question are waiting unread when it dies.
    world.network.run(12_900);
    const [one, two] = [world.peers[0]!, world.peers[1]!];
    two.process.freeze();
    world.network.run(300);
    two.process.crash();
    world.network.run(45 * secondMs);
    expect(world.eventsOf(one, "dead").map(({ event }) => event.peer)).toEqual([two.address]);
    expect(seed.core.list).toEqual([one.address]);
  });

  test("made-up addresses don't pile up among the neighbors", () => {
    const world = new ClassicWorld(1);
    world.startSeeds(1);
    const peer = world.startPeer(parseAddress("10.2.0.1:7001")!);
    world.network.run(secondMs);
    const liar = world.network.start(parseAddress("10.9.9.9:1")!, (effects) => new OriginalPeerCore(effects));
    for (let port = 2; port < 600; port++) {
      liar.call((core) => core.say(peer.address, { type: "connect-request", from: parseAddress(`10.9.9.9:${port}`)! }));
      if (port % 5 === 0) world.publish(peer, `GOSSIP${port}`);
      world.network.run(100);
    }
    const linked = world.eventsOf(peer, "linked").length;
    const unlinked = world.eventsOf(peer, "unlinked").length;
    expect(linked).toBeGreaterThan(16);
    expect(linked - unlinked).toBeLessThanOrEqual(16);
    world.network.run(60 * secondMs);
    expect(peer.process.core.neighbors()).toEqual([]);
  });

  test("a peer that seeds know by two addresses is told so", () => {
    const world = new ClassicWorld(1);
    world.startSeeds(1);
    const address = parseAddress("10.2.0.1:7001")!;
    const process = world.network.start<ClassicPeerCore, ClassicPeerEvent>(
      address,
      (effects, random) => {
        const config = { ...classicPeerDefaults, messages: 0 };
        return new ClassicPeerCore({ port: 7001, advertiseIp: "192.0.2.7" }, config, random, effects);
      },
      (event) => events.push(event),
    );
    const events: ClassicPeerEvent[] = [];
    process.call((core, now) => core.start(now, [seedAddress(0)]));
    world.network.run(secondMs);
    expect(events).toContainEqual({ type: "two-names", seed: seedAddress(0), own: "192.0.2.7:7001", also: address });
  });
});
