import { describe, expect, test } from "vitest";
import { historyDefaults } from "../../src/core/config.js";
import { History } from "../../src/core/history.js";
import type { Envelope } from "../../src/core/message.js";
import { sample, seededRandom } from "../../src/core/random.js";
import { Sequencer } from "../../src/core/sequencer.js";
import { seededRuns } from "../seeded.js";
import { envelope, idOf } from "./envelopes.js";

function make(config: Partial<typeof historyDefaults> = {}) {
  const limits = { ...historyDefaults, ...config };
  const history = new History(limits);
  const released: Envelope[] = [];
  const sequencer = new Sequencer(limits, history, { ordered: (one) => released.push(one) });
  const arrive = (one: Envelope) => {
    if (history.add(0, one, 1, 0)) sequencer.arrived(0, one);
  };
  /** What the reconciler does in its next wake. */
  const tellGaps = () => {
    const gaps = history.takeGaps();
    for (const { origin, epoch } of gaps) sequencer.skipped(0, origin, epoch);
    return gaps;
  };
  return { history, sequencer, released, arrive, tellGaps, seqs: () => released.map(({ seq }) => seq) };
}

describe("the sequencer", () => {
  test("lets what comes in order pass, and holds what comes too early", () => {
    const { arrive, seqs, sequencer } = make();
    for (const seq of [1, 2, 5, 4, 7]) arrive(envelope(1, 1, seq));
    expect(seqs()).toEqual([1, 2]);
    expect(sequencer.size).toBe(3);
    expect(sequencer.hasReleased(envelope(1, 1, 2))).toBe(true);
    expect(sequencer.hasReleased(envelope(1, 1, 4))).toBe(false);
    arrive(envelope(1, 1, 3));
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
    expect(sequencer.size).toBe(1);
  });

  test("keeps lives and origins apart", () => {
    const { arrive, released } = make();
    for (const [origin, epoch, seq] of [
      [1, 1, 2],
      [1, 2, 1],
      [2, 1, 1],
      [1, 1, 1],
    ])
      arrive(envelope(origin!, epoch!, seq!));
    expect(released.map(({ origin, epoch, seq }) => [Number.parseInt(origin, 16), epoch, seq])).toEqual([
      [1, 2, 1],
      [2, 1, 1],
      [1, 1, 1],
      [1, 1, 2],
    ]);
  });

  test("goes on when a hole has been given up", () => {
    const { history, sequencer, arrive, seqs } = make();
    for (const seq of [4, 5, 9]) arrive(envelope(1, 1, seq));
    history.skip(0, idOf(1), 1, [1, 3]);
    sequencer.skipped(0, idOf(1), 1);
    expect(seqs()).toEqual([4, 5]);
    arrive(envelope(1, 1, 6));
    expect(seqs()).toEqual([4, 5, 6]);
  });

  test("holds what the history keeps no longer", () => {
    const { arrive, seqs } = make({ retainedMax: 2 });
    for (let seq = 2; seq <= 30; seq++) arrive(envelope(1, 1, seq));
    arrive(envelope(1, 1, 1));
    expect(seqs()).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });

  test("is bounded: the oldest hole is given up when too much waits, and that is told", () => {
    for (const limit of [{ reorderMax: 10 }, { reorderMaxBytes: 2_000 }]) {
      const { sequencer, arrive, seqs, tellGaps } = make(limit);
      arrive(envelope(2, 1, 5, 100));
      for (const seq of [3, 4, 6, 7, 8, 9, 10, 11, 12]) arrive(envelope(1, 1, seq, 100));
      expect(sequencer.size).toBe(10);
      expect(tellGaps()).toEqual([]);
      for (const seq of [13, 14]) arrive(envelope(1, 1, seq, 100));
      expect(seqs()).toEqual([]);
      expect(tellGaps()).toEqual([{ origin: idOf(2), epoch: 1, first: 1, last: 4, count: 4 }]);
      expect(seqs()).toEqual([5]);
      arrive(envelope(1, 1, 15, 100));
      expect(tellGaps()).toEqual([{ origin: idOf(1), epoch: 1, first: 1, last: 2, count: 2 }]);
      expect(seqs()).toEqual([5, 3, 4]);
      expect(sequencer.size).toBe(10);
    }
  });

  test("lets go of what waits when the history has forgotten its life", () => {
    const { sequencer, arrive, seqs, tellGaps } = make({ originsMax: 2 });
    arrive(envelope(1, 1, 3));
    arrive(envelope(2, 1, 1));
    arrive(envelope(3, 1, 1));
    expect(tellGaps()).toEqual([{ origin: idOf(1), epoch: 1, first: 1, last: 2, count: 2 }]);
    expect(seqs()).toEqual([1, 1, 3]);
    expect(sequencer.size).toBe(0);
  });

  seededRuns("gives every message its turn, once and in order, as a plain twin does", 200, (randomSeed) => {
    const random = seededRandom(randomSeed);
    const { history, sequencer, released, arrive } = make({ holesMax: 200 });
    const all: Envelope[] = [];
    for (let origin = 1; origin <= 3; origin++) {
      for (const epoch of [1, 2]) {
        for (let seq = 1; seq <= 20; seq++) if (random.below(10) > 0) all.push(envelope(origin, epoch, seq));
      }
    }
    const twins = new Map<string, { seen: Set<number>; arrived: Set<number>; next: number; order: number[] }>();
    const twinOf = (key: string) => {
      const twin = twins.get(key) ?? { seen: new Set(), arrived: new Set(), next: 1, order: [] };
      twins.set(key, twin);
      return twin;
    };
    const advance = (twin: ReturnType<typeof twinOf>) => {
      for (; twin.seen.has(twin.next); twin.next++) if (twin.arrived.has(twin.next)) twin.order.push(twin.next);
    };
    const twice = [...all, ...sample(random, all, 30)];
    for (const one of sample(random, twice, twice.length)) {
      const twin = twinOf(`${one.origin}/${one.epoch}`);
      if (!twin.seen.has(one.seq)) twin.arrived.add(one.seq);
      twin.seen.add(one.seq);
      advance(twin);
      arrive(one);
      if (random.below(8) === 0) {
        const first = 1 + random.below(20);
        for (let seq = first; seq <= first + 2; seq++) twin.seen.add(seq);
        advance(twin);
        history.skip(0, one.origin, one.epoch, [first, first + 2]);
        sequencer.skipped(0, one.origin, one.epoch);
      }
    }
    for (const [key, twin] of twins) {
      const order = released.filter(({ origin, epoch }) => `${origin}/${epoch}` === key).map(({ seq }) => seq);
      expect(order).toEqual(twin.order);
    }
  });
});
