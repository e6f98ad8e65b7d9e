/**
 * The house rules, as pure functions: files in, complaints out (`path:line: what is wrong`), so that each rule can
 * itself be tested with a planted violation. The idea is TigerBeetle's `tidy.zig`.
 *
 * Strings that a rule forbids are put together here from pieces, or this file would break the rule.
 */
import { posix } from "node:path";
import { declaredNames, wordsOf } from "./names.js";
import { importsOf, lineOf, type Scanned, type SourceFile, scan } from "./source.js";

/** A rule: complaints about the given files, none when all is well. */
export type Rule = (files: readonly SourceFile[]) => string[];

/** What each floor of `src/` may import from, itself included. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  core: ["core"],
  wire: ["core", "wire"],
  api: ["core", "api"],
  net: ["core", "wire", "api", "net"],
  sim: ["core", "wire", "api", "sim"],
  http: ["core", "api", "net", "http"],
  cli: ["core", "wire", "api", "net", "sim", "http", "cli"],
  "index.ts": ["core", "wire", "api", "net", "sim"],
};

/** What each floor of `web/` may import from `src/`. Of `src/http` it is the words of the endpoint, and only their types. */
const webArrows: Readonly<Record<string, readonly string[]>> = {
  graph: ["http"],
  dashboard: ["http"],
  playground: ["core", "sim", "http"],
};
const webFloors: Readonly<Record<string, readonly string[]>> = {
  graph: ["graph"],
  dashboard: ["graph", "dashboard"],
  playground: ["graph", "playground"],
};

/** A banned word that may stand in one place, and why. */
interface Exception {
  readonly name: string;
  /** A file, or a folder with its slash. */
  readonly under: string;
  readonly reason: string;
}

/** Keep this short: each entry needs a reason that is not "it was easier". */
const exceptions: readonly Exception[] = [
  { name: "host", under: "src/core/address.ts", reason: "RFC 3986's word for what stands before the port" },
  { name: "hostNamePattern", under: "src/core/address.ts", reason: "a DNS host name (RFC 1123), not a peer" },
  { name: "host", under: "src/net/", reason: "node:net and node:tls name their option so" },
  { name: "host", under: "src/http/", reason: "node:http names its option so" },
  { name: "host", under: "src/cli/", reason: "the flag is --host" },
];

const bannedWords = new Set(
  "manager handler util utils helper data info node host member bootstrap"
    .split(" ")
    .flatMap((word) => [word, `${word}s`]),
);

const clockAndTimers: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["Date.now", free("Date\\s*\\.\\s*now\\b")],
  ["new Date", /\bnew\s+Date\b/g],
  ["performance", free("performance\\s*\\.")],
  ["setTimeout", free("setTimeout\\b")],
  ["setInterval", free("setInterval\\b")],
  ["setImmediate", free("setImmediate\\b")],
  ["queueMicrotask", free("queueMicrotask\\b")],
  ["Math.random", free("Math\\s*\\.\\s*random\\b")],
  ["globalThis", free("globalThis\\b")],
];

const processAndConsole: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["process", free("process\\s*\\.")],
  ["console", free("console\\s*\\.")],
  ["crypto", free("crypto\\s*\\.")],
];

const longestFile = 450;

const registries = [
  ["registry.npm", "js.org"],
  ["registry.yarn", "pkg.com"],
  ["npm.pkg.", "github.com"],
  ["registry.npm", "mirror.com"],
  ["py", "pi.org"],
  ["files.python", "hosted.org"],
  ["proxy.go", "lang.org"],
  ["index.cra", "tes.io"],
  ["static.cra", "tes.io"],
].map((parts) => parts.join(""));

/** Imports in `src/` follow the arrows of the design, and nobody in `src/` imports `src/index.ts`. */
export const importArrows: Rule = (files) =>
  each(files, isSource, (file, complain) => {
    const floor = floorOf(file.path);
    const allowed = arrows[floor];
    if (allowed === undefined) complain(0, `src/${floor} has no place in the table of arrows`);
    for (const { specifier, offset } of importsOf(file)) {
      if (!specifier.startsWith(".")) continue;
      const target = resolve(file.path, specifier);
      if (target === "src/index.ts") complain(offset, "imports src/index.ts, which is for users only");
      else if (!target.startsWith("src/")) complain(offset, `imports ${target} from outside of src/`);
      else if (allowed !== undefined && !allowed.includes(floorOf(target))) {
        complain(offset, `src/${floor} may not import ${target}`);
      }
    }
  });

