import { describe, expect, test } from "vitest";
import type { Contact } from "../../src/core/identity.js";
import { LinkWatch, linkDefaults } from "../../src/core/link-watch.js";
import { OwnHealth } from "../../src/core/own-health.js";

interface Scene {
  readonly watch: LinkWatch;
  readonly sent: string[];
  readonly taken: [slot: number, mark: number][];
  readonly lost: [slot: number, why: string, at: number][];
  readonly doubted: [slot: number, at: number][];
  readonly away: number[];
  readonly acked: [slot: number, isInTime: boolean][];
  readonly health: OwnHealth;
  now: number;
  /** Lets time pass, waking the watch when it asks for it. */
  run(untilMs: number): void;
}

function scene(): Scene {
  const sent: string[] = [];
  const taken: [number, number][] = [];
  const lost: [number, string, number][] = [];
  const doubted: [number, number][] = [];
  const away: number[] = [];
  const acked: [number, boolean][] = [];
  const health = new OwnHealth();
  const watch: LinkWatch = new LinkWatch(linkDefaults, health, {
    send: (link, message) => sent.push(`${link} ${message.type} ${message.nonce}`),
    taken: (_now, slot, mark) => taken.push([slot, mark]),
    acked: (_now, slot, _rttMs, isInTime) => acked.push([slot, isInTime]),
    doubted: (now, slot) => doubted.push([slot, now]),
    wasAway: (_now, forMs) => away.push(forMs),
    lost: (now, slot, why) => {
      lost.push([slot, why, now]);
      watch.neighborDown(slot);
    },
  });
  return {
    watch,
    sent,
    taken,
    lost,
    doubted,
    away,
    acked,
    health,
    now: 0,
    run(until) {
      while (watch.nextWake <= until) {
        this.now = Math.max(this.now, watch.nextWake);
        watch.wake(this.now);
      }
      this.now = until;
    },
  };
}

