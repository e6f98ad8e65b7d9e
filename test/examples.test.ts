import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const run = promisify(execFile);
/** How long an example may take: each needs a second or two. */
const limitMs = 20_000;

const readme = readFileSync("README.md", "utf8");
/** The README's blocks of code, without a copy of them that could differ. */
const blocks = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);

/** Runs code as a reader's own program would run it: in plain Node.js, with `hearsay` as a package. */
async function runBlock(code: string): Promise<string> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code], { timeout: limitMs });
  return stdout;
}

async function runExample(name: string): Promise<string> {
  const { stdout } = await run(process.execPath, ["--import", "tsx", `examples/${name}.ts`], { timeout: limitMs });
  return stdout;
}

describe("the README", () => {
  test("begins with code that runs as it is, offline, and ends", async () => {
    expect(blocks).toHaveLength(3);
    const [first] = blocks;
    expect(first!.trim().split("\n").length).toBeLessThanOrEqual(15);
    expect(await runBlock(first!)).toMatch(/^\d{10}\.\d{3}:127\.0\.0\.1:\d+:#1 hello, everybody\n$/);
  });

  test("shows who is there in ten lines that run as they are", async () => {
    const [, second] = blocks;
    expect(second!.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(10);
    expect(await runBlock(second!)).toBe("1 at work\nworker has left\n");
  });

  test("shows a test of one's own code that runs as it is, and does the same each time", async () => {
    const [, , third] = blocks;
    const outputs = await Promise.all([runBlock(third!), runBlock(third!)]);
    expect(outputs[0]).toMatch(/^hello, after \d+ virtual ms\n$/);
    expect(outputs[1]).toBe(outputs[0]);
  });

  test("has the two set-up commands, and they are the package's scripts", async () => {
    const { scripts } = JSON.parse(await readFile("package.json", "utf8")) as { scripts: Record<string, string> };
    expect(readme).toContain("npm ci && npm start");
    expect(readme).toContain("npm ci && npm test");
    expect(scripts.start).toContain(" up");
    expect(scripts.prepare).toContain("build");
  });

  test("names only files that are there", () => {
    const targets = [...readme.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!);
    expect(targets.length).toBeGreaterThan(10);
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
  });
});

describe("the examples", () => {
  test("fit on a screen", () => {
    const names = readdirSync("examples").sort();
    expect(names).toEqual(["cache-invalidation.ts", "config-push.ts", "faults.ts", "presence.ts"]);
    for (const name of names) {
      expect(readFileSync(`examples/${name}`, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(40);
    }
  });

  test("a write at one server makes the other forget", async () => {
    expect(await runExample("cache-invalidation")).toBe("before: 3\nafter: 4\n");
  });

  test("a simulated network is broken on purpose, keeps its promises, and does the same again", async () => {
    expect(await runExample("faults")).toMatch(
      /^\d+ messages, \d+ deliveries, 28 peers at the end\nall promises kept\nthe same again: true\n$/,
    );
  });

  test("workers take over the jobs of one that is killed, each job by one of them", async () => {
    const lines = (await runExample("presence")).trimEnd().split("\n");
    const death = lines.findIndex((line) => /^\w+ is dead, after \d+ virtual ms$/.test(line));
    const victim = lines[death]!.split(" ")[0];
    const before = lines.slice(0, 4);
    const after = lines.slice(4).filter((_line, index) => 4 + index !== death);
    for (const line of [...before, ...after]) expect(line).toMatch(/^(ann|bob|cleo) does \w+$/);
    const jobsOf = (some: readonly string[]) => some.map((line) => line.split(" does ")[1]).sort();
    expect(jobsOf(before)).toEqual(["invoices", "mails", "reports", "thumbnails"]);
    expect(jobsOf(after)).toEqual(jobsOf(before.filter((line) => line.startsWith(`${victim} `))));
    expect(after.filter((line) => line.startsWith(`${victim} `))).toEqual([]);
  });

  test("settings reach all workers, the one that comes late too, and each says so", async () => {
    const lines = (await runExample("config-push")).trimEnd().split("\n");
    expect(lines).toContain("first runs with 2");
    expect(lines).toContain("late runs with 2");
  });
});
