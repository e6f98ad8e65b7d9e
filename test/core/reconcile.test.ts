import { describe, expect, test } from "vitest";
import type { PeerId } from "../../src/core/identity.js";
import type { Envelope } from "../../src/core/message.js";
import { type Random, sample, seededRandom } from "../../src/core/random.js";
import { encodeNative } from "../../src/wire/native.js";
import { seededRuns } from "../seeded.js";
import { envelope, idOf } from "./envelopes.js";
import { type ReconcilePeer, ReconcileWorld } from "./reconcile-world.js";

const epoch = 1_700_000_000_000;

function randomIds(random: Random, count: number): PeerId[] {
  const digits = () => random.below(0x1_0000_0000).toString(16).padStart(8, "0");
  return Array.from({ length: count }, () => (digits() + digits() + digits() + digits()) as PeerId);
}

/** `perOrigin` messages of each of `origins`. */
function messages(random: Random, origins: number, perOrigin: number, payloadBytes = 256): Envelope[] {
  const ids = randomIds(random, origins);
  return Array.from({ length: origins * perOrigin }, (_, i) =>
    envelope(ids[i % origins]!, epoch, 1 + Math.floor(i / origins), payloadBytes),
  );
}

function give(peer: ReconcilePeer, now: number, envelopes: readonly Envelope[]): void {
  for (const one of envelopes) peer.take(now, one);
}

/** All to all, or a ring and some chords. */
function connectAll(world: ReconcileWorld, peers: readonly ReconcilePeer[], degree: number): void {
  for (let i = 0; i < peers.length; i++) {
    for (let step = 1; step <= degree / 2; step++) {
      const other = peers[(i + step * step) % peers.length]!;
      const isLinked = peers[i]!.links.some((link) => link?.to === other);
      if (other !== peers[i] && !isLinked) world.connect(peers[i]!, other);
    }
  }
}

function same(peers: readonly ReconcilePeer[], count: number): boolean {
  return peers.every(({ history }) => history.size === count);
}

