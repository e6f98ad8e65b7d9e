import { describe, expect, test } from "vitest";
import { directoryDefaults } from "../../../src/core/directory/config.js";
import type { Accusation, Evidence } from "../../../src/core/directory/record.js";
import { accusersNeeded, Suspicions } from "../../../src/core/directory/suspicions.js";
import { type PeerId, parsePeerId } from "../../../src/core/identity.js";
import { OwnHealth } from "../../../src/core/own-health.js";
import { Pace } from "../../../src/core/pace.js";
import { seededRandom } from "../../../src/core/random.js";

const { refusedGraceMs, silentGraceMs, suspicionMaxMs } = directoryDefaults;

function id(number: number): PeerId {
  return parsePeerId(number.toString(16).padStart(32, "0"))!;
}

const subject = id(0);

function by(accuser: number, evidence: Evidence, incarnation = 7): Accusation {
  return { subject, incarnation, accuser: id(accuser), evidence };
}

function suspicions(): Suspicions {
  const health = new OwnHealth();
  for (let now = -suspicionMaxMs; now <= 2 * suspicionMaxMs; now += 1_000) health.heard(now);
  return new Suspicions(directoryDefaults, health, new Pace(), seededRandom(1));
}

describe("how many must agree", () => {
  test.each([
    [3, 100, 3],
    [3, 3, 3],
    [3, 2, 2],
    [3, 1, 1],
    [2, 0, 1],
  ])("of %i that decide in a large network, with %i others: %i", (most, others, needed) => {
    expect(accusersNeeded(most, others)).toBe(needed);
  });
});