/** Pages import from beside and below them, and of `src/` what runs in a browser; of the endpoint they know its types only. */
export const webArrowsHold: Rule = (files) =>
  each(files, under("web/"), (file, complain) => {
    const floor = floorOf(file.path);
    if (floor.includes(".")) return;
    if (webFloors[floor] === undefined) complain(0, `web/${floor} has no place in the table of arrows`);
    for (const { specifier, offset } of importsOf(file)) {
      if (specifier.startsWith("node:")) complain(offset, `imports "${specifier}", which no browser has`);
      if (!specifier.startsWith(".")) continue;
      const target = resolve(file.path, specifier);
      const side = target.startsWith("web/") ? webFloors : target.startsWith("src/") ? webArrows : {};
      if (side[floor]?.includes(floorOf(target)) !== true) complain(offset, `web/${floor} may not import ${target}`);
      if (!target.startsWith("src/http/")) continue;
      const statement = file.code.slice(file.code.lastIndexOf(";", offset) + 1, offset);
      if (target !== "src/http/schemas.ts") complain(offset, `imports ${target}, and not src/http/schemas.ts`);
      if (!/\bimport\s+type\b/.test(statement)) complain(offset, `imports more than types from ${target}`);
    }
  });

/** No file imports itself by way of others. Each circle is reported once. */
export const noImportCycles: Rule = (files) => {
  const graph = new Map<string, string[]>();
  const pages = new Set(files.map(({ path }) => path).filter((path) => path.endsWith(".tsx")));
  const found = (path: string) => (pages.has(`${path}x`) ? `${path}x` : path);
  for (const file of files.filter(isCode).map(scan)) {
    const relative = importsOf(file).filter(({ specifier }) => specifier.startsWith("."));
    graph.set(
      file.path,
      relative.map(({ specifier }) => found(resolve(file.path, specifier))),
    );
  }
  const complaints: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string) => {
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) complaints.push(`${path}:1: imports itself: ${[...trail.slice(seenAt), path].join(" → ")}`);
    if (seenAt >= 0 || done.has(path)) return;
    trail.push(path);
    for (const next of graph.get(path) ?? []) visit(next);
    trail.pop();
    done.add(path);
  };
  for (const path of graph.keys()) visit(path);
  return complaints;
};

/** `src/core` and `src/wire` know neither Node nor packages, neither clock nor timers nor chance. */
export const pureFloors: Rule = (files) =>
  each(files, under("src/core/", "src/wire/"), (file, complain) => {
    for (const { specifier, offset } of importsOf(file)) {
      if (!specifier.startsWith(".")) complain(offset, `imports "${specifier}"`);
    }
    for (const [name, pattern] of [...clockAndTimers, ...processAndConsole]) {
      for (const match of file.code.matchAll(pattern)) complain(match.index, `uses ${name}`);
    }
  });

/** `src/sim` has virtual time and seeded chance only. */
export const virtualTime: Rule = (files) =>
  each(files, under("src/sim/"), (file, complain) => {
    for (const { specifier, offset } of importsOf(file)) {
      if (/^(?:node:)?(?:timers(?:\/promises)?|perf_hooks)$/.test(specifier))
        complain(offset, `imports "${specifier}"`);
    }
    for (const [name, pattern] of clockAndTimers) {
      for (const match of file.code.matchAll(pattern)) complain(match.index, `uses ${name}`);
    }
  });

/** No declared name and no file name holds a word that says nothing, or a second word for what has a name. */
export const noBannedNames: Rule = (files) =>
  each(files, isCode, (file, complain) => {
    for (const word of wordsOf(file.path.replace(/\.\w+$/, ""))) {
      if (bannedWords.has(word)) complain(0, `"${word}" in the file's name`);
    }
    for (const { name, offset } of declaredNames(file)) {
      const word = wordsOf(name).find((word) => bannedWords.has(word));
      const excused = exceptions.some((entry) => entry.name === name && file.path.startsWith(entry.under));
      if (word !== undefined && !excused) complain(offset, `"${word}" in the name ${name}`);
    }
  });

/** A file in `src/` or `web/` has one noun and one reason to change, and thus a few hundred lines at most. */
export const noLongFiles: Rule = (files) =>
  each(
    files,
    (file) => isSource(file) || isPage(file),
    (file, complain) => {
      const lines = file.text.trimEnd().split("\n").length;
      if (lines > longestFile) complain(0, `${lines} lines; past some 400, look for the second noun`);
    },
  );

