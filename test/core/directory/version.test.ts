import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { PeerRecord } from "../../../src/core/directory/record.js";
import { VersionSums, versionOf } from "../../../src/core/directory/version.js";

interface VersionVector {
  readonly record: Pick<PeerRecord, "id" | "epoch" | "incarnation">;
  readonly isDead: boolean;
  readonly lower: number;
  readonly upper: number;
}

/** Made by a program of its own, in another language, from the text of docs/protocol.md. */
const { versions, versionSums } = JSON.parse(readFileSync("docs/protocol-vectors.json", "utf8")) as {
  readonly versions: readonly VersionVector[];
  readonly versionSums: {
    readonly versions: readonly number[];
    readonly lower: number;
    readonly upper: number;
    readonly parts: readonly { readonly part: number; readonly sum: number }[];
  };
};

function recordOf({ record }: VersionVector): PeerRecord {
  return { ...record, address: "10.0.0.1:5000" as PeerRecord["address"], hasLeft: false, tags: {} };
}

test.each(versions)("the version of $record.id, incarnation $record.incarnation, dead: $isDead", (vector) => {
  const sums = new VersionSums();
  sums.add(recordOf(vector), vector.isDead);
  expect(versionOf(recordOf(vector), vector.isDead)).toBe(vector.lower);
  expect(sums).toMatchObject({ lower: vector.lower, upper: vector.upper, count: 1 });
});

test("sums are those of the page, and what is taken out leaves nothing", () => {
  const sums = new VersionSums();
  const chosen = versionSums.versions.map((index) => versions[index]!);
  for (const vector of chosen) sums.add(recordOf(vector), vector.isDead);
  const { lower, upper } = versionSums;
  expect(sums).toMatchObject({ lower, upper, count: chosen.length });
  const parts = [...sums.parts].flatMap((sum, part) => (sum === 0 ? [] : [{ part, sum }]));
  expect(parts).toEqual(versionSums.parts);
  for (const vector of chosen) sums.remove(recordOf(vector), vector.isDead);
  expect(sums).toMatchObject({ lower: 0, upper: 0, count: 0 });
  expect(sums.parts.every((sum) => sum === 0)).toBe(true);
});
