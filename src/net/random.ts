/** Randomness of the real world: the same generator as in the simulator, started from the system's entropy. */
import { randomInt } from "node:crypto";
import { type Random, seededRandom } from "../core/random.js";

/** A generator that no two processes share; with a number, one that repeats. */
export function systemRandom(randomSeed: number = randomInt(2 ** 32)): Random {
  return seededRandom(randomSeed);
}
