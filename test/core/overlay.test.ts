import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/core/random.js";
import { seededRuns } from "../seeded.js";
import { contactOf, OverlayWorld } from "./overlay-world.js";

const scale = process.env.HEARSAY_LONG ? 10 : 1;

/** Links come and go; what must not stay is anything wrong with them. */
function expectSound(world: OverlayWorld): void {
  world.runUntil(() => world.faults().length === 0, 5_000);
  expect(world.faults()).toEqual([]);
}

function expectWhole(world: OverlayWorld, limitMs: number): void {
  const took = world.runUntil(() => world.components().length === 1, limitMs);
  expect(took, `whole within ${limitMs} ms, not ${world.components()}`).toBeDefined();
}

describe("joining", () => {
  for (const peers of [2, 3, 10, 100]) {
    const runs = (peers < 50 ? 10 : 2) * scale;
    seededRuns(`${peers} peers that join one by one are one network, two-way`, runs, (seed) => {
      const world = new OverlayWorld(seed);
      world.startPeers(peers, 100);
      expectWhole(world, 2_000);
      world.run(20_000);
      expectSound(world);
      expect(world.components()).toEqual([peers]);
      expect(world.meanDegree()).toBeGreaterThan(Math.min(peers - 1, 5) * 0.9);
    });

    seededRuns(`${peers} peers that join in the same moment are one network, two-way`, runs, (seed) => {
      const world = new OverlayWorld(seed, { network: { lossRate: seed % 2 === 0 ? 0.02 : 0 } });
      world.startPeers(peers, 0, 1 + (seed % 3));
      expectWhole(world, 10_000);
      world.run(20_000);
      world.network.setLoss(0);
      expectSound(world);
      expect(world.meanDegree()).toBeGreaterThan(Math.min(peers - 1, 5) * 0.85);
    });
  }

  seededRuns("1,000 peers that join in the same moment through three contacts are one network", scale, (seed) => {
    const world = new OverlayWorld(seed);
    world.startPeers(1_000, 0, 3);
    expectWhole(world, 60_000);
    expectSound(world);
    expect(world.meanDegree()).toBeGreaterThan(4.3);
  });

  seededRuns("a contact that does not answer is passed over for the next one", 10, (seed) => {
    const world = new OverlayWorld(seed, { seeds: false });
    const first = world.startPeer([]);
    const absent = [contactOf(0, 50_000), contactOf(0, 50_001)].map(({ address }) => address);
    world.startPeer([...absent, first.contact.address]);
    world.run(2_000);
    expect(world.components()).toEqual([2]);
  });

  test("a peer whose contacts are all dead says that it is lonely, again and again but ever more seldom", () => {
    const world = new OverlayWorld(1, { seeds: false });
    const peer = world.startPeer([contactOf(0, 50_000).address]);
    world.run(60_000);
    expect(peer.lonely).toBeGreaterThan(6);
    expect(peer.lonely).toBeLessThan(20);
  });

  test("a peer never links to itself, whatever address it is given", () => {
    const world = new OverlayWorld(1, { seeds: false });
    const alias = contactOf(1, 0);
    const peer = world.startPeer([]);
    peer.process.call((core, now) => core.overlay.meet(now, [alias.address]));
    peer.process.call((core, now) => core.overlay.meet(now, [alias]));
    world.run(5_000);
    expect(world.neighborsOf(peer)).toEqual([]);
    expect(peer.process.core.overlay.passive).toEqual([]);
  });
});

