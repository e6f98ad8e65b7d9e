import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Digests, Summand } from "../../src/core/digests.js";
import { parsePeerId } from "../../src/core/identity.js";
import type { Bounds, DigestPart } from "../../src/core/message.js";

interface LifeVector {
  readonly origin: string;
  readonly epoch: number;
  readonly seen: Bounds;
  readonly lower: number;
  readonly upper: number;
}

/** Made by a program of its own, in another language, from the text of docs/protocol.md. */
const vectors = JSON.parse(readFileSync("docs/protocol-vectors.json", "utf8")) as {
  readonly lives: readonly LifeVector[];
  readonly sums: { readonly lives: readonly number[]; readonly parts: readonly DigestPart[] };
};

class Life extends Summand {
  readonly seen: { readonly bounds: Bounds };

  constructor({ origin, epoch, seen }: LifeVector) {
    super(parsePeerId(origin)!, epoch);
    this.seen = { bounds: seen };
  }
}

describe("the vectors of docs/protocol-vectors.json", () => {
  test.each(vectors.lives)("the hash of life $epoch of $origin, of which $seen is seen", (vector) => {
    const life = new Life(vector);
    expect([life.hashLower(vector.seen) >>> 0, life.hashUpper(vector.seen) >>> 0]).toEqual([
      vector.lower,
      vector.upper,
    ]);
  });

  test.each(vectors.sums.parts)('the sum of the lives under "$prefix"', ({ prefix, ...sum }) => {
    const digests = new Digests<Life>();
    for (const index of vectors.sums.lives) digests.insert(new Life(vectors.lives[index]!));
    expect(digests.sum(prefix)).toEqual(sum);
  });
});
