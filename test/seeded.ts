/**
 * Tests that run from random numbers and can be repeated from one.
 */
import { relative } from "node:path";
import { expect, test } from "vitest";

/** For one of the numbers that were asked for. */
const eachMs = 30_000;

/**
 * A test that runs its body once for each number from 1 to `count`, or for `HEARSAY_RANDOM_SEED` alone when that is
 * set, or a range of them, as in `200-300`. When a run fails, the message ends in the one command that repeats it.
 */
export function seededRuns(name: string, count: number, body: (randomSeed: number) => void | Promise<void>): void {
  const isLong = process.env.HEARSAY_LONG !== undefined || process.env.HEARSAY_RANDOM_SEED !== undefined;
  // As many as one likes, on a machine as slow as it is.
  const options = isLong ? { timeout: eachMs * randomSeeds(count).length } : {};
  test(name, options, async () => {
    for (const randomSeed of randomSeeds(count)) {
      try {
        await body(randomSeed);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        throw new Error(`${message}\n\nRepeat it with: ${repeatCommand(name, randomSeed)}`, { cause: error });
      }
    }
  });
}

/** The shell command that runs the test of this name, in the file that is running now, with this number alone. */
export function repeatCommand(name: string, randomSeed: number): string {
  const file = relative(process.cwd(), expect.getState().testPath ?? "");
  // vitest takes the name as a regular expression, the shell takes it between single quotes.
  const pattern = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&").replaceAll("'", "'\\''");
  return `HEARSAY_RANDOM_SEED=${randomSeed} npx vitest run ${file} -t '${pattern}'`;
}

function randomSeeds(count: number): number[] {
  const chosen = process.env.HEARSAY_RANDOM_SEED;
  if (chosen === undefined || chosen === "") return Array.from({ length: count }, (_, index) => index + 1);
  const [first, last = first] = /^\d+-\d+$/.test(chosen) ? chosen.split("-").map(Number) : [Number(chosen)];
  if (!Number.isInteger(first) || last! < first!)
    throw new Error(`HEARSAY_RANDOM_SEED must be an integer, or a range of them, not ${chosen}`);
  return Array.from({ length: last! - first! + 1 }, (_, index) => first! + index);
}