describe("reconciliation between two", () => {
  test("costs at most 64 bytes when nothing differs, with and without a history", () => {
    for (const count of [0, 3, 1_000]) {
      const world = new ReconcileWorld(1);
      const [a, b] = [world.start(), world.start()];
      const all = messages(seededRandom(2), Math.max(1, count), count === 0 ? 0 : 2);
      give(a, world.now, all);
      give(b, world.now, all);
      world.connect(a, b);
      world.run(100);
      world.bytes = 0;
      world.sent.length = 0;
      world.run(10_000);
      const exchanges = world.sent.length / 2;
      expect(exchanges).toBeGreaterThanOrEqual(6);
      expect(world.bytes / exchanges).toBeLessThanOrEqual(64);
    }
  });

  for (const { origins, perOrigin, missing, isScattered } of [
    { origins: 1, perOrigin: 10_000, missing: 1, isScattered: true },
    { origins: 1, perOrigin: 10_000, missing: 50, isScattered: true },
    { origins: 1, perOrigin: 10_000, missing: 1_000, isScattered: false },
    { origins: 5_000, perOrigin: 2, missing: 1, isScattered: true },
    { origins: 5_000, perOrigin: 2, missing: 10, isScattered: true },
    { origins: 5_000, perOrigin: 2, missing: 100, isScattered: true },
    { origins: 5_000, perOrigin: 2, missing: 1_000, isScattered: true },
    { origins: 5_000, perOrigin: 2, missing: 5_000, isScattered: true },
  ]) {
    const how = isScattered ? "here and there" : "in a row";
    test(`${missing} of ${origins} × ${perOrigin} messages missing ${how} cost little more than themselves`, () => {
      for (const isNewcomerAsking of [true, false]) {
        const world = new ReconcileWorld(missing);
        const [a, b] = [world.start(), world.start()];
        const random = seededRandom(missing + 1);
        const all = messages(random, origins, perOrigin);
        const lacking = isScattered ? sample(random, all, missing) : all.slice(2_000, 2_000 + missing);
        const lackingSet = new Set(lacking);
        give(a, world.now, all);
        const rest = all.filter((one) => !lackingSet.has(one));
        give(b, world.now, rest);
        if (isNewcomerAsking) world.connect(a, b);
        else world.connect(b, a);
        expect(world.runUntil(() => same([a, b], all.length), 3_000)).toBeLessThan(2_000);
        expect(b.duplicates).toBe(0);
        const framesBytes = lacking.reduce((sum, one) => sum + repairBytes(one), 0);
        // Half as much again, and something for finding the first one among all.
        expect(world.bytes).toBeLessThanOrEqual(1.5 * framesBytes + 16 * Math.log2(all.length));
      }
    });
  }

  test("brings both sides what they lack, when both begin at once or one is empty", () => {
    for (const [forA, forB] of [
      [1, 1],
      [0, 1],
      [1, 0],
      [0, 0],
    ] as const) {
      const world = new ReconcileWorld(5);
      const [a, b] = [world.start(), world.start()];
      give(a, world.now, messages(seededRandom(1), 200 * forA, 3));
      give(b, world.now, messages(seededRandom(2), 300 * forB, 3));
      const total = a.history.size + b.history.size;
      world.connect(a, b);
      expect(world.runUntil(() => same([a, b], total), 5_000)).toBeLessThan(1_000);
      world.run(10_000);
      expect(a.duplicates + b.duplicates + a.gaps.length + b.gaps.length).toBe(0);
      expect(a.history.digest("")).toEqual(b.history.digest(""));
      expect(a.ordered.length).toBe(total);
      expect(a.reconciler.lackingLives + b.reconciler.lackingLives).toBe(0);
    }
  });

  test("waits for what is most likely under way, and asks for it if it does not come", () => {
    const world = new ReconcileWorld(1);
    const [a, b] = [world.start(), world.start()];
    world.connect(a, b);
    world.run(10_000);
    for (let seq = 1; seq <= 1_500; seq++) {
      const one = envelope(1, epoch, seq, 256);
      a.take(world.now, one);
      world.run(10);
      if (seq > 3 && seq !== 1_100) b.take(world.now, envelope(1, epoch, seq - 3, 256));
    }
    // One that the stream has left out, 1,097, came by repair; the rest by itself.
    world.run(3_000);
    expect(b.repairs).toBe(4);
    expect(b.duplicates).toBe(0);
    expect(b.ordered.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_500 }, (_, i) => i + 1));
  });

  test("serves nothing while the link is congested, and compares when it is not any more", () => {
    const world = new ReconcileWorld(1);
    const [a, b] = [world.start(), world.start()];
    give(a, world.now, messages(seededRandom(1), 1, 3_000, 4_096));
    world.connect(a, b);
    world.run(41);
    // Four messages' worth a turn, 256 KiB a millisecond: the want has just come.
    a.reconciler.congested(world.now, 0, true);
    world.run(25);
    const before = b.repairs;
    expect(before).toBeLessThan(200);
    world.run(10_000);
    expect(b.repairs).toBe(before);
    a.reconciler.congested(world.now, 0, false);
    expect(world.runUntil(() => b.history.size === 3_000, 2_000)).toBeLessThan(500);
  });

  test("sends at most 256 KiB a millisecond, to several askers in turn", () => {
    const world = new ReconcileWorld(1, 20);
    const [a, b, c] = [world.start(), world.start(), world.start()];
    give(a, world.now, messages(seededRandom(1), 10, 100, 4_096));
    world.connect(a, b);
    world.connect(a, c);
    let sentBytes = 0;
    let at = 0;
    let most = 0;
    const send = world.send.bind(world);
    world.send = (from, link, message) => {
      if (message.type === "repair") {
        sentBytes = world.now === at ? sentBytes + message.envelope.payload.length : message.envelope.payload.length;
        at = world.now;
        most = Math.max(most, sentBytes);
      }
      send(from, link, message);
    };
    expect(world.runUntil(() => b.history.size === 1_000, 5_000)).toBeLessThan(500);
    expect(c.history.size).toBeGreaterThan(800);
    expect(most).toBeGreaterThan(200_000);
    expect(most).toBeLessThan(300_000);
  });

  test("asks another neighbor when the first sends nothing", () => {
    const world = new ReconcileWorld(1);
    const [a, b, c] = [world.start(), world.start(), world.start()];
    const all = messages(seededRandom(1), 20, 10);
    give(b, world.now, all);
    give(c, world.now, all);
    const send = world.send.bind(world);
    world.send = (from, link, message) => {
      if (from !== b || message.type !== "repair") send(from, link, message);
    };
    world.connect(a, b);
    world.run(10);
    world.connect(a, c);
    expect(world.runUntil(() => a.history.size === 200, 10_000)).toBeLessThan(3_000);
    expect(a.duplicates).toBe(0);
  });

  test("asks another neighbor at once when the first one's link breaks", () => {
    const world = new ReconcileWorld(1);
    const [a, b, c] = [world.start(), world.start(), world.start()];
    const all = messages(seededRandom(1), 20, 500);
    give(b, world.now, all);
    give(c, world.now, all);
    world.connect(a, b);
    world.connect(a, c);
    world.run(65);
    world.disconnect(a, b);
    expect(world.runUntil(() => a.history.size === 10_000, 10_000)).toBeLessThan(1_000);
  });
});

