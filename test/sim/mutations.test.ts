/**
 * Bugs that are planted in a copy of the built code, and that the swarm has to find: promises that could not fail would be
 * worth nothing. Three of them here, all with `HEARSAY_LONG=1`.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { type Mutation, mutations } from "./mutations/list.js";

const run = promisify(execFile);
const isLong = process.env.HEARSAY_LONG === "1";
/** Runs of the swarm until a bug counts as not found. */
const runsMax = 100;

const folder = mkdtempSync(join(tmpdir(), "hearsay-mutations-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the built code with a bug in it. */
function planted({ file, from, to }: Mutation, index: number): string {
  const copy = join(folder, String(index));
  for (const part of ["core", "wire", "api", "sim"]) cpSync(`dist/${part}`, join(copy, part), { recursive: true });
  writeFileSync(join(copy, "package.json"), '{"type":"module"}');
  const text = readFileSync(join(copy, file), "utf8");
  expect(text.split(from), `${file} has it once: ${from}`).toHaveLength(2);
  writeFileSync(
    join(copy, file),
    text.replace(from, () => to),
  );
  return copy;
}

async function search(copy: string, promise: string): Promise<{ number: number; promise: string } | undefined> {
  const { stdout } = await run(process.execPath, ["test/sim/mutations/search.mjs", copy, promise, String(runsMax)]);
  return stdout === "" ? undefined : (JSON.parse(stdout) as { number: number; promise: string });
}

describe("the swarm finds", () => {
  for (const [index, mutation] of mutations.entries()) {
    test.runIf(isLong || mutation.isShort === true)(`that ${mutation.name}`, { timeout: 300_000 }, async () => {
      expect(await search(planted(mutation, index), mutation.promise), "found").toBeDefined();
    });
  }
});

test.runIf(isLong)(
  "a copy without a bug keeps its promises in as many runs as most bugs need",
  { timeout: 120_000 },
  async () => {
    const nothing: Mutation = {
      name: "",
      file: "core/gaps.js",
      from: "if (!isPast)",
      to: "if (!isPast)",
      promise: "",
      foundBy: 0,
    };
    const copy = planted(nothing, mutations.length);
    const { stdout } = await run(process.execPath, ["test/sim/mutations/search.mjs", copy, "any", "12"]);
    expect(stdout).toBe("");
  },
);

test("every planted bug fits in one place, and three of them are looked for each time", () => {
  for (const { file, from, name } of mutations) {
    expect(readFileSync(`dist/${file}`, "utf8").split(from), name).toHaveLength(2);
  }
  expect(mutations.length).toBeGreaterThanOrEqual(12);
  expect(mutations.filter(({ isShort }) => isShort)).toHaveLength(3);
});