describe("a watch over links", () => {
  test("asks how near a new neighbor is, and then only now and then as long as it is heard from", () => {
    const world = scene();
    world.watch.neighborUp(0, 0, 7);
    world.watch.receive(3, 0, { type: "ack", nonce: 1 });
    expect(rttOf(world)).toBe(3);
    for (let now = 500; now <= 60_000; now += 500) {
      world.run(now);
      world.watch.heard(now, 0);
      const nonce = Number(world.sent.at(-1)!.split(" ")[2]);
      world.watch.receive(now, 0, { type: "ack", nonce });
    }
    // One in three seconds, to see whether it hears as well.
    expect(world.sent.length).toBeGreaterThan(10);
    expect(world.sent.length).toBeLessThanOrEqual(21);
    expect(world.lost).toEqual([]);
  });

  test("gives a silent neighbor up after three probes, a stopped one within three seconds, and doubts it after the first", () => {
    const world = scene();
    world.watch.neighborUp(0, 2, 7);
    world.run(60_000);
    expect(world.sent).toHaveLength(4);
    expect(world.doubted).toEqual([[2, 1_600]]);
    expect(world.lost).toEqual([[2, "silent", 2_800]]);
  });

  test("keeps a neighbor that answers its third probe", () => {
    const world = scene();
    world.watch.neighborUp(0, 0, 7);
    world.run(2_700);
    expect(world.sent).toHaveLength(4);
    world.watch.heard(2_700, 0);
    world.watch.receive(2_700, 0, { type: "ack", nonce: 1 });
    expect(rttOf(world)).toBe(500);
    expect(world.acked).toEqual([[0, false]]);
    world.run(4_400);
    expect(world.lost).toEqual([]);
  });

  test("does not blame its neighbors for having been stopped itself", () => {
    const world = scene();
    world.watch.neighborUp(0, 0, 7);
    world.watch.neighborUp(0, 1, 8);
    world.now = 120_000;
    world.watch.wake(120_000);
    expect(world.lost).toEqual([]);
    expect(world.away).toEqual([119_400]);
    expect(world.health.isDoubtful(121_000)).toBe(true);
    // From now on it has more patience: as much as its health says.
    expect(world.health.patience).toBe(8);
    world.run(126_000);
    expect(world.lost).toEqual([]);
    world.watch.heard(126_000, 0);
    world.run(160_000);
    expect(world.lost.map(([slot]) => slot)).toEqual([1, 0]);
    expect(world.lost[0]![2]).toBeGreaterThanOrEqual(120_000 + 3 * 8 * linkDefaults.probeTimeoutMs);
  });

  test("gives up a neighbor that is heard and never answers: it is deaf", () => {
    const world = scene();
    world.watch.neighborUp(0, 0, 7);
    for (let now = 500; now <= 10_000 && world.lost.length === 0; now += 500) {
      world.run(now);
      if (world.lost.length === 0) world.watch.heard(now, 0);
    }
    expect(world.lost).toEqual([[0, "deaf", 6_000]]);
  });

  test("does not give up as deaf who goes on after a stop, even if this peer has less patience by then", () => {
    const world = scene();
    world.watch.neighborUp(0, 0, 7);
    world.now = 120_000;
    world.watch.wake(120_000);
    // For ten seconds it says nothing; what was sent to it meanwhile will be sent again after about as long.
    world.run(130_000);
    for (const at of [130_000, 130_900, 131_800, 132_700, 133_600, 134_500]) {
      world.run(at);
      world.watch.heard(at, 0);
      world.health.answered();
      world.health.answered();
    }
    world.run(135_000);
    expect(world.health.patience).toBe(1);
    expect(world.lost).toEqual([]);
  });

  test.each([
    ["that speaks soon again", 1_500, 1_500],
    ["that was silent for long", 3_000, 6_000],
  ])("takes a neighbor %s for deaf", (_which, gapMs, afterMs) => {
    const { watch } = scene();
    watch.neighborUp(0, 0, 7);
    expect(watch.isDeaf(900, 0)).toBe(false);
    watch.heard(gapMs, 0);
    // All that a stopped process has said before, and its kernel sends again, comes at once.
    watch.heard(gapMs + 100, 0);
    expect(watch.isDeaf(gapMs + afterMs, 0)).toBe(false);
    watch.heard(gapMs + 600, 0);
    // One that was stopped would hear by then.
    expect(watch.isDeaf(gapMs + afterMs - 1, 0)).toBe(false);
    expect(watch.isDeaf(gapMs + afterMs, 0)).toBe(true);
    watch.receive(gapMs + afterMs, 0, { type: "ack", nonce: 1 });
    expect(watch.isDeaf(gapMs + afterMs, 0)).toBe(false);
  });

  test("has more patience while none of several neighbors answers", () => {
    const alone = scene();
    alone.watch.neighborUp(0, 0, 7);
    alone.run(60_000);
    const several = scene();
    for (const slot of [0, 1, 2]) several.watch.neighborUp(0, slot, slot + 7);
    several.run(60_000);
    expect(several.lost[0]![2]).toBeGreaterThan(alone.lost[0]![2]);
    expect(several.health.isDoubtful(several.doubted[0]![1])).toBe(true);
  });

  test("takes an answer for late that may have been sent twice", () => {
    const world = scene();
    world.watch.neighborUp(0, 0, 7);
    for (const [sentAt, afterMs] of [
      [0, 40],
      [100, 60],
      [1_000, 241],
    ] as const) {
      if (sentAt > 0) world.watch.probeNow(sentAt, 0);
      const nonce = Number(world.sent.at(-1)!.split(" ")[2]);
      world.watch.receive(sentAt + afterMs, 0, { type: "ack", nonce });
    }
    expect(world.acked.map(([, isInTime]) => isInTime)).toEqual([true, true, false]);
  });

  test("tells what has been taken, one probe at a time, the last mark for all before it", () => {
    const world = scene();
    world.watch.neighborUp(0, 0, 7);
    world.watch.receive(1, 0, { type: "ack", nonce: 1 });
    world.sent.length = 0;
    world.watch.request(10, 0, 1);
    world.watch.request(11, 0, 2);
    world.watch.request(12, 0, 3);
    expect(world.sent).toEqual(["7 probe 2"]);
    world.watch.receive(50, 0, { type: "ack", nonce: 2 });
    expect(world.taken).toEqual([[0, 1]]);
    expect(world.sent).toEqual(["7 probe 2", "7 probe 3"]);
    world.watch.receive(60, 0, { type: "ack", nonce: 2 });
    expect(world.taken).toEqual([[0, 1]]);
    world.watch.receive(90, 0, { type: "ack", nonce: 3 });
    expect(world.taken).toEqual([
      [0, 1],
      [0, 3],
    ]);
    expect(world.sent).toHaveLength(2);
  });

  test("does not let a mere question for signs of life hold up a request", () => {
    const world = scene();
    world.watch.neighborUp(0, 0, 7);
    world.watch.request(1, 0, 1);
    expect(world.sent).toEqual(["7 probe 1", "7 probe 2"]);
    world.watch.receive(3, 0, { type: "ack", nonce: 1 });
    expect(world.taken).toEqual([]);
    world.watch.receive(4, 0, { type: "ack", nonce: 2 });
    expect(world.taken).toEqual([[0, 1]]);
  });

  test("answers probes, and gives up a neighbor that is congested for ten seconds", () => {
    const world = scene();
    world.watch.neighborUp(0, 0, 7);
    world.watch.receive(0, 0, { type: "probe", nonce: 99 });
    expect(world.sent).toEqual(["7 probe 1", "7 ack 99"]);
    world.watch.congested(100, 0, true);
    expect(world.watch.isCongested(0)).toBe(true);
    for (let now = 500; now <= 15_000; now += 500) {
      world.run(now);
      if (world.lost.length === 0) world.watch.heard(now, 0);
    }
    expect(world.lost.map(([slot, why]) => [slot, why])).toEqual([[0, "slow"]]);
    expect(world.lost[0]![2]).toBeGreaterThanOrEqual(10_100);
  });
});

test("a way that is full is nobody's fault when all ways are: then it is this peer's own that is narrow", () => {
  for (const isAll of [true, false]) {
    const world = scene();
    world.watch.neighborUp(0, 0, 7);
    world.watch.neighborUp(0, 1, 8);
    world.watch.congested(0, 0, true);
    if (isAll) world.watch.congested(0, 1, true);
    for (let now = 100; now <= 15_000; now += 100) {
      world.run(now);
      for (const slot of [0, 1]) if (world.lost.every(([one]) => one !== slot)) world.watch.heard(now, slot);
      const asked = world.sent.findLast((line) => line.startsWith("8 probe"))!;
      world.watch.receive(now, 1, { type: "ack", nonce: Number(asked.split(" ")[2]) });
    }
    expect(world.lost.map(([slot, why]) => [slot, why])).toEqual(isAll ? [] : [[0, "slow"]]);
  }
});

function rttOf({ watch }: Scene): number | undefined {
  return watch.stateOf({ slot: 0, link: 7, since: 0, epoch: 0, contact: {} as Contact }).rttMs;
}