describe("reconciliation among many", () => {
  test("a late joiner has what is retained within two seconds", () => {
    const world = new ReconcileWorld(3, 40);
    const peers = Array.from({ length: 20 }, () => world.start());
    connectAll(world, peers, 4);
    const all = messages(seededRandom(1), 500, 20);
    for (const peer of peers) give(peer, world.now, all);
    world.run(5_000);
    const late = world.start();
    world.connect(late, peers[3]!);
    world.connect(late, peers[9]!);
    expect(world.runUntil(() => late.ordered.length === 10_000, 5_000)).toBeLessThan(2_000);
    expect(late.duplicates).toBeLessThan(100);
    world.run(10_000);
    expect(late.gaps).toEqual([]);
    expect(peers.reduce((sum, peer) => sum + peer.repairs, 0)).toBe(0);
  });

  seededRuns("two halves have the same within five seconds after they are joined", 5, (randomSeed) => {
    const world = new ReconcileWorld(randomSeed, 40);
    const random = seededRandom(randomSeed);
    const peers = Array.from({ length: 20 }, () => world.start());
    const [left, right] = [peers.slice(0, 10), peers.slice(10)];
    connectAll(world, left, 4);
    connectAll(world, right, 4);
    const common = messages(random, 50, 4);
    for (const peer of peers) give(peer, world.now, common);
    world.run(10_000);
    const [news, others] = [messages(random, 40, 5), messages(random, 40, 5)];
    for (const peer of left) give(peer, world.now, news);
    for (const peer of right) give(peer, world.now, others);
    world.run(10_000);
    world.connect(left[random.below(10)]!, right[random.below(10)]!);
    expect(world.runUntil(() => same(peers, 600), 20_000)).toBeLessThan(5_000);
    expect(peers.reduce((sum, { gaps }) => sum + gaps.length, 0)).toBe(0);
    const wasted = peers.reduce((sum, { duplicates }) => sum + duplicates, 0);
    expect(wasted / 4_000).toBeLessThan(0.01);
  });

  seededRuns(
    "everybody ends with everything, each message once and in order, whatever was lost where",
    20,
    (randomSeed) => {
      const world = new ReconcileWorld(randomSeed, 1 + (randomSeed % 50));
      const random = seededRandom(randomSeed);
      const peers = Array.from({ length: 6 }, () => world.start());
      connectAll(world, peers, 4);
      const all = messages(random, 8, 30, 50);
      for (const one of all) {
        const luckyOne = random.below(6);
        peers.forEach((peer, i) => {
          if (i === luckyOne || random.below(3) === 0) peer.take(world.now, one);
        });
        if (random.below(4) === 0) world.run(random.below(100));
        if (random.below(40) === 0) {
          const [a, b] = sample(random, peers, 2) as [ReconcilePeer, ReconcilePeer];
          if (a.links.some((link) => link?.to === b)) world.disconnect(a, b);
          else world.connect(a, b);
        }
      }
      connectAll(world, peers, 4);
      expect(world.runUntil(() => same(peers, 240), 30_000)).toBeLessThan(15_000);
      world.run(5_000);
      for (const { ordered, gaps, reconciler, sequencer } of peers) {
        expect(gaps).toEqual([]);
        expect(ordered).toHaveLength(240);
        const last = new Map<string, number>();
        for (const { origin, seq } of ordered) {
          expect(seq).toBe((last.get(origin) ?? 0) + 1);
          last.set(origin, seq);
        }
        expect(reconciler.lackingLives + sequencer.size).toBe(0);
      }
    },
  );
});

