import { describe, expect, test } from "vitest";
import { joinAddress } from "../../../src/core/address.js";
import { Comparison } from "../../../src/core/directory/comparison.js";
import { directoryDefaults } from "../../../src/core/directory/config.js";
import type { Ask, News, Summary, Sums, Versions } from "../../../src/core/directory/messages.js";
import type { PeerRecord } from "../../../src/core/directory/record.js";
import { Stillness } from "../../../src/core/directory/stillness.js";
import { DirectoryTable } from "../../../src/core/directory/table.js";
import { parsePeerId } from "../../../src/core/identity.js";
import { type Random, seededRandom } from "../../../src/core/random.js";
import { encodeNative } from "../../../src/wire/native.js";
import { seededRuns } from "../../seeded.js";

type Compared = News | Summary | Sums | Versions | Ask;

/** Two tables, and what they say to each other until they are done. */
class Pair {
  readonly tables = [0, 1].map(() => new DirectoryTable(directoryDefaults, () => {})) as [
    DirectoryTable,
    DirectoryTable,
  ];
  readonly said: Compared[] = [];
  now = 1_000_000;
  readonly #sides: [Comparison, Comparison];
  #onTheWay: { readonly to: 0 | 1; readonly message: Compared }[] = [];

  constructor(random: Random) {
    const side = (own: 0 | 1) =>
      new Comparison(directoryDefaults, this.tables[own], new Stillness(), random, {
        send: (_slot, message) => {
          encodeNative(message);
          this.said.push(message);
          this.#onTheWay.push({ to: own === 0 ? 1 : 0, message });
        },
        differs: () => {},
        accusationsOf: () => [],
      });
    this.#sides = [side(0), side(1)];
  }

  compare(): void {
    for (const [own, side] of this.#sides.entries()) side.neighborUp(this.now, 0, own === 0);
    for (let next = this.#onTheWay.shift(); next !== undefined; next = this.#onTheWay.shift()) {
      const { to, message } = next;
      if (message.type === "news") {
        for (const record of message.records) this.tables[to].put(this.now, record);
        for (const { record, agoMs } of message.ended) this.tables[to].putDead(this.now, record, [], agoMs);
      } else expect(this.#sides[to].receive(this.now, 0, message)).toBe(true);
    }
  }

  get areEqual(): boolean {
    const [one, other] = this.tables.map(({ sums }) => sums) as [DirectoryTable["sums"], DirectoryTable["sums"]];
    return one.lower === other.lower && one.upper === other.upper && one.count === other.count;
  }
}

function recordOf(random: Random, index: number): PeerRecord {
  const words = Array.from({ length: 8 }, () => random.below(0x1_0000).toString(16).padStart(4, "0"));
  const id = parsePeerId(words.join(""))!;
  const address = joinAddress(`10.1.${index >> 8}.${index & 255}`, 5000)!;
  return { id, address, epoch: 5, incarnation: 5, hasLeft: false, tags: {} };
}

describe("comparing directories", () => {
  seededRuns("ends with the same directory on both sides, whatever differs", 20, (randomSeed) => {
    const random = seededRandom(randomSeed);
    const pair = new Pair(random);
    const size = [2, 40, 700, 3_000][random.below(4)]!;
    for (let i = 0; i < size; i++) {
      const record = recordOf(random, i);
      const newer = { ...record, incarnation: 6 + random.below(3) };
      const dice = random.below(10);
      if (dice !== 0) pair.tables[0].put(pair.now, dice === 1 ? newer : record);
      if (dice !== 2) pair.tables[1].put(pair.now, dice === 3 ? newer : record);
      if (dice === 4) for (const table of pair.tables) table.bury(pair.now, record, []);
    }
    // One side may know nothing at all: a newcomer.
    pair.compare();
    expect(pair.areEqual).toBe(true);
  });

  test("costs one summary when nothing differs", () => {
    const random = seededRandom(1);
    const pair = new Pair(random);
    for (let i = 0; i < 500; i++) {
      const record = recordOf(random, i);
      for (const table of pair.tables) table.put(pair.now, record);
    }
    pair.compare();
    expect(pair.said.map(({ type }) => type)).toEqual(["summary"]);
    expect(encodeNative(pair.said[0]!).length).toBeLessThan(24);
  });

  test("tells a newcomer everything at once, in messages that the wire takes", () => {
    const random = seededRandom(1);
    const pair = new Pair(random);
    for (let i = 0; i < 3_000; i++)
      pair.tables[1].put(pair.now, { ...recordOf(random, i), tags: { role: "x".repeat(200) } });
    pair.tables[0].put(pair.now, recordOf(random, 9_999));
    pair.compare();
    expect(pair.tables[0].present).toBe(3_001);
    expect(new Set(pair.said.map(({ type }) => type))).toEqual(new Set(["summary", "news"]));
  });

  test("one difference among a thousand costs its part, not all", () => {
    const random = seededRandom(1);
    const pair = new Pair(random);
    for (let i = 0; i < 1_000; i++) {
      const record = recordOf(random, i);
      pair.tables[0].put(pair.now, record);
      pair.tables[1].put(pair.now, i === 500 ? { ...record, incarnation: 9 } : record);
    }
    pair.compare();
    expect(pair.areEqual).toBe(true);
    const bytes = pair.said.reduce((sum, message) => sum + encodeNative(message).length, 0);
    expect(bytes).toBeLessThan(1_600);
  });
});
