import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { declaredNames } from "./house/names.js";
import {
  documentedExports,
  importArrows,
  noBannedNames,
  noImportCycles,
  noLonelyTests,
  noLongFiles,
  nothingLeftToDo,
  nothingLocal,
  pureFloors,
  type Rule,
  unitsInConfigs,
  virtualTime,
  webArrowsHold,
} from "./house/rules.js";
import { importsOf, type SourceFile, scan } from "./house/source.js";

const files = projectFiles();

describe("the house", () => {
  const rules: readonly (readonly [sentence: string, rule: Rule])[] = [
    ["imports go down the floors, never up or sideways", importArrows],
    ["pages import what runs in a browser, and of the endpoint its types", webArrowsHold],
    ["no file imports itself by way of others", noImportCycles],
    ["the core and the wire know neither Node nor packages, neither clock nor timers nor chance", pureFloors],
    ["the simulator has virtual time and seeded chance only", virtualTime],
    ["names say what a thing is, in the words of the design", noBannedNames],
    ["no file in src/ or web/ is longer than 450 lines", noLongFiles],
    ["nothing is marked as left to do", nothingLeftToDo],
    ["every export of src/ and web/ has a doc comment", documentedExports],
    ["times and sizes in a core's config say their unit", unitsInConfigs],
    ["no tracked file names a folder of one machine, or a package registry", nothingLocal],
    ["no test keeps the others from running", noLonelyTests],
  ];
  test.each(rules)("%s", (_sentence, rule) => {
    expect(rule(files)).toEqual([]);
  });

  test("the rules have something to look at", () => {
    expect(files.filter(({ path }) => path.startsWith("src/")).length).toBeGreaterThan(3);
    expect(files.filter(({ path }) => path.startsWith("test/")).length).toBeGreaterThan(3);
  });
});

