import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import * as entry from "../../src/sim/index.js";
import { importsOf, scan } from "../house/source.js";

/** All files that a source file loads. */
function loadedBy(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const { specifier } of importsOf(scan({ path, text: readFileSync(path, "utf8") }))) {
    if (!specifier.startsWith(".")) continue;
    loadedBy(posix.join(posix.dirname(path), specifier.replace(/\.js$/, ".ts")), found);
  }
  return found;
}

describe("hearsay/sim", () => {
  test("is a package of its own: whoever imports hearsay does not load it", () => {
    expect([...loadedBy("src/sim/index.ts")].some((path) => path.startsWith("src/sim/scenario/"))).toBe(true);
    expect([...loadedBy("src/index.ts")].filter((path) => path.startsWith("src/sim/scenario/"))).toEqual([]);
  });

  test("loads nothing of Node.js, and no sockets", () => {
    expect([...loadedBy("src/sim/index.ts")].filter((path) => !/^src\/(?:core|wire|api|sim)\//.test(path))).toEqual([]);
  });

  test("is found by that name, with all that it exports", () => {
    const code = 'console.log(Object.keys(await import("hearsay/sim")).sort().join())';
    const stdout = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" });
    expect(stdout.trim().split(",")).toEqual(Object.keys(entry).sort());
  });
});