/** What is left to do stands in the plan, not in the code. */
export const nothingLeftToDo: Rule = (files) => {
  const marks = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|")})\\b`, "g");
  return each(files, isCode, (file, complain) => {
    for (const match of file.text.matchAll(marks)) complain(match.index, match[0]);
  });
};

/** Every export of `src/` and `web/` has a doc comment directly before it; the overloads of one function share the first one's. */
export const documentedExports: Rule = (files) =>
  each(
    files,
    (file) => isSource(file) || isPage(file),
    (file, complain) => {
      const declaration =
        /^export\s+(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:const\s+enum|function\*?|class|interface|type(?!\s*[{*])|const|let|enum)\s+([\w$]+)/gm;
      let previous = "";
      for (const match of file.code.matchAll(declaration)) {
        const name = match[1]!;
        const comment = file.comments.findLast(({ end }) => end <= match.index);
        const documented =
          comment !== undefined &&
          file.text.startsWith("/**", comment.start) &&
          /^[^\S\n]*\n?[^\S\n]*$/.test(file.text.slice(comment.end, match.index));
        if (!documented && name !== previous) complain(match.index, `${name} has no doc comment`);
        previous = name;
      }
    },
  );

/** A number in a core's config that is a time or a size says its unit: `probeIntervalMs`, `payloadBytesMax`. */
export const unitsInConfigs: Rule = (files) =>
  each(
    files,
    ({ path }) => /^src\/core\/(?:.*\/)?config\.ts$/.test(path),
    (file, complain) => {
      for (const match of file.code.matchAll(/^\s*(?:readonly\s+)?(\w+)\??\s*:\s*number\b/gm)) {
        const offset = match.index + match[0].indexOf(match[1]!);
        // The last word says what it is: `leaseSilencesMax` is a count, `leaseMax` a time.
        const noun = wordsOf(match[1]!).findLast((word) => word !== "max" && word !== "min") ?? "";
        if (/^(?:interval|timeout|delay|period|lease|duration|age|ttl|backoff|grace)$/.test(noun)) {
          complain(offset, `${match[1]} is a time: say it in Ms`);
        }
        if (/^(?:payload|memory|buffer|frame|size)$/.test(noun))
          complain(offset, `${match[1]} is a size: say it in Bytes`);
      }
    },
  );

/** No tracked file names a folder of the machine it was written on, or a package registry. */
export const nothingLocal: Rule = (files) => {
  const local = new RegExp(`(?<![\\w.~/-])/${"wo" + "rk"}/`, "g");
  const registry = new RegExp(registries.map((name) => name.replaceAll(".", "\\.")).join("|"), "gi");
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(local), ...text.matchAll(registry)].map(
      (match) => `${path}:${lineOf(text, match.index)}: names ${match[0]}`,
    ),
  );
};

/** No test keeps the others from running. */
export const noLonelyTests: Rule = (files) =>
  each(files, under("test/", "bench/"), (file, complain) => {
    for (const match of file.code.matchAll(/\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.only\b/g)) {
      complain(match.index, match[0]);
    }
  });

/** Complaints of a check over those files that it is for, with the line of each. */
function each(
  files: readonly SourceFile[],
  wanted: (file: SourceFile) => boolean,
  check: (file: Scanned, complain: (offset: number, text: string) => void) => void,
): string[] {
  const complaints: string[] = [];
  for (const file of files.filter((file) => isCode(file) && wanted(file))) {
    check(scan(file), (offset, text) => complaints.push(`${file.path}:${lineOf(file.text, offset)}: ${text}`));
  }
  return complaints;
}

function isCode({ path }: SourceFile): boolean {
  return /\.(?:ts|tsx|mts|mjs)$/.test(path);
}

function isSource({ path }: SourceFile): boolean {
  return path.startsWith("src/") && path.endsWith(".ts");
}

/** What a page is made of; its libraries have no say in this. */
function isPage({ path }: SourceFile): boolean {
  return path.startsWith("web/") && !path.endsWith(".d.ts");
}

function under(...folders: string[]): (file: SourceFile) => boolean {
  return ({ path }) => folders.some((folder) => path.startsWith(folder));
}

/** `core` for `src/core/classic/peer.ts`, `index.ts` for `src/index.ts`. */
function floorOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function resolve(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
}

/** Matches a global, not a property of the same name; after the three dots of a spread it is a global again. */
function free(pattern: string): RegExp {
  return new RegExp(`(?<![\\w$]|(?<!\\.\\.)\\.\\s*)${pattern}`, "g");
}
