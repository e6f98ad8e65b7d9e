import { describe, expect, test } from "vitest";
import { seededRuns } from "../../seeded.js";
import { ClassicWorld } from "./world.js";

const scale = process.env.HEARSAY_LONG ? 80 : 1;

describe("the overlay of classic peers", () => {
  for (const peers of [2, 3, 5, 6, 10, 20, 50]) {
    const runs = peers > 20 ? 4 * scale : 8 * scale;
    seededRuns(
      `${peers} peers started one after the other are whole as soon as they have joined`,
      8 * scale,
      (seed) => {
        const world = new ClassicWorld(seed);
        world.startSeeds(3);
        world.startPeers(peers, 300);
        expect(world.network.runUntil(() => world.allJoined(), 10_000)).toBe(true);
        expect(
          world.network.runUntil(() => world.whole(), 5_000),
          "whole within 5 s",
        ).toBe(true);
        world.network.run(60_000);
        expect(world.components()).toBe(1);
        expect(world.oneWayLinks()).toEqual([]);
      },
    );

    seededRuns(`${peers} peers started in the same moment are whole before the first message`, runs, (seed) => {
      const world = new ClassicWorld(seed, { peer: { messages: 3, messageIntervalMs: 1_000 } });
      world.startSeeds(3);
      world.startPeers(peers, 0);
      world.network.run(20_000);
      expect(world.published.length).toBe(peers * 3);
      expect(world.missing()).toEqual([]);
      expect(world.repeated()).toEqual([]);
    });
  }

  seededRuns("every message reaches every peer that had joined when it was published, and once", 5 * scale, (seed) => {
    const world = new ClassicWorld(seed, { peer: { messages: 10 } });
    world.startSeeds(3);
    world.startPeers(20, 400);
    world.network.run(70_000);
    expect(world.published.length).toBe(200);
    expect(world.missing()).toEqual([]);
    expect(world.repeated()).toEqual([]);
  });

  seededRuns("… also over links that lose 5 % of what is sent", 5 * scale, (seed) => {
    const world = new ClassicWorld(seed, { peer: { messages: 10 }, network: { lossRate: 0.05 } });
    world.startSeeds(3);
    world.startPeers(12, 400);
    world.network.run(100_000);
    expect(world.published.length).toBe(120);
    expect(world.missing()).toEqual([]);
    expect(world.repeated()).toEqual([]);
  });

  test("peers have 4 neighbors at most unless somebody was in need, and never more than 8 and a rung of their own", () => {
    const degrees: number[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const world = new ClassicWorld(seed);
      world.startSeeds(3);
      world.startPeers(40, 300);
      world.network.run(30_000);
      for (const peer of world.alive) degrees.push(peer.process.core.neighbors().length);
    }
    expect(Math.max(...degrees)).toBeLessThanOrEqual(9);
    expect(degrees.filter((degree) => degree > 4).length / degrees.length).toBeLessThan(0.2);
  });

  seededRuns("survivors re-link by themselves when a third of the peers is killed at once", 5 * scale, (seed) => {
    const world = new ClassicWorld(seed);
    world.startSeeds(3);
    world.startPeers(15, 300);
    world.network.run(20_000);
    for (const peer of world.peers.slice(0, 5)) peer.process.crash();
    // One round of liveness tests notices all of them.
    expect(
      world.network.runUntil(() => world.whole(), 20_000),
      "whole again within 20 s",
    ).toBe(true);
    const text = world.publish(world.alive[0]!);
    world.network.run(2_000);
    for (const peer of world.alive.slice(1)) expect(peer.delivered.get(text)).toBe(1);
  });

  seededRuns("a peer whose only neighbor dies finds another within a liveness round", 5 * scale, (seed) => {
    const world = new ClassicWorld(seed, { peer: { neighborsWanted: 1, neighborsMax: 2 } });
    world.startSeeds(3);
    world.startPeers(8, 300);
    world.network.run(20_000);
    const lonely = world.alive.find((peer) => peer.process.core.neighbors().length === 1);
    if (lonely === undefined) return;
    const [only] = lonely.process.core.neighbors();
    world.peers.find((peer) => peer.address === only)!.process.crash();
    const found = () => world.whole() && lonely.process.core.neighbors().length > 0;
    expect(world.network.runUntil(found, 20_000)).toBe(true);
  });

  seededRuns("a network that was cut in two is whole again after the cut is mended", 5 * scale, (seed) => {
    const world = new ClassicWorld(seed);
    world.startSeeds(3);
    world.startPeers(12, 300);
    world.network.run(20_000);
    const half = world.peers.slice(0, 6).map((peer) => peer.address);
    world.network.partition([[...half, world.seeds[0]!.address]]);
    world.network.run(90_000);
    world.network.heal();
    expect(world.network.runUntil(() => world.whole(), 60_000)).toBe(true);
  });

  seededRuns("a peer that was stopped for two minutes is linked two-way again soon after", 5 * scale, (seed) => {
    const world = new ClassicWorld(seed);
    world.startSeeds(3);
    world.startPeers(10, 300);
    world.network.run(20_000);
    const sleeper = world.peers[4]!;
    sleeper.process.freeze();
    world.network.run(120_000);
    for (const seed of world.seeds) expect(seed.process.core.peers()).not.toContain(sleeper.address);
    sleeper.process.thaw();
    const back = () => world.whole() && sleeper.process.core.neighbors().length > 0;
    world.network.runUntil(back, 60_000);
    world.expectWhole();
    world.network.run(12_000);
    expect(world.seeds.filter((seed) => seed.process.core.peers().includes(sleeper.address)).length).toBeGreaterThan(1);
  });

  seededRuns("a requester that never hears of its acceptance leaves no one-way link behind", 10, (seed) => {
    const world = new ClassicWorld(seed, { network: { lossRate: 0.2, latencyMs: [10, 900] } });
    world.startSeeds(3);
    world.startPeers(10, 300);
    world.network.run(30_000);
    world.network.setLoss(0);
    world.network.setLatency([10, 50]);
    world.network.runUntil(() => world.whole(), 120_000);
    world.expectWhole();
  });

  seededRuns("any schedule of crashes, stops, cuts and restarts ends in one whole overlay", 8 * scale, (seed) => {
    const lossy = seed % 2 === 0;
    const world = new ClassicWorld(seed);
    world.startSeeds(3);
    world.startPeers(12, 300);
    for (let i = 0; i < 12; i++) {
      world.network.run(1_000 + world.random.below(20_000));
      const peer = world.peers[world.random.below(world.peers.length)]!;
      switch (world.random.below(6)) {
        case 0:
          if (peer.process.alive) peer.process.crash();
          break;
        case 1:
          if (peer.process.alive && !peer.process.frozen) peer.process.freeze();
          break;
        case 2:
          world.network.partition([world.peers.filter(() => world.random.below(2) === 0).map((one) => one.address)]);
          break;
        case 3:
          world.network.heal();
          break;
        case 4:
          if (lossy) world.network.setLoss(world.random.below(3) * 0.05);
          break;
        case 5:
          if (!peer.process.alive) world.startPeer(peer.address);
          break;
      }
    }
    world.network.heal();
    world.network.setLoss(0);
    for (const peer of world.peers) {
      if (!peer.process.alive) world.startPeer(peer.address);
      else if (peer.process.frozen) peer.process.thaw();
    }
    world.network.runUntil(() => world.allJoined() && world.whole(), 180_000);
    // What a lost packet can leave behind: one side of a link more than there should be, beside an overlay that is whole.
    if (lossy) expect(world.components()).toBe(1);
    else world.expectWhole();
    const text = world.publish(world.peers[0]!);
    world.network.run(3_000);
    for (const peer of world.alive.slice(1)) expect(peer.delivered.get(text)).toBe(1);
  });
});
