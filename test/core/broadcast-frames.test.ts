/** One peer's part in the broadcast, message by message: what it sends when it is told what. */
import { describe, expect, test } from "vitest";
import type { Address } from "../../src/core/address.js";
import { Broadcast, broadcastDefaults } from "../../src/core/broadcast.js";
import { historyDefaults } from "../../src/core/config.js";
import type { LinkId } from "../../src/core/effects.js";
import { History } from "../../src/core/history.js";
import type { Announcement, Envelope, Message } from "../../src/core/message.js";
import { beaconSeq } from "../../src/core/tree.js";
import { untreed } from "../../src/core/wanted.js";
import { idOf } from "./broadcast-world.js";

const large = broadcastDefaults.announceFirstBytes;

function envelope(origin: number, seq: number, payloadBytes = 0): Envelope {
  const address = "127.0.0.1:6001" as Address;
  const payload = new Uint8Array(payloadBytes);
  return { origin: idOf(origin), epoch: 1, seq, publishedAt: 0, address, topic: "t", payload };
}

function entry(origin: number, seq: number, more: Partial<Announcement> = {}): Announcement {
  return { origin: idOf(origin), epoch: 1, seq, count: 1, tree: idOf(origin), round: 1, ...more };
}

/** Peer 0, with neighbors 0, 1, … in the slots of these numbers. */
function peerWith(neighbors: number) {
  let sent: { slot: number; message: Message }[] = [];
  const delivered: number[] = [];
  const broadcast = new Broadcast(idOf(0), broadcastDefaults, new History(historyDefaults), {
    send: (link, message) => sent.push({ slot: link - 100, message }),
    deliver: (_now, { seq }) => delivered.push(seq),
    duplicate: () => {},
    served: () => {},
  });
  for (let slot = 0; slot < neighbors; slot++) broadcast.neighborUp({ slot, link: (100 + slot) as LinkId });
  const take = () => {
    const taken = sent;
    sent = [];
    return taken;
  };
  take();
  return {
    broadcast,
    delivered,
    take,
    gossip: (now: number, slot: number, tree: number, round: number, one: Envelope) =>
      broadcast.receive(now, slot, { type: "gossip", tree: idOf(tree), round, envelope: one }),
    ihave: (now: number, slot: number, ...entries: Announcement[]) =>
      broadcast.receive(now, slot, { type: "ihave", entries }),
    /** Wakes it as often as it wants, and takes what it has sent. */
    runTo(now: number) {
      while (broadcast.nextWake <= now) broadcast.wake(broadcast.nextWake);
      return take();
    },
  };
}

/** A peer for whom slot 0 brings what comes on the tree of peer 9, and slots 1 and 2 get announcements only. */
function leaf() {
  const peer = peerWith(3);
  peer.gossip(0, 0, 9, 2, envelope(9, 1));
  for (const slot of [1, 2]) peer.broadcast.receive(1, slot, { type: "prune", tree: idOf(9) });
  peer.runTo(20_000);
  return peer;
}