describe("each rule catches a planted violation", () => {
  test("arrows: up, out, into index.ts, type-only, dynamic, re-exported; down is fine", () => {
    const found = importArrows([
      planted("src/core/overlay.ts", 'import type { Frame } from "../wire/native.js";', 'export * from "../sim/x.js";'),
      planted("src/wire/native.ts", 'import { a } from "../core/a.js";', 'const b = await import("../net/b.js");'),
      planted("src/net/peer.ts", "import {", "  one,", '} from "../index.js";', 'import "../../test/x.js";'),
      planted(
        "src/net/fine.ts",
        'import "./peer.js";',
        '// import "../cli/main.js"',
        "const s = \"from '../cli/a.js'\";",
      ),
      planted("src/attic/box.ts", "const x = 1;"),
    ]);
    expect(found).toEqual([
      "src/core/overlay.ts:1: src/core may not import src/wire/native.ts",
      "src/core/overlay.ts:2: src/core may not import src/sim/x.ts",
      "src/wire/native.ts:2: src/wire may not import src/net/b.ts",
      "src/net/peer.ts:3: imports src/index.ts, which is for users only",
      "src/net/peer.ts:4: imports test/x.ts from outside of src/",
      "src/attic/box.ts:1: src/attic has no place in the table of arrows",
    ]);
  });

  test("pages: other pages, Node, deeper parts of src, values of the endpoint; types of it are fine", () => {
    const found = webArrowsHold([
      planted("web/graph/a.ts", 'import { b } from "../dashboard/b.js";', 'import "node:fs";'),
      planted("web/dashboard/c.tsx", 'import { selfSchema } from "../../src/http/schemas.js";'),
      planted(
        "web/dashboard/d.ts",
        'import type { S } from "../../src/http/server.js";',
        'import "../../src/sim/x.js";',
      ),
      planted("web/dashboard/e.ts", "import type {", "  S,", '} from "../../src/http/schemas.js";', 'import "preact";'),
      planted("web/playground/f.ts", 'import { PeerCore } from "../../src/core/peer.js";', 'import "../graph/a.js";'),
      planted("web/attic/g.ts", "const x = 1;"),
    ]);
    expect(found).toEqual([
      "web/graph/a.ts:1: web/graph may not import web/dashboard/b.ts",
      'web/graph/a.ts:2: imports "node:fs", which no browser has',
      "web/dashboard/c.tsx:1: imports more than types from src/http/schemas.ts",
      "web/dashboard/d.ts:1: imports src/http/server.ts, and not src/http/schemas.ts",
      "web/dashboard/d.ts:2: web/dashboard may not import src/sim/x.ts",
      "web/attic/g.ts:1: web/attic has no place in the table of arrows",
    ]);
  });

  test("circles: reported once, with the way round", () => {
    const found = noImportCycles([
      planted("src/core/a.ts", 'import "./b.js";'),
      planted("src/core/b.ts", 'import type { C } from "./deep/c.js";'),
      planted("src/core/deep/c.ts", 'import { B } from "../b.js";'),
    ]);
    expect(found).toEqual(["src/core/b.ts:1: imports itself: src/core/b.ts → src/core/deep/c.ts → src/core/b.ts"]);
  });

  test("purity: globals and packages are seen, comments, strings and members of the same name are not", () => {
    const found = pureFloors([
      planted("src/core/a.ts", 'import { connect } from "node:net";', 'import ms from "ms";'),
      planted(
        "src/wire/b.ts",
        "const at = Date.now();",
        "const all = [...process.argv];",
        `x = \`\${Math.random()}\`;`,
      ),
      planted(
        "src/core/c.ts",
        "// Date.now()",
        'const s = "process.exit()";',
        "this.process.run();",
        "const r = /new Date/;",
      ),
      planted("src/core/d.ts", "a = b! / c; setTimeout(f, 1 / 2);", "/** `console.log` */", "const t = `console.log`;"),
      planted("src/net/e.ts", "Date.now();"),
    ]);
    expect(found).toEqual([
      'src/core/a.ts:1: imports "node:net"',
      'src/core/a.ts:2: imports "ms"',
      "src/wire/b.ts:1: uses Date.now",
      "src/wire/b.ts:3: uses Math.random",
      "src/wire/b.ts:2: uses process",
      "src/core/d.ts:1: uses setTimeout",
    ]);
  });

  test("virtual time: no clock, no timers", () => {
    const found = virtualTime([
      planted(
        "src/sim/a.ts",
        "performance.now();",
        "new Date();",
        'import { setTimeout } from "node:timers/promises";',
      ),
      planted("src/sim/b.ts", "console.log(1);", "const later = queue.setTimeout(1);"),
    ]);
    expect(found).toEqual([
      'src/sim/a.ts:3: imports "node:timers/promises"',
      "src/sim/a.ts:2: uses new Date",
      "src/sim/a.ts:1: uses performance",
      "src/sim/a.ts:3: uses setTimeout",
    ]);
  });

  test("banned names: in declarations of every kind and in file names, not where others' names are used", () => {
    const found = noBannedNames([
      planted("src/net/socket-utils.ts", 'socket.on("data", (bytes: Buffer) => {});', "logger.info(x.data);"),
      planted(
        "src/core/a.ts",
        "function f(a: string, dataBytes?: number) {}",
        "class PeerManager {",
        "  #info = 1;",
        "}",
      ),
      planted("src/core/b.ts", "interface X {", "  readonly a: Y;", "  memberCount: number;", "  host(): void;", "}"),
      planted("src/core/c.ts", "const { data: bytes, nodes, ...rest } = x;", "list.map((helper) => helper);"),
      planted("src/core/d.ts", "type Z = { kind: 1; nodeId: string } | { handler: 2 };", "try {} catch (info) {}"),
      planted(
        "src/core/e.ts",
        'import { x as util } from "./f.js";',
        "class B {",
        "  get bootstrap() {",
        "    return 1;",
        "  }",
        "}",
      ),
      planted("src/cli/up.ts", "interface UpOptions {", "  readonly host: string;", "}"),
    ]);
    expect(found.sort()).toEqual([
      'src/core/a.ts:1: "data" in the name dataBytes',
      'src/core/a.ts:2: "manager" in the name PeerManager',
      'src/core/a.ts:3: "info" in the name info',
      'src/core/b.ts:3: "member" in the name memberCount',
      'src/core/b.ts:4: "host" in the name host',
      'src/core/c.ts:1: "nodes" in the name nodes',
      'src/core/c.ts:2: "helper" in the name helper',
      'src/core/d.ts:1: "handler" in the name handler',
      'src/core/d.ts:1: "node" in the name nodeId',
      'src/core/d.ts:2: "info" in the name info',
      'src/core/e.ts:1: "util" in the name util',
      'src/core/e.ts:3: "bootstrap" in the name bootstrap',
      'src/net/socket-utils.ts:1: "utils" in the file\'s name',
    ]);
  });

  test("long files, in src/ only", () => {
    const long = "x;\n".repeat(451);
    expect(noLongFiles([{ path: "src/a.ts", text: long }])).toHaveLength(1);
    expect(
      noLongFiles([
        { path: "src/a.ts", text: long.slice(3) },
        { path: "test/a.ts", text: long },
      ]),
    ).toEqual([]);
  });

  test("marks of things left to do, in comments too", () => {
    const mark = `TO${"DO"}`;
    expect(nothingLeftToDo([planted("src/a.ts", "x;", `// ${mark}: later`)])).toEqual([`src/a.ts:2: ${mark}`]);
  });

  test("undocumented exports; re-exports, overloads and what stays inside need nothing", () => {
    const found = documentedExports([
      planted(
        "src/a.ts",
        "/** Yes. */",
        "export function f(a: 1): void;",
        "export function f(a: 2): void;",
        "const b = 1;",
      ),
      planted(
        "src/b.ts",
        "// No.",
        "export const c = 1;",
        "/** Far. */",
        "",
        "export interface D {}",
        "/* No. */",
        "export type E = 1;",
      ),
      planted("src/c.ts", 'export { x } from "./x.js";', 'export type { Y } from "./y.js";', 'export * from "./z.js";'),
      planted(
        "src/d.ts",
        "/** One. */",
        "export class F {}",
        "export abstract class G {}",
        "export async function h() {}",
      ),
    ]);
    expect(found).toEqual([
      "src/b.ts:2: c has no doc comment",
      "src/b.ts:5: D has no doc comment",
      "src/b.ts:7: E has no doc comment",
      "src/d.ts:3: G has no doc comment",
      "src/d.ts:4: h has no doc comment",
    ]);
  });

  test("config fields without a unit", () => {
    const fields = [
      "probeInterval: number;",
      "leaseMs: number;",
      "readonly payload: number;",
      "leaseSilencesMax: number;",
    ];
    expect(unitsInConfigs([planted("src/core/config.ts", "interface C {", ...fields, "}")])).toEqual([
      "src/core/config.ts:2: probeInterval is a time: say it in Ms",
      "src/core/config.ts:4: payload is a size: say it in Bytes",
    ]);
  });

  test("local folders and package registries, in files of any kind", () => {
    const folder = `/${"work"}/`;
    const registry = `registry.npm${"js.org"}`;
    expect(nothingLocal([planted("docs/a.md", `see ${folder}x`, `from https://${registry}/`)])).toEqual([
      `docs/a.md:1: names ${folder}`,
      `docs/a.md:2: names ${registry}`,
    ]);
    expect(nothingLocal([planted("docs/b.md", `https://example.org${folder}`, `frame${folder}`)])).toEqual([]);
  });

  test("tests that run alone", () => {
    const only = "on" + "ly";
    const found = noLonelyTests([
      planted("test/a.test.ts", `test.${only}("x", f);`, `describe.concurrent.${only}("y", f);`),
    ]);
    expect(found).toEqual([`test/a.test.ts:1: test.${only}`, `test/a.test.ts:2: describe.concurrent.${only}`]);
  });
});