describe("what can't be had any more", () => {
  test("is told as one gap to a late joiner, and the rest follows in order", () => {
    const world = new ReconcileWorld(1);
    const peers = Array.from({ length: 3 }, () => world.start({ history: { retainedPerOriginMax: 100 } }));
    connectAll(world, peers, 2);
    for (const peer of peers) for (let seq = 1; seq <= 500; seq++) peer.take(world.now, envelope(1, epoch, seq));
    const late = world.start();
    world.connect(late, peers[0]!);
    world.run(20);
    world.connect(late, peers[1]!);
    expect(world.runUntil(() => late.ordered.length === 100, 5_000)).toBeLessThan(1_500);
    expect(late.told).toEqual(["1-400", ...Array.from({ length: 100 }, (_, i) => 401 + i)]);
    expect(late.gaps).toEqual([{ origin: idOf(1), epoch, first: 1, last: 400, count: 400 }]);
  });

  test("is no gap when only one of the neighbors still keeps it", () => {
    const world = new ReconcileWorld(1);
    const poor = Array.from({ length: 3 }, () => world.start({ history: { retainedPerOriginMax: 10 } }));
    const rich = world.start();
    const late = world.start();
    for (const peer of [...poor, rich])
      for (let seq = 1; seq <= 50; seq++) peer.take(world.now, envelope(1, epoch, seq));
    for (const peer of poor) world.connect(late, peer);
    world.connect(late, rich);
    world.run(5_000);
    expect(late.gaps).toEqual([]);
    expect(late.ordered).toHaveLength(50);
  });

  test("is given up after half a minute when nobody knows of it", () => {
    const world = new ReconcileWorld(1);
    const [a, b] = [world.start(), world.start()];
    world.connect(a, b);
    for (const peer of [a, b]) for (const seq of [1, 2, 5, 6]) peer.take(world.now, envelope(1, epoch, seq));
    const waited = world.runUntil(() => a.gaps.length + b.gaps.length > 0, 60_000);
    expect(waited).toBeGreaterThanOrEqual(30_000);
    expect(waited).toBeLessThan(32_500);
    world.run(3_000);
    for (const { told } of [a, b]) expect(told).toEqual([1, 2, "3-4", 5, 6]);
    expect(a.reconciler.nextWake).toBeGreaterThan(world.now);
  });

  test("is told too when it was given up for a limit", () => {
    const world = new ReconcileWorld(1);
    const a = world.start({ history: { holesMax: 2 } });
    for (const seq of [2, 4, 6]) a.take(world.now, envelope(1, epoch, seq));
    world.run(1);
    expect(a.told).toEqual(["1-1", 2]);
  });

  test("is no gap for numbers that only a liar has seen", () => {
    const world = new ReconcileWorld(1);
    const [a, b] = [world.start(), world.start()];
    world.connect(a, b);
    for (const seq of [1, 2]) a.take(world.now, envelope(1, epoch, seq));
    const lives = [{ origin: idOf(1), epoch, seen: [1, 2 ** 53 - 1], kept: [1, 2] }];
    for (let i = 0; i < 30; i++) {
      expect(
        a.reconciler.receive(world.now, 0, { type: "marks", isQuestion: true, parts: [{ prefix: "", lives }] }),
      ).toBe(true);
      world.run(2_000);
    }
    expect(a.gaps).toEqual([]);
    a.take(world.now, envelope(1, epoch, 3));
    expect(a.told).toEqual([1, 2, 3]);
  });
});

describe("a peer that wants no past", () => {
  test("begins every life where it is, without a gap, and misses nothing from then on", () => {
    const world = new ReconcileWorld(1);
    const peers = Array.from({ length: 3 }, () => world.start());
    connectAll(world, peers, 2);
    const all = messages(seededRandom(1), 300, 5);
    for (const peer of peers) give(peer, world.now, all);
    const late = world.start({ reconcile: { history: "none" } });
    // Gossip is there before any comparison is.
    const early = envelope(all[0]!.origin, epoch, 6);
    for (const peer of [...peers, late]) peer.take(world.now, early);
    world.connect(late, peers[0]!);
    world.run(300);
    expect(late.told).toEqual([6]);
    world.connect(late, peers[1]!);
    for (const { origin } of all.slice(0, 300))
      for (const peer of peers) peer.take(world.now, envelope(origin, epoch, 7));
    late.take(world.now, envelope(all[1]!.origin, epoch, 8));
    world.run(5_000);
    expect(late.history.seen(all[2]!.origin, epoch)).toEqual([1, 5, 7, 7]);
    for (const { origin } of all.slice(0, 300)) peers[2]!.take(world.now, envelope(origin, epoch, 6));
    world.run(6_000);
    expect(late.gaps).toEqual([]);
    expect(late.ordered).toHaveLength(602 - 1);
  });

  test("is not kept waiting by a neighbor that has nothing either", () => {
    const world = new ReconcileWorld(1);
    const [a, b] = [world.start({ reconcile: { history: "none" } }), world.start({ reconcile: { history: "none" } })];
    world.connect(a, b);
    world.run(100);
    a.take(world.now, envelope(1, epoch, 1));
    world.run(5_000);
    expect(b.told).toEqual([1]);
  });
});