describe("announcements", () => {
  test("a busy stream costs one entry a frame, whatever its length", () => {
    const { gossip, runTo } = leaf();
    for (let seq = 2; seq <= 1_001; seq++) gossip(30_000, 0, 9, 2, envelope(9, seq));
    const frames = runTo(40_000);
    expect(frames.map(({ slot }) => slot).sort()).toEqual([1, 2]);
    for (const { message } of frames)
      expect(message).toEqual({ type: "ihave", entries: [entry(9, 2, { count: 1_000, round: 2 })] });
  });

  test("what a neighbor has announced is not announced to it", () => {
    const { gossip, ihave, runTo } = leaf();
    for (let seq = 2; seq <= 9; seq++) gossip(30_000, 0, 9, 2, envelope(9, seq));
    ihave(30_010, 1, entry(9, 4, { count: 2, round: 2 }));
    const frames = runTo(40_000);
    const told = (slot: number) =>
      frames.flatMap((one) => (one.slot === slot && one.message.type === "ihave" ? one.message.entries : []));
    expect(told(1).map(({ seq, count }) => [seq, count])).toEqual([
      [2, 2],
      [6, 4],
    ]);
    expect(told(2).map(({ seq, count }) => [seq, count])).toEqual([[2, 8]]);
  });

  test("a frame of announcements is answered at once by what it lacks, when that is no longer under way", () => {
    const { gossip, ihave, runTo } = leaf();
    gossip(30_000, 0, 9, 2, envelope(9, 2));
    ihave(30_100, 1);
    expect(runTo(30_100)).toEqual([]);
    ihave(31_000, 1);
    expect(runTo(31_000)).toEqual([{ slot: 1, message: { type: "ihave", entries: [entry(9, 2, { round: 2 })] } }]);
  });

  test("an announced message that doesn't come is fetched by a graft, from the next announcer if the first is silent", () => {
    const { ihave, runTo } = leaf();
    ihave(30_000, 1, entry(9, 2));
    ihave(30_010, 2, entry(9, 2));
    expect(runTo(30_299)).toEqual([]);
    const wanted = { origin: idOf(9), epoch: 1, seq: 2 };
    expect(runTo(30_300)).toEqual([{ slot: 1, message: { type: "graft", tree: idOf(9), wanted } }]);
    expect(runTo(30_800)).toEqual([{ slot: 2, message: { type: "graft", tree: idOf(9), wanted } }]);
    expect(runTo(60_000)).toEqual([]);
  });

  test("of many missing messages one is fetched by a graft, the others by a single want", () => {
    const { ihave, runTo } = leaf();
    ihave(30_000, 1, entry(9, 2, { count: 50 }));
    expect(runTo(30_300).map(({ message }) => message)).toEqual([
      { type: "graft", tree: idOf(9), wanted: { origin: idOf(9), epoch: 1, seq: 2 } },
      { type: "want", origin: idOf(9), epoch: 1, seqs: [3, 51] },
    ]);
  });

  test("a message lost while the tree changed is fetched without changing the tree again", () => {
    const { gossip, ihave, runTo } = leaf();
    ihave(30_000, 1, entry(9, 2));
    gossip(30_050, 0, 9, 2, envelope(9, 3));
    expect(runTo(30_300).map(({ message }) => message.type)).toEqual(["want"]);
  });

  test("runs of absurd length are neither counted through nor remembered", () => {
    const { broadcast, ihave, runTo } = leaf();
    const entries = Array.from({ length: 1_024 }, (_, i) => entry(i + 50, 1, { count: beaconSeq - 5 }));
    ihave(30_000, 1, ...entries, entry(9, 7, { count: beaconSeq }), entry(9, beaconSeq - 1, { count: 3 }));
    const asked = runTo(30_300).reduce((sum, { message }) => {
      if (message.type !== "want") return sum + 1;
      return sum + message.seqs.reduce((bounds, seq, i) => bounds + (i % 2 === 0 ? 1 - seq : seq), 0);
    }, 0);
    expect(asked).toBeLessThanOrEqual(broadcastDefaults.missingMax);
    expect(broadcast.trees).toBeLessThanOrEqual(broadcastDefaults.treesMax);
  });
});

describe("large messages", () => {
  test("are announced to all neighbors at once, and pushed to none", () => {
    const { broadcast, take } = peerWith(3);
    expect(broadcast.publish(5, envelope(0, 1, large))).toBe(0b111);
    const entries = [entry(0, 1, { tree: untreed, round: 0 })];
    expect(take()).toEqual([0, 1, 2].map((slot) => ({ slot, message: { type: "ihave", entries } })));
  });

  test("are asked of the first announcer at once, of another only when it is gone or silent for long", () => {
    const { broadcast, ihave, runTo } = peerWith(3);
    ihave(5, 2, entry(9, 1, { tree: untreed }));
    ihave(6, 1, entry(9, 1, { tree: untreed }));
    const want = { type: "want", origin: idOf(9), epoch: 1, seqs: [1, 1] };
    expect(runTo(broadcastDefaults.largeRetryMs)).toEqual([{ slot: 2, message: want }]);
    broadcast.neighborDown({ slot: 2, link: 102 as LinkId });
    expect(runTo(6_000).filter(({ message }) => message.type === "want")).toEqual([{ slot: 1, message: want }]);
  });

  test("are announced on, when they have come, to those who have not announced them", () => {
    const { broadcast, delivered, ihave, runTo } = peerWith(4);
    ihave(5, 2, entry(9, 1, { tree: untreed }));
    ihave(6, 1, entry(9, 1, { tree: untreed }));
    runTo(10);
    expect(broadcast.repaired(50, 2, envelope(9, 1, large), 2)).toBe(true);
    expect(broadcast.repaired(51, 1, envelope(9, 1, large), 2)).toBe(false);
    expect(delivered).toEqual([1]);
    const entries = [entry(9, 1, { tree: untreed, round: 2 })];
    expect(runTo(1_000)).toEqual([0, 3].map((slot) => ({ slot, message: { type: "ihave", entries } })));
  });
});

