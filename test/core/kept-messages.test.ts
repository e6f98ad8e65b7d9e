import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeptMessages } from "../../src/core/kept-messages.js";
import type { Envelope, EnvelopeSource } from "../../src/core/message.js";
import { envelope } from "./envelopes.js";

describe("kept messages", () => {
  const seqs = fc.oneof(
    fc.integer({ min: 1, max: 60 }),
    fc.maxSafeNat().map((number) => number + 1),
  );

  test("are found as in a Map, near or far apart, and weigh what they weighed", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(seqs, fc.boolean()), { maxLength: 200 }), (steps) => {
        const messages = new KeptMessages();
        const twin = new Map<number, { envelope: Envelope; weight: number; from: number }>();
        for (const [index, [seq, isPut]] of steps.entries()) {
          if (!isPut) {
            expect(messages.remove(seq)).toBe(twin.get(seq)?.weight ?? 0);
            twin.delete(seq);
          } else if (!twin.has(seq)) {
            const one = envelope(1, 1, seq, index);
            twin.set(seq, { envelope: one, weight: messages.put(one, index, index % 8, 2 * index), from: index % 8 });
          }
          expect(messages.has(seq)).toBe(twin.has(seq));
        }
        expect(messages.size).toBe(twin.size);
        for (const [seq, { envelope, weight, from }] of twin) {
          const index = weight - 100;
          expect(messages.get(seq)).toEqual({ envelope, round: index, from, sinceMs: 2 * index });
          expect(messages.from(seq)).toBe(from);
        }
        expect(messages.seqs().sort()).toEqual([...twin.keys()].sort());
      }),
    );
  });

  test("are kept where they lie, and had again from there", () => {
    const held = new Set<number>();
    const source: EnvelopeSource = {
      envelopeAt: (place) => ({ ...envelope(1, 1, place + 1), source, place }),
      keep: (place) => held.add(place),
      drop: (place) => held.delete(place),
    };
    const messages = new KeptMessages();
    for (let place = 0; place < 5; place++) messages.put(source.envelopeAt(place), 1, 0, 0);
    messages.put({ ...envelope(1, 1, 2 ** 40), source, place: 9 }, 1, 0, 0);
    expect([...held]).toEqual([0, 1, 2, 3, 4, 9]);
    expect(messages.get(3)!.envelope).toEqual(source.envelopeAt(2));
    for (const seq of [3, 2 ** 40, 1]) messages.remove(seq);
    expect([...held]).toEqual([1, 3, 4]);
    for (const seq of messages.seqs()) messages.remove(seq);
    expect([...held]).toEqual([]);
  });
});
