import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";

/** What an installed file imports when it is loaded: packages by name, and the sources that it was made of. */
function loadedBy(entry: string): {
  readonly files: string[];
  readonly sources: string[];
  readonly packages: string[];
} {
  const files = new Set([entry]);
  const packages = new Set<string>();
  const sources = new Set<string>();
  // Not what may be imported later: that has parentheses.
  const imports = /(?:^|[;}])\s*(?:import|export)\b(?:[^;'"()]*?\bfrom)?\s*["']([^"']+)["']/gm;
  for (const file of files) {
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(imports)) {
      if (specifier!.startsWith(".")) files.add(join(dirname(file), specifier!));
      else packages.add(specifier!);
    }
    // An entry that only passes on what others hold has none of its own.
    if (!existsSync(`${file}.map`)) continue;
    const map = JSON.parse(readFileSync(`${file}.map`, "utf8")) as { readonly sources: readonly string[] };
    for (const source of map.sources) sources.add(join(dirname(file), source));
  }
  return { files: [...files], sources: [...sources], packages: [...packages] };
}

const ofEndpoint = (name: string) => /^src\/http\/|^(?:@hono|hono|prom-client|zod)\b/.test(name);

test('import "hearsay" loads nothing of the admin endpoint, and no package at all', () => {
  const { sources, packages } = loadedBy("lib/index.js");
  expect(sources).toContain("src/core/peer.ts");
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.filter(ofEndpoint)).toEqual([]);
  expect(packages.filter((name) => !name.startsWith("node:"))).toEqual([]);
});

test("it is a few files, which export what their sources do", async () => {
  expect(loadedBy("lib/index.js").files.length).toBeLessThanOrEqual(4);
  for (const [entry, source] of [
    ["lib/index.js", "src/index.ts"],
    ["lib/sim/index.js", "src/sim/index.ts"],
  ] as const) {
    const [built, written] = await Promise.all([import(resolve(entry)), import(resolve(source))]);
    expect(Object.keys(built).sort()).toEqual(Object.keys(written).sort());
  }
});

test('import "hearsay/sim" loads nothing of Node.js, so no sockets and no files, and no package', () => {
  const { sources, packages } = loadedBy("lib/sim/index.js");
  expect(sources).toContain("src/core/peer.ts");
  expect(sources).toContain("src/sim/scenario/run.ts");
  expect(packages).toEqual([]);
});

test("the command line loads the endpoint only when there is one", () => {
  const { sources, packages } = loadedBy("lib/cli/main.js");
  expect(sources).toContain("src/cli/program.ts");
  expect(packages).toContain("commander");
  expect([...sources, ...packages].filter(ofEndpoint)).toEqual([]);
});

test("the command line's help loads no sockets", () => {
  expect(loadedBy("lib/cli/main.js").packages.filter((name) => /^node:(?:net|dns|tls)\b/.test(name))).toEqual([]);
});