describe("a suspicion", () => {
  test.each<[string, number, readonly Evidence[], number]>([
    ["one refusal", 100, ["refused"], suspicionMaxMs],
    ["two refusals", 100, ["refused", "refused"], refusedGraceMs],
    ["a refusal and somebody else in its place", 100, ["refused", "replaced"], refusedGraceMs],
    ["two silences", 100, ["silent", "silent"], suspicionMaxMs],
    ["three silences", 100, ["silent", "silent", "silent"], silentGraceMs],
    ["silence, deafness, a refusal", 100, ["silent", "deaf", "refused"], silentGraceMs],
    ["one silence among three", 2, ["silent"], suspicionMaxMs],
    ["two silences among three", 2, ["silent", "silent"], silentGraceMs],
    ["one silence between two", 1, ["silent"], silentGraceMs],
  ])("of %s, with %i others, is decided in time", (_what, others, evidences, afterMs) => {
    const all = suspicions();
    for (const [index, evidence] of evidences.entries()) expect(all.add(0, by(index + 1, evidence), others)).toBe(true);
    expect(all.takeRipe(afterMs - 1)).toEqual([]);
    expect(all.takeRipe(afterMs)).toHaveLength(1);
    expect(all.size).toBe(0);
  });

  test("leaves the accused four round trips of those measured lately, up to four times the grace", () => {
    for (const [rttMs, graceMs] of [
      [20, refusedGraceMs],
      [250, 1_000],
      [5_000, 4 * refusedGraceMs],
    ] as const) {
      const pace = new Pace();
      pace.measured(rttMs);
      const all = new Suspicions(directoryDefaults, new OwnHealth(), pace, seededRandom(1));
      for (const accuser of [1, 2]) all.add(0, by(accuser, "refused"), 100);
      expect(all.takeRipe(graceMs - 1)).toEqual([]);
      expect(all.takeRipe(graceMs)).toHaveLength(1);
    }
  });

  test("counts each accuser once, and is news only when it says more", () => {
    const all = suspicions();
    expect(all.add(0, by(1, "silent"), 100)).toBe(true);
    expect(all.add(0, by(1, "silent"), 100)).toBe(false);
    expect(all.add(0, by(1, "refused"), 100)).toBe(true);
    expect(all.add(0, by(1, "silent"), 100)).toBe(false);
    expect(all.accusationsOf(subject)).toEqual([by(1, "refused")]);
  });

  test("takes deafness of who had heard only silence, and of one more than are counted, but not twice", () => {
    const all = suspicions();
    expect(all.add(0, by(1, "silent"), 100)).toBe(true);
    expect(all.add(0, by(1, "deaf"), 100)).toBe(true);
    expect(all.add(0, by(1, "silent"), 100)).toBe(false);
    expect(all.accusationsOf(subject)).toEqual([by(1, "deaf")]);
    const other = suspicions();
    for (let accuser = 1; accuser <= 8; accuser++) other.add(0, by(accuser, "silent"), 100);
    expect(other.add(0, by(9, "silent"), 100)).toBe(false);
    expect(other.add(0, by(9, "deaf"), 100)).toBe(true);
    expect(other.add(0, by(10, "deaf"), 100)).toBe(false);
  });

  test("of too few waits until this peer has heard others for long enough, and four times as long when it hears nobody", () => {
    const health = new OwnHealth();
    health.heard(0);
    const all = new Suspicions(directoryDefaults, health, new Pace(), seededRandom(1));
    all.add(2_000, by(1, "silent"), 100);
    const ripeAt = (until: number, hears: (now: number) => boolean) => {
      for (let now = 3_000; now <= until; now += 1_000) {
        if (hears(now)) health.heard(now);
        if (all.takeRipe(now).length > 0) return now;
      }
      return undefined;
    };
    const backAt = 20_000;
    expect(ripeAt(200_000, (now) => now >= backAt)).toBe(backAt + suspicionMaxMs);
    const deaf = new Suspicions(directoryDefaults, new OwnHealth(), new Pace(), seededRandom(1));
    deaf.add(0, by(1, "silent"), 100);
    expect(deaf.takeRipe(4 * suspicionMaxMs - 1)).toEqual([]);
    expect(deaf.takeRipe(4 * suspicionMaxMs)).toHaveLength(1);
  });

  test("is over when the peer says something newer", () => {
    const all = suspicions();
    for (const accuser of [1, 2, 3]) all.add(0, by(accuser, "silent"), 100);
    all.drop(subject);
    expect(all.takeRipe(suspicionMaxMs)).toEqual([]);
  });

  test("ripens later for some time when another who was said to be gone has answered, and less is believed meanwhile", () => {
    const all = suspicions();
    const other = (accuser: number) => ({ ...by(accuser, "refused"), subject: id(9) });
    for (const accuser of [1, 2]) all.add(0, other(accuser), 100);
    for (const accuser of [1, 2]) all.add(0, by(accuser, "refused"), 100);
    expect(all.isDoubtful(300, subject)).toBe(false);
    all.refuted(300, id(9));
    expect(all.isDoubtful(300, subject)).toBe(true);
    expect(all.takeRipe(10 * refusedGraceMs - 1)).toEqual([]);
    expect(all.takeRipe(10 * refusedGraceMs)).toHaveLength(1);
    for (const accuser of [1, 2]) all.add(70_000, by(accuser, "refused"), 100);
    expect(all.takeRipe(70_000 + refusedGraceMs)).toHaveLength(1);
  });

  test("does not rest on the word of somebody who is dead", () => {
    const all = suspicions();
    all.add(0, by(1, "silent"), 100);
    all.add(0, by(2, "silent"), 100);
    expect(all.retract(id(2))).toEqual([]);
    expect(all.retract(id(1))).toEqual([subject]);
    expect(all.takeRipe(suspicionMaxMs)).toEqual([]);
  });

  test("that too few share is looked into again and again, not at once", () => {
    const all = suspicions();
    all.add(0, by(1, "silent"), 100);
    const looks: number[] = [];
    for (let now = 0; now < suspicionMaxMs; now += 100) if (all.takeUnclear(now, 10).length > 0) looks.push(now);
    expect(looks.length).toBeGreaterThanOrEqual(3);
    expect(looks[0]).toBeGreaterThanOrEqual(suspicionMaxMs / 30);
  });

  test("waits when this peer was away itself", () => {
    const all = suspicions();
    for (const accuser of [1, 2, 3]) all.add(0, by(accuser, "silent"), 100);
    all.postpone(10_000, silentGraceMs);
    expect(all.takeRipe(10_000)).toEqual([]);
    expect(all.takeRipe(10_000 + silentGraceMs)).toHaveLength(1);
  });
});
