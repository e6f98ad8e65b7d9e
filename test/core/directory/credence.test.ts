import { describe, expect, test } from "vitest";
import { Credence } from "../../../src/core/directory/credence.js";
import { type PeerId, parsePeerId } from "../../../src/core/identity.js";

function id(number: number): PeerId {
  return parsePeerId(number.toString(16).padStart(32, "0"))!;
}

describe("how far accusations are believed", () => {
  test("at first: the accused have the time that they have", () => {
    const credence = new Credence();
    expect(credence.factor(0, true, 20)).toBe(1);
    expect(credence.factor(0, false, 20)).toBe(1);
  });

  test("less for a minute after a process that was said to be gone has answered", () => {
    const credence = new Credence();
    credence.refuted(1_000, id(1), true);
    expect(credence.factor(61_000, true, 20)).toBeGreaterThan(1);
    expect(credence.factor(61_001, true, 20)).toBe(1);
    expect(credence.factor(1_000, false, 20)).toBe(1);
  });

  test.each([
    [20, 3],
    [100, 5],
    [10_000, 64],
  ])("less of silence, among %i peers, after %i have answered", (others, refuters) => {
    const credence = new Credence();
    for (let number = 1; number < refuters; number++) credence.refuted(number, id(number), false);
    // One that hears badly refutes again and again.
    for (let again = 0; again < 10; again++) credence.refuted(900, id(1), false);
    expect(credence.factor(1_000, false, others)).toBe(1);
    credence.refuted(1_000, id(refuters), false);
    expect(credence.factor(1_000, false, others)).toBeGreaterThan(1);
    expect(credence.factor(1_000, true, others)).toBe(1);
    expect(credence.factor(70_000, false, others)).toBe(1);
  });
});