describe("a congested neighbor", () => {
  test("gets announcements instead of messages, until it has caught up", () => {
    const { broadcast, take } = peerWith(2);
    broadcast.congested(1, 0, true);
    expect(broadcast.publish(2, envelope(0, 1))).toBe(0b10);
    expect(take().map(({ slot, message }) => [slot, message.type])).toEqual([[1, "gossip"]]);
    broadcast.congested(3, 0, false);
    expect(broadcast.publish(4, envelope(0, 2))).toBe(0b11);
  });

  test("is not answered by messages", () => {
    const { broadcast, take } = peerWith(2);
    broadcast.publish(2, envelope(0, 1));
    take();
    broadcast.congested(3, 0, true);
    const wanted = { origin: idOf(0), epoch: 1, seq: 1 };
    broadcast.receive(4, 0, { type: "graft", tree: idOf(0), wanted });
    expect(take()).toEqual([]);
    broadcast.receive(5, 1, { type: "graft", tree: idOf(0), wanted });
    expect(take().map(({ message }) => message.type)).toEqual(["gossip"]);
  });

  test("costs a bounded number of announcements, whatever is published", () => {
    const { broadcast, runTo } = peerWith(2);
    broadcast.congested(1, 0, true);
    for (let origin = 1; origin <= 5_000; origin++) {
      broadcast.receive(2, 1, { type: "gossip", tree: idOf(1), round: 1, envelope: envelope(origin, 1) });
    }
    const entries = runTo(60_000).flatMap(({ message }) => (message.type === "ihave" ? message.entries : []));
    expect(entries.length).toBeLessThanOrEqual(broadcastDefaults.announcementsMax);
    expect(entries.at(-1)?.origin).toBe(idOf(5_000));
  });
});

describe("trees", () => {
  test("a beacon is taken up and told on to those who are farther away, once", () => {
    const { ihave, runTo } = peerWith(3);
    const beacon = (round: number) => entry(9, beaconSeq, { round });
    ihave(5, 0, beacon(3));
    ihave(6, 1, beacon(1));
    ihave(7, 2, beacon(7));
    ihave(8, 1, beacon(1));
    const sent = runTo(10_000);
    const changes = sent.filter(({ message }) => message.type === "graft" || message.type === "prune");
    expect(changes.map(({ slot, message }) => [slot, message.type])).toEqual([
      [0, "graft"],
      [1, "graft"],
      [0, "prune"],
    ]);
    const told = sent.filter(({ message }) => message.type === "ihave");
    expect(told).toEqual([2, 0].map((slot) => ({ slot, message: { type: "ihave", entries: [beacon(2)] } })));
  });

  test("when the parent is lost, a neighbor no farther from the root takes its place at once", () => {
    const { broadcast, ihave, runTo } = peerWith(4);
    for (const [slot, round] of [
      [0, 4],
      [1, 2],
      [2, 5],
      [3, 3],
    ] as const)
      ihave(5, slot, entry(9, beaconSeq, { round }));
    runTo(10_000);
    broadcast.neighborDown({ slot: 1, link: 101 as LinkId });
    const grafts = runTo(10_000).filter(({ message }) => message.type === "graft");
    expect(grafts).toEqual([{ slot: 3, message: { type: "graft", tree: idOf(9), wanted: undefined } }]);
  });

  test("a neighbor that has nobody else is told of all trees", () => {
    const { broadcast, ihave, runTo } = peerWith(2);
    for (const root of [7, 8, 9]) ihave(5, 0, entry(root, beaconSeq));
    runTo(10_000);
    broadcast.receive(10_001, 1, { type: "graft", tree: undefined, wanted: undefined });
    const entries = [7, 8, 9].map((root) => entry(root, beaconSeq, { round: 2 }));
    expect(runTo(11_000)).toEqual([{ slot: 1, message: { type: "ihave", entries } }]);
  });

  test("a prune that crosses a graft changes nothing", () => {
    const { broadcast, gossip, ihave, runTo } = leaf();
    ihave(30_000, 1, entry(9, beaconSeq, { round: 0 }));
    expect(runTo(30_000).map(({ slot, message }) => [slot, message.type])).toContainEqual([1, "graft"]);
    broadcast.receive(30_010, 1, { type: "prune", tree: idOf(9) });
    gossip(30_100, 0, 9, 2, envelope(5, 1));
    expect(runTo(30_100).map(({ slot, message }) => [slot, message.type])).toContainEqual([1, "gossip"]);
  });

  test("what comes from a slot without a link is ignored", () => {
    const { broadcast, delivered, gossip, take } = peerWith(2);
    gossip(5, 6, 9, 1, envelope(9, 1));
    expect(delivered).toEqual([]);
    expect(take()).toEqual([]);
    expect(broadcast.trees).toBe(0);
  });

  test("are bounded, and the one unused for longest is forgotten", () => {
    const { broadcast, ihave, gossip, take } = peerWith(2);
    gossip(1, 0, 9_999, 1, envelope(9_999, 1));
    for (let root = 1; root <= 3_000; root++) ihave(5, 0, entry(root, beaconSeq));
    expect(broadcast.trees).toBe(broadcastDefaults.treesMax);
    take();
  });
});
