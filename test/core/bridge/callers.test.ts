import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../../src/core/address.js";
import { calledFor } from "../../../src/core/bridge/callers.js";
import { sample, seededRandom } from "../../../src/core/random.js";

const peers = addresses("10.0.0.", 200);
const targets = addresses("10.9.0.", 100);

describe("who is called", () => {
  test("as many as wanted for each target, when all know each other", () => {
    const callers = callersByTarget(() => peers, 2);
    for (const target of targets) expect(callers.get(target)).toHaveLength(2);
  });

  test("everybody, when there are fewer than wanted", () => {
    expect(calledFor(peers[0]!, peers.slice(0, 2), targets, 2)).toEqual(targets);
    expect(calledFor(peers[0]!, [], targets, 1)).toEqual(targets);
  });

  test("spread over the peers, though their addresses are alike", () => {
    const loads = peers.map((peer) => calledFor(peer, peers, targets, 2).length);
    // 200 calls over 200 peers by chance: five and more fall on one in 270.
    expect(Math.max(...loads)).toBeLessThanOrEqual(7);
  });

  test("those whom samples make believe so, too, and never nobody", () => {
    const random = seededRandom(1);
    const truly = callersByTarget(() => peers, 2);
    const callers = callersByTarget(() => sample(random, peers, 20), 2);
    let count = 0;
    for (const target of targets) {
      expect(callers.get(target)).toEqual(expect.arrayContaining(truly.get(target)!));
      count += callers.get(target)!.length;
    }
    // Two of the 21 that each knows, itself included.
    expect(count / targets.length).toBeGreaterThan(15);
    expect(count / targets.length).toBeLessThan(25);
  });
});

function callersByTarget(known: () => Address[], callersMax: number): Map<Address, Address[]> {
  const callers = new Map<Address, Address[]>(targets.map((target) => [target, []]));
  for (const peer of peers) {
    for (const target of calledFor(peer, known(), targets, callersMax)) callers.get(target)!.push(peer);
  }
  return callers;
}

function addresses(prefix: string, count: number): Address[] {
  return Array.from({ length: count }, (_, i) => parseAddress(`${prefix}${i + 1}:5000`)!);
}
