import { describe, expect, test } from "vitest";
import { seededRuns } from "../seeded.js";
import { PeerWorld } from "./peer-world.js";

const runs = process.env.HEARSAY_LONG ? 300 : 3;

describe("a peer", () => {
  test("joins through any other, and links are two-way", () => {
    const world = new PeerWorld(1);
    world.grow(20);
    const isTwoWay = () =>
      world.peers.every((peer) =>
        peer.process.core.neighbors().every(({ id }) => {
          const other = world.peers.find((one) => one.id === id)!;
          return other.process.core.neighbors().some((back) => back.id === peer.id);
        }),
      );
    // A link that is just being made or given up is one-way for the time of a packet.
    expect(world.network.runUntil(isTwoWay, 500)).toBe(true);
    for (const peer of world.peers) {
      expect(peer.process.core.neighbors().length).toBeGreaterThan(0);
      expect(peer.events.filter(({ type }) => type === "joined")).toHaveLength(1);
    }
  });

  test("the first one finds that it is alone, and publishes only if that is allowed", () => {
    const world = new PeerWorld(2);
    const peer = world.start();
    world.network.run(1_000);
    expect(peer.events.map(({ type }) => type)).toEqual(["alone", "joined"]);
    const payload = new Uint8Array(3);
    peer.process.call((core, now) => core.publish(now, { token: 7, topic: "t", payload, allowAlone: false }));
    expect(peer.events.at(-1)).toMatchObject({ type: "publish-failed", token: 7, code: "alone" });
    peer.process.call((core, now) => core.publish(now, { token: 8, topic: "t", payload, allowAlone: true }));
    expect(peer.events.at(-1)).toMatchObject({ type: "published", token: 8, neighbors: 0 });
  });

  test("has published when a neighbor has it, a round trip later", () => {
    const world = new PeerWorld(3, {}, { latencyMs: [20, 20] });
    world.grow(5);
    const peer = world.peers[2]!;
    const before = world.network.now;
    peer.process.call((core, now) => {
      core.publish(now, { token: 1, topic: "t", payload: new Uint8Array(9), allowAlone: false });
    });
    expect(peer.events.some(({ type }) => type === "published")).toBe(false);
    while (!peer.events.some(({ type }) => type === "published")) world.network.run(1);
    expect(world.network.now - before).toBe(40);
    expect(peer.events.at(-1)).toMatchObject({ token: 1, id: { origin: peer.id, seq: 1 } });
  });

  test("never exchanges anything with another network, and both names are told", () => {
    const world = new PeerWorld(4);
    const one = world.start({ network: "blue" });
    const other = world.start({ network: "red" });
    world.network.run(10_000);
    expect(one.process.core.neighbors()).toEqual([]);
    expect(other.process.core.neighbors()).toEqual([]);
    expect(other.events).toContainEqual({
      type: "mismatched",
      address: one.process.address,
      ours: "red",
      theirs: "blue",
    });
    world.publish(one);
    world.network.run(60_000);
    expect(other.arrived).toEqual([]);
    expect(other.events.filter(({ type }) => type === "joined")).toEqual([{ type: "joined", alone: true }]);
    // With growing pauses: nobody is called all the time.
    expect(other.events.filter(({ type }) => type === "mismatched").length).toBeLessThan(30);
  });

  test("gives what is retained to a late joiner within two seconds, and tells what is not", () => {
    const world = new PeerWorld(5, { history: { retainedPerOriginMax: 100 } });
    world.grow(20);
    for (let i = 0; i < 250; i++) {
      world.publish(world.peers[3]!);
      world.network.run(10);
    }
    world.network.run(5_000);
    const late = world.start();
    world.network.run(4_000);
    expect(late.arrived).toHaveLength(100);
    expect(late.ordered).toHaveLength(100);
    expect(late.events.filter(({ type }) => type === "gap")).toMatchObject([{ first: 1, last: 150, count: 150 }]);
    expect(world.complaints(late)).toEqual([]);
  });

  test("gives nothing of the past to one that wants none", () => {
    const world = new PeerWorld(6);
    world.grow(10);
    for (let i = 0; i < 50; i++) {
      world.publish(world.any());
      world.network.run(20);
    }
    world.network.run(3_000);
    const late = world.start({ tuning: { reconcile: { history: "none" } } });
    world.network.run(5_000);
    expect(late.arrived).toEqual([]);
    const key = world.publish(world.peers[0]!);
    world.network.run(3_000);
    expect(late.ordered).toEqual([key]);
    expect(late.events.some(({ type }) => type === "gap")).toBe(false);
  });

  test("a goodbye is noticed at once, a silent death within five seconds, and both are replaced", () => {
    const world = new PeerWorld(7);
    world.grow(12);
    const leaver = world.peers[4]!;
    leaver.process.call((core, now) => core.leave(now));
    world.network.run(1_000);
    const stopped = world.peers[7]!;
    stopped.process.freeze();
    world.network.run(6_000);
    for (const peer of world.peers) {
      if (peer === leaver || peer === stopped) continue;
      const ids = peer.process.core.neighbors().map(({ id }) => id);
      expect(ids).not.toContain(leaver.id);
      expect(ids).not.toContain(stopped.id);
      expect(ids.length).toBeGreaterThan(0);
    }
    expect(
      world.peers.some(({ events }) => events.some((event) => event.type === "unlink" && event.reason === "silent")),
    ).toBe(true);
  });

  test("a large payload crosses each link once at most, and reaches everybody", () => {
    const world = new PeerWorld(8);
    // A minute: young peers have mixed by then. Before that, links still change, and some runs have a copy or two.
    world.grow(15, 60_000);
    for (let i = 0; i < 5; i++) world.publish(world.any(), 100_000);
    world.network.run(10_000);
    for (const peer of world.peers) {
      expect(peer.arrived).toHaveLength(5);
      expect(peer.process.core.counters.duplicates).toBe(0);
    }
  });

  seededRuns("keeps its promises through crashes, partitions, freezes, losses and late joins", runs, (randomSeed) => {
    const world = new PeerWorld(randomSeed, {}, { lossRate: randomSeed % 3 === 0 ? 0.02 : 0 });
    const { random, network } = world;
    world.grow(8 + random.below(12));
    const others = () => world.peers.map(({ process }) => process.address);
    for (let step = 0; step < 60; step++) {
      const dice = random.below(100);
      const peer = world.any();
      if (dice < 60) {
        if (!peer.process.frozen) for (let i = random.below(5); i >= 0; i--) world.publish(peer);
      } else if (dice < 65 && world.peers.length > 5) world.kill(peer);
      else if (dice < 75 && world.peers.length < 25) world.start();
      else if (dice < 80) {
        const half = others().filter(() => random.below(2) === 0);
        network.partition([half, others().filter((address) => !half.includes(address))]);
      } else if (dice < 88) network.heal();
      else if (dice < 92 && !peer.process.frozen) peer.process.freeze();
      else for (const { process } of world.peers) process.thaw();
      network.run(random.below(3_000));
      for (const { process } of world.peers) if (random.below(4) === 0) process.thaw();
    }
    network.heal();
    for (const { process } of world.peers) process.thaw();
    network.run(150_000);
    const kept = new Set(world.peers.flatMap(({ arrived }) => arrived));
    for (const peer of world.peers) {
      expect(world.complaints(peer)).toEqual([]);
      const had = new Set(peer.arrived);
      const missing = [...kept].filter((key) => !had.has(key) && !world.isGap(peer, key));
      const neighbors = peer.process.core.neighbors().length;
      expect({ neighbors, missing: missing.length }).toEqual({ neighbors, missing: 0 });
      expect(peer.ordered.length).toBe(peer.arrived.length);
    }
  });
});
