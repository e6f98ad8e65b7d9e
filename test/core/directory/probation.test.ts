import { describe, expect, test } from "vitest";
import { directoryDefaults } from "../../../src/core/directory/config.js";
import { Probation } from "../../../src/core/directory/probation.js";
import type { PeerRecord } from "../../../src/core/directory/record.js";
import { parsePeerId } from "../../../src/core/identity.js";
import { seededRandom } from "../../../src/core/random.js";

const { probationPoints, deafProbationMs } = directoryDefaults;
const id = parsePeerId("ab".repeat(16))!;
const record: PeerRecord = {
  id,
  address: "10.0.0.1:5000" as PeerRecord["address"],
  epoch: 5,
  incarnation: 9,
  hasLeft: false,
  tags: {},
};

/** How many answers it takes a peer that answers a share of all probes in time; Infinity for more than 2,000. */
function answersNeeded(deaths: number, share: number, randomSeed = 1): number {
  const random = seededRandom(randomSeed);
  const probation = new Probation(directoryDefaults, () => {});
  for (let i = 0; i < deaths; i++) probation.died(i, id, false);
  probation.begin(100, 0, record);
  for (let answers = 1; answers <= 2_000; answers++) {
    if (probation.acked(100 + answers, 0, random.below(1_000) < share * 1_000) !== undefined) return answers;
  }
  return Number.POSITIVE_INFINITY;
}

describe("a peer that was taken for dead", () => {
  test("is believed after a few answers without delay, after more of them with each further death", () => {
    expect(answersNeeded(1, 1)).toBe(probationPoints);
    expect(answersNeeded(2, 1)).toBeGreaterThan(probationPoints);
    expect(answersNeeded(3, 1)).toBeGreaterThan(answersNeeded(2, 1));
    expect(answersNeeded(50, 1)).toBeLessThan(30);
  });

  test("is believed in the end where a tenth of everything is lost, and not where most of it is", () => {
    for (let randomSeed = 1; randomSeed <= 30; randomSeed++) {
      expect(answersNeeded(1, 0.81, randomSeed)).toBeLessThan(200);
      expect(answersNeeded(1, 0.2, randomSeed)).toBe(Number.POSITIVE_INFINITY);
    }
  });

  test("keeps what it has lost when it comes back on another link", () => {
    const probation = new Probation(directoryDefaults, () => {});
    probation.died(0, id, false);
    probation.begin(1, 0, record);
    for (let i = 0; i < 3; i++) probation.silent(1, 0);
    probation.end(0);
    probation.begin(2, 1, record);
    let answers = 1;
    while (probation.acked(2, 1, true) === undefined) answers++;
    expect(answers).toBe(probationPoints + 6);
  });

  test("has to do well for some time when it was deaf again, and for twice as long the next time", () => {
    for (const [deaths, factor] of [
      [2, 1],
      [3, 2],
    ] as const) {
      const probation = new Probation(directoryDefaults, () => {});
      for (let i = 0; i < deaths; i++) probation.died(0, id, true);
      probation.begin(0, 0, record);
      let now = 0;
      while (probation.acked(now, 0, true) === undefined) now += 500;
      expect(now).toBe(factor * deafProbationMs);
    }
  });

  test.each([
    ["was deaf each time", [true, true], () => {}, true],
    ["was deaf once more, as its neighbors tell later", [true, false], (one: Probation) => one.wasDeaf(id), true],
    ["was deaf the first time only", [true, false], () => {}, true],
    ["was deaf now, and just stopped before", [false, true], () => {}, true],
    ["was stopped again and again", [false, false, false], () => {}, false],
    ["was deaf once, and never died before", [true], () => {}, false],
  ] as const)("that %s: how long it has to do well", (_what, deaths, tell, isLong) => {
    const probation = new Probation(directoryDefaults, () => {});
    for (const wasDeaf of deaths) probation.died(0, id, wasDeaf);
    probation.begin(0, 0, record);
    tell(probation);
    let now = 0;
    while (probation.acked(now, 0, true) === undefined) now += 500;
    expect(now >= deafProbationMs).toBe(isLong);
  });

  test("has to do so as well where its death is known by hearsay only: how many there were, nobody there knows", () => {
    const probation = new Probation(directoryDefaults, () => {});
    probation.begin(0, 0, record, true);
    let now = 0;
    while (probation.acked(now, 0, true) === undefined) now += 500;
    expect(now).toBe(deafProbationMs);
  });

  test("may be asked with a newer word of its own: that one counts then", () => {
    const probes: number[] = [];
    const probation = new Probation(directoryDefaults, (_now, slot) => probes.push(slot));
    probation.died(0, id, false);
    probation.begin(1, 4, record);
    probation.begin(1, 4, { ...record, incarnation: 10 });
    let word: PeerRecord | undefined;
    while (word === undefined) word = probation.acked(1, 4, true);
    expect(word.incarnation).toBe(10);
    expect(probes).toHaveLength(probationPoints);
  });
});