describe("links", () => {
  seededRuns("two peers that dial each other at once keep one link", 300, (seed) => {
    const world = new OverlayWorld(seed, { seeds: false });
    const a = world.startPeer([]);
    const b = world.startPeer([]);
    a.process.call((core, now) => core.overlay.meet(now, [b.contact]));
    world.network.run(seededRandom(seed).below(150));
    b.process.call((core, now) => core.overlay.meet(now, [a.contact]));
    world.run(2_000);
    expect(world.faults()).toEqual([]);
    expect(world.components()).toEqual([2]);
    expect(a.process.core.downs.length + b.process.core.downs.length).toBe(0);
  });

  test("a peer of another network is refused, and both sides are told both names", () => {
    const world = new OverlayWorld(1, { seeds: false });
    const a = world.startPeer([], "red");
    const b = world.startPeer([a.contact.address], "blue");
    world.run(500);
    expect(a.mismatched.map(({ network }) => network)).toEqual(["blue"]);
    expect(b.mismatched.map(({ network }) => network)).toEqual(["red"]);
    world.run(60_000);
    expect(world.components()).toEqual([1, 1]);
    expect(a.mismatched).toHaveLength(1);
  });

  seededRuns("a restarted peer is linked in its new life, also where the old link's end went unheard", 10, (seed) => {
    const world = new OverlayWorld(seed);
    world.startPeers(6, 100);
    world.run(5_000);
    const peer = world.peers[3]!;
    world.network.partition([[peer.contact.address]]);
    peer.process.crash();
    world.network.heal();
    world.restart(peer, [world.peers[0]!.contact.address]);
    world.run(20_000);
    expectSound(world);
    const { epoch } = world.neighborsOf(world.peers[0]!).find(({ contact }) => contact.id === peer.contact.id) ?? {};
    if (epoch !== undefined) expect(epoch).toBeGreaterThan(1_704_067_200_000);
    expect(world.components()).toEqual([6]);
  });

  test("what has no place on a link closes it", () => {
    const messages = [
      { type: "neighbor-reply", accepted: true },
      {
        type: "shuffle",
        origin: contactOf(9, 9),
        ttl: 1,
        contacts: Array.from({ length: 65 }, (_, i) => contactOf(9, i)),
      },
      { type: "join" },
    ] as const;
    for (const message of messages) {
      const world = new OverlayWorld(1, { seeds: false });
      const a = world.startPeer([]);
      world.startPeer([a.contact.address]);
      world.run(500);
      const { link } = world.neighborsOf(a)[0]!;
      a.process.call((core, now) => core.receive(now, link, message));
      expect(world.neighborsOf(a)).toEqual([]);
      expect(a.process.core.downs).toHaveLength(1);
    }
  });

  seededRuns("a frozen peer holds nobody up, and is back once it goes on", 3 * scale, (seed) => {
    const world = new OverlayWorld(seed);
    world.startPeers(20, 100);
    world.run(5_000);
    const sleeper = world.peers[0]!;
    sleeper.process.freeze();
    for (let i = 0; i < 10; i++) world.startPeer([sleeper.contact.address, world.peers[5]!.contact.address]);
    world.run(30_000);
    expect(world.components(world.alive.filter((peer) => peer !== sleeper))).toEqual([29]);
    sleeper.process.thaw();
    world.run(10_000);
    expectSound(world);
    expect(world.components()).toEqual([30]);
  });

  test("a peer that leaves says goodbye: it is not called again", () => {
    const world = new OverlayWorld(1);
    world.startPeers(10, 100);
    world.run(5_000);
    const peer = world.peers[4]!;
    peer.process.call((core, now) => core.overlay.leave(now));
    expect(world.neighborsOf(peer)).toEqual([]);
    expect(peer.process.core.nextWake).toBe(Number.POSITIVE_INFINITY);
    peer.process.crash();
    world.run(20_000);
    expectSound(world);
    expect(world.components()).toEqual([9]);
  });
});

describe("mass failure", () => {
  for (const [share, part, limitMs] of [
    [0.5, 1, 10_000],
    [0.8, 0.99, 10_000],
    [0.9, 0.999, 20_000],
    [0.95, 0.95, 20_000],
  ] as const) {
    seededRuns(
      `of 500 peers ${share * 100} % crash at once: ${part * 100} % of the rest are one network`,
      2 * scale,
      (seed) => {
        const world = new OverlayWorld(seed);
        world.startScattered(500, 20);
        world.run(40_000);
        world.crash(share);
        const survivors = world.alive.length;
        world.run(limitMs);
        expect(world.components()[0]! / survivors).toBeGreaterThanOrEqual(part);
        world.runUntil(() => world.components().length === 1, 60_000);
        expectSound(world);
        expect(world.components()).toEqual([survivors]);
      },
    );
  }

  seededRuns("without seeds, of 400 peers 95 % crash at once: who is known to anybody is found", 3 * scale, (seed) => {
    const world = new OverlayWorld(seed, { seeds: false });
    world.startScattered(400, 20);
    world.run(40_000);
    world.crash(0.95);
    const parts = world.acquaintances().length;
    world.run(15_000);
    expect(world.components().length).toBeLessThanOrEqual(parts);
  });
});

describe("partitions", () => {
  for (const forMs of [60_000, 400_000]) {
    seededRuns(`two halves cut off for ${forMs / 1_000} s become one network again`, scale, (seed) => {
      const world = new OverlayWorld(seed);
      world.startScattered(60, 100);
      world.run(20_000);
      world.network.partition([world.peers.slice(0, 30).map(({ contact }) => contact.address)]);
      // Nobody tests liveness here: links across the cut end as they would after three silences.
      for (const peer of world.peers) {
        for (const { link, contact } of world.neighborsOf(peer).slice()) {
          const isAcross =
            world.peers.findIndex((one) => one.contact.id === contact.id) < 30 !== world.peers.indexOf(peer) < 30;
          if (isAcross) peer.process.call((core, now) => core.overlay.drop(now, link, "timeout"));
        }
      }
      world.run(forMs);
      expect(world.components().length).toBeGreaterThan(1);
      world.network.heal();
      expectWhole(world, 10_000);
      world.run(120_000);
      expectSound(world);
      expect(world.components()).toEqual([60]);
      expect(world.meanDegree()).toBeGreaterThan(4.3);
    });
  }
});

seededRuns("a network whose peers come, crash and come back all the time stays one network", 2 * scale, (seed) => {
  const world = new OverlayWorld(seed, { network: { lossRate: seed % 2 === 0 ? 0.02 : 0 } });
  world.startScattered(100, 50);
  world.run(10_000);
  for (let i = 0; i < 100; i++) {
    const peer = world.peers[world.random.below(world.peers.length)]!;
    const { alive } = world;
    const contact = alive[world.random.below(alive.length)]!.contact.address;
    if (!peer.process.alive) world.restart(peer, [contact]);
    else if (alive.length > 60) peer.process.crash(i % 2 === 0 ? "end" : "reset");
    if (i % 10 === 0) world.startPeer([contact]);
    world.run(400);
  }
  world.network.setLoss(0);
  expectWhole(world, 5_000);
  world.run(20_000);
  expectSound(world);
  expect(world.meanDegree()).toBeGreaterThan(4.3);
});