describe("nonsense from others", () => {
  test("is refused", () => {
    const world = new ReconcileWorld(1);
    const [a, b] = [world.start(), world.start()];
    world.connect(a, b);
    const life = { origin: idOf(1), epoch, seen: [1, 5], kept: [2, 4] };
    const marks = (prefix: string, ...lives: (typeof life)[]) => ({
      type: "marks" as const,
      isQuestion: false,
      parts: [{ prefix, lives }],
    });
    const zero = { lower: 0, upper: 0 };
    expect(a.reconciler.receive(world.now, 0, marks("", life))).toBe(true);
    for (const bad of [
      marks("f", life),
      marks("x", life),
      marks("000000000", life),
      marks("", { ...life, seen: [2, 4], kept: [1, 5] }),
      marks("", { ...life, seen: [5, 1] }),
      marks("", { ...life, kept: [2] }),
      { type: "marks" as const, isQuestion: true, parts: [marks("", life).parts[0]!, marks("0", life).parts[0]!] },
      { type: "digest" as const, parts: [{ prefix: "g", ...zero }] },
      {
        type: "digest" as const,
        parts: [
          { prefix: "a", ...zero },
          { prefix: "a0", ...zero },
        ],
      },
      { type: "want" as const, origin: idOf(1), epoch, seqs: [3, 1] },
    ]) {
      expect(a.reconciler.receive(world.now, 0, bad), JSON.stringify(bad)).toBe(false);
    }
  });

  seededRuns("leaves a peer quick, small and correct", process.env.HEARSAY_LONG ? 200 : 20, (randomSeed) => {
    const world = new ReconcileWorld(randomSeed);
    const random = seededRandom(randomSeed);
    const [a, b] = [world.start(), world.start()];
    world.connect(a, b);
    const all = messages(random, 20, 20);
    give(a, world.now, all);
    const ids = [...new Set(all.map(({ origin }) => origin)), ...randomIds(random, 100)];
    const bounds = () => {
      const values: number[] = [];
      let at = 0;
      for (let i = random.below(random.below(2) === 0 ? 4 : 200); i >= 0; i--) {
        at += 2 + random.below(random.below(2) === 0 ? 5 : 0x1_0000_0000);
        values.push(at);
        at += random.below(random.below(2) === 0 ? 5 : 0x1_0000_0000);
        values.push(at);
      }
      if (random.below(10) === 0) values[values.length - 1] = Number.MAX_SAFE_INTEGER;
      return values;
    };
    for (let i = 0; i < 300; i++) {
      const lives = Array.from({ length: random.below(50) }, () => {
        const seen = bounds();
        return { origin: ids[random.below(ids.length)]!, epoch, seen, kept: random.below(2) === 0 ? seen : [] };
      });
      const kind = random.below(3);
      const prefix = random.below(16).toString(16);
      if (kind === 0)
        a.reconciler.receive(world.now, 0, {
          type: "marks",
          isQuestion: random.below(2) === 0,
          parts: [{ prefix: "", lives }],
        });
      else if (kind === 1) a.reconciler.receive(world.now, 0, { type: "want", origin: ids[0]!, epoch, seqs: bounds() });
      else
        a.reconciler.receive(world.now, 0, { type: "digest", parts: [{ prefix, lower: random.below(99), upper: 7 }] });
      world.run(random.below(200));
    }
    world.run(200_000);
    expect(a.reconciler.lackingLives).toBe(0);
    expect(a.gaps).toEqual([]);
    expect(b.ordered).toHaveLength(400);
    expect(a.history.digest("")).toEqual(b.history.digest(""));
  });
});

function repairBytes(one: Envelope): number {
  return encodeNative({ type: "repair", ageMs: 20, round: 2, envelope: one }).length;
}
