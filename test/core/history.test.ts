import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { historyDefaults } from "../../src/core/config.js";
import { History } from "../../src/core/history.js";
import { seededRandom } from "../../src/core/random.js";
import { seededRuns } from "../seeded.js";
import { envelope, idOf } from "./envelopes.js";

const config = { ...historyDefaults, retainedMax: 100, holesMax: 8, originsMax: 50 };

describe("the history", () => {
  test("takes a message once, in whatever order messages come", () => {
    const history = new History(config);
    for (const seq of [3, 1, 2, 3, 1]) history.add(0, envelope(1, 1, seq), 1, 0);
    expect(history.size).toBe(3);
    expect(history.add(0, envelope(1, 1, 2), 5, 0)).toBe(false);
    expect(history.get(envelope(1, 1, 2))?.round).toBe(1);
    expect(history.retained(undefined).map(({ seq }) => seq)).toEqual([3, 1, 2]);
  });

  test("keeps a bounded number whole, and remembers of the others that they were seen", () => {
    const history = new History(config);
    for (let seq = 1; seq <= 5_000; seq++)
      expect(history.add(0, envelope(seq % 3, 1, Math.ceil(seq / 3)), 1, 0)).toBe(true);
    expect(history.size).toBe(100);
    expect(history.has(envelope(1, 1, 1))).toBe(true);
    expect(history.get(envelope(1, 1, 1))).toBeUndefined();
    expect(history.get(envelope(5_000 % 3, 1, Math.ceil(5_000 / 3)))).toBeDefined();
  });

  test("bounds what is kept by weight, and what is kept of one life by number", () => {
    const history = new History({ ...config, retainedMaxBytes: 10_000, retainedPerOriginMax: 5 });
    for (let seq = 1; seq <= 20; seq++) history.add(0, envelope(1, 1, seq, 100), 1, 0);
    expect(history.kept(idOf(1), 1)).toEqual([16, 20]);
    expect(history.bytes).toBe(1_000);
    for (let origin = 2; origin <= 20; origin++) history.add(0, envelope(origin, 1, 1, 900), 1, 0);
    expect(history.bytes).toBe(10_000);
    expect(history.kept(idOf(1), 1)).toEqual([]);
    expect(history.seen(idOf(1), 1)).toEqual([1, 20]);
  });

  test("lets go of what is too old, and counts the age of a repaired message from its beginning", () => {
    const history = new History({ ...config, retainedMaxAgeMs: 12_800 });
    history.add(100_000, envelope(1, 1, 1), 1, 0);
    history.add(101_000, envelope(1, 1, 2), 1, 0, 5_000);
    expect(history.add(101_000, envelope(1, 1, 3), 1, 0, 13_000)).toBe(true);
    expect(history.kept(idOf(1), 1)).toEqual([1, 2]);
    expect(history.nextWake).toBe(96_000 + 12_800 + 100);
    history.forget(history.nextWake - 1);
    expect(history.size).toBe(2);
    history.forget(history.nextWake);
    expect(history.kept(idOf(1), 1)).toEqual([1, 1]);
    history.forget(history.nextWake);
    expect(history.size).toBe(0);
    expect(history.nextWake).toBe(Number.POSITIVE_INFINITY);
    expect(history.add(200_000, envelope(1, 1, 2), 1, 0)).toBe(false);
  });

  test("gives up numbers at the cost of ranges, whatever they hold", () => {
    const history = new History(config);
    history.add(0, envelope(1, 1, 5), 1, 0);
    history.skip(0, idOf(1), 1, [1, 2, 7, 2 ** 53 - 1]);
    expect(history.seen(idOf(1), 1)).toEqual([1, 2, 5, 5, 7, 2 ** 53 - 1]);
    expect(history.frontier(idOf(1), 1)).toBe(2);
    expect(history.has(envelope(1, 1, 1_000_000))).toBe(true);
    expect(history.takeGaps()).toEqual([]);
    history.skip(0, idOf(2), 7, [1, 9]);
    expect(history.add(0, envelope(2, 7, 9), 1, 0)).toBe(false);
    expect(history.add(0, envelope(2, 7, 10), 1, 0)).toBe(true);
  });

  test("tells of the holes that it has to give up, for there are too many", () => {
    const history = new History({ ...config, holesMax: 3 });
    for (const seq of [3, 5, 7]) history.add(10, envelope(1, 1, seq), 1, 0);
    expect(history.gapsSince).toBe(Number.POSITIVE_INFINITY);
    history.add(20, envelope(1, 1, 9), 1, 0);
    expect(history.gapsSince).toBe(20);
    expect(history.takeGaps()).toEqual([{ origin: idOf(1), epoch: 1, first: 1, last: 2, count: 2 }]);
    expect(history.seen(idOf(1), 1)).toEqual([1, 3, 5, 5, 7, 7, 9, 9]);
    expect([...history.holed]).toHaveLength(1);
  });

  test("tells lives of an origin apart, and counts those older than the latest eight as seen", () => {
    const history = new History(config);
    for (let epoch = 1; epoch <= 9; epoch++) expect(history.add(0, envelope(1, epoch * 10, 2), 1, 0)).toBe(true);
    expect(history.add(0, envelope(1, 90, 2), 1, 0)).toBe(false);
    expect(history.add(0, envelope(1, 20, 2), 1, 0)).toBe(false);
    expect(history.has(envelope(1, 10, 7))).toBe(true);
    expect(history.seen(idOf(1), 10)).toEqual([1, Number.MAX_SAFE_INTEGER]);
    expect(history.kept(idOf(1), 10)).toEqual([]);
    expect(history.takeGaps()).toEqual([{ origin: idOf(1), epoch: 10, first: 1, last: 1, count: 1 }]);
  });

  test("bounds the origins it remembers: the one unheard for longest goes first", () => {
    const history = new History(config);
    for (let origin = 1; origin <= 50; origin++) history.add(origin, envelope(origin, 1, 1), 1, 0);
    history.add(60, envelope(1, 1, 2), 1, 0);
    history.add(70, envelope(51, 1, 1), 1, 0);
    expect(history.has(envelope(1, 1, 1))).toBe(true);
    expect(history.has(envelope(2, 1, 1))).toBe(false);
    expect(history.has(envelope(51, 1, 1))).toBe(true);
    expect(history.count("")).toBe(50);
  });

  seededRuns("knows what a plain twin knows, its sums included", 30, (randomSeed) => {
    const random = seededRandom(randomSeed);
    const config = { ...historyDefaults, retainedMax: 60, retainedPerOriginMax: 20, retainedMaxAgeMs: 1_280 };
    const history = new History(config);
    const seen = new Map<string, { origin: number; epoch: number; seqs: Set<number> }>();
    let now = 1_000_000;
    for (let step = 0; step < 600; step++) {
      now += random.below(10);
      const origin = random.below(6);
      const epoch = 1 + random.below(2);
      const seq = 1 + random.below(40);
      const life = seen.get(`${origin}/${epoch}`) ?? { origin, epoch, seqs: new Set() };
      seen.set(`${origin}/${epoch}`, life);
      const isNew = history.add(now, envelope(origin, epoch, seq, random.below(50)), 1, 0, random.below(3) * 400);
      expect(isNew).toBe(!life.seqs.has(seq));
      life.seqs.add(seq);
      if (random.below(20) === 0) history.forget(now);
      if (random.below(20) === 0) {
        const first = 1 + random.below(40);
        history.skip(now, idOf(origin), epoch, [first, first + 2]);
        for (let i = 0; i < 3; i++) life.seqs.add(first + i);
      }
    }
    let kept = 0;
    for (const { origin, epoch, seqs } of seen.values()) {
      for (let seq = 1; seq <= 45; seq++) expect(history.has(envelope(origin, epoch, seq))).toBe(seqs.has(seq));
      const bounds = history.kept(idOf(origin), epoch);
      for (let seq = 1; seq <= 45; seq++) {
        const isKept = bounds.some((first, i) => i % 2 === 0 && first <= seq && seq <= bounds[i + 1]!);
        expect(history.get(envelope(origin, epoch, seq)) !== undefined).toBe(isKept);
        if (isKept) kept++;
      }
    }
    expect(kept).toBe(history.size);
    expect(history.retained(undefined)).toHaveLength(kept);
    expect(kept).toBeLessThanOrEqual(60);

    // One that has got there by another way, in one step for each life, has the same sums.
    const twin = new History(config);
    for (const { origin, epoch } of history.lives("")) {
      const bounds = history.seen(origin, epoch);
      const envelopes = history.retained(undefined).filter((one) => one.origin === origin && one.epoch === epoch);
      twin.add(now, envelopes[0]!, 1, 0);
      twin.skip(now, origin, epoch, bounds);
    }
    for (const prefix of ["", "0", "f", "00", "000", "00000"])
      expect(twin.digest(prefix)).toEqual(history.digest(prefix));
    expect(twin.children("")).toEqual(history.children(""));
  });

  test("the sum of a prefix is that of its children, and no two histories that differ have the same", () => {
    const history = new History({ ...historyDefaults, originsMax: 5_000 });
    const sums = new Set<string>();
    const random = seededRandom(1);
    for (let i = 0; i < 2_000; i++) {
      const origin = (random.below(0x1_0000_0000) >>> 0).toString(16).padStart(8, "0").padEnd(32, "0");
      history.add(0, { ...envelope(1, 1, 1), origin: origin as never }, 1, 0);
      const { lower, upper } = history.digest("");
      sums.add(`${lower}/${upper}`);
    }
    expect(sums.size).toBe(2_000);
    for (const prefix of ["", "3", "7a", "7ab"]) {
      let lower = 0;
      let upper = 0;
      let count = 0;
      for (const child of history.children(prefix)) {
        lower = (lower + child.lower) >>> 0;
        upper = (upper + child.upper) >>> 0;
        count += history.count(child.prefix);
      }
      expect(history.digest(prefix)).toEqual({ prefix, lower, upper });
      expect(history.count(prefix)).toBe(count);
      expect(history.lives(prefix)).toHaveLength(count);
    }
  });

  test("claims of any size leave it quick and small", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()), { maxLength: 50 }), (pairs) => {
        const history = new History(config);
        for (const [a, b] of pairs) {
          history.skip(0, idOf(1), 1, [Math.min(a, b) + 1, Math.max(a, b) + 1]);
          history.add(0, envelope(1, 1, a + 1), 1, 0);
        }
        expect(history.seen(idOf(1), 1).length).toBeLessThanOrEqual(2 * (config.holesMax + 1));
      }),
    );
  });
});