describe("the scanner", () => {
  test("keeps offsets, and is not led astray by quotes in regular expressions, templates in templates, divisions", () => {
    const text = [
      `const a = /['"\`/*]/.test(x) ? 1 / 2 : \`b \${\`c \${'}'} /* d */\`} // e\`;`,
      "const f = i++ / 2 /* g */ + h! / 3; // 'i'",
      'import j from "./k.js"; const l = import("./m.js");',
    ].join("\n");
    const scanned = scan({ path: "x.ts", text });
    expect(scanned.code).toHaveLength(text.length);
    expect(scanned.comments.map(({ start, end }) => text.slice(start, end))).toEqual(["/* g */", "// 'i'"]);
    expect(importsOf(scanned).map(({ specifier }) => specifier)).toEqual(["./k.js", "./m.js"]);
    expect(new Set(declaredNames(scanned).map(({ name }) => name))).toEqual(new Set(["a", "f", "l"]));
  });

  test("reads every file of the project to its end", () => {
    for (const file of files.filter(({ path }) => /\.(?:tsx?|mjs)$/.test(path))) {
      const { code } = scan(file);
      const depth = [..."([{"].map((open, i) => code.split(open).length - code.split(")]}"[i]!).length);
      expect(depth, file.path).toEqual([0, 0, 0]);
    }
  });
});

function planted(path: string, ...lines: string[]): SourceFile {
  return { path, text: `${lines.join("\n")}\n` };
}

/** Tracked files, and new ones that are not ignored. */
function projectFiles(): SourceFile[] {
  const paths = [...new Set(listedFiles())].filter((path) => path !== "" && existsSync(path)).sort();
  return paths.map((path) => ({ path, text: readFileSync(path, "utf8") })).filter(({ text }) => !text.includes("\0"));
}

/** In a copy without its history, what stands in the folders that are known. */
function listedFiles(): string[] {
  const options = { encoding: "utf8" } as const;
  if (existsSync(".git")) {
    return execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], options).split("\0");
  }
  const folders = ["src", "web", "test", "bench", "docs", "examples"];
  const entries = folders.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }));
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`);
  return [...files, ...readdirSync(".").filter((name) => /\.(?:md|json|ts)$/.test(name))];
}
