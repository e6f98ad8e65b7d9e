import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const run = promisify(execFile);

describe("the README", () => {
  test("its example runs, offline, and ends", async () => {
    const { stdout } = await run("npx", ["tsx", "examples/hello.ts"], { timeout: 20_000 });
    expect(stdout.match(/peer [123] heard .*GOSSIP hello, everybody/g)).toHaveLength(3);
  });

  test("shows the example that runs", async () => {
    const readme = await readFile("README.md", "utf8");
    const example = await readFile("examples/hello.ts", "utf8");
    for (const line of ["await Seed.start({ port: 0", "parseAddress(`127.0.0.1:", 'say("hello, everybody")']) {
      expect(readme).toContain(line);
      expect(example).toContain(line);
    }
  });

  test("has the two set-up commands, and they are the package's scripts", async () => {
    const readme = await readFile("README.md", "utf8");
    const { scripts } = JSON.parse(await readFile("package.json", "utf8")) as { scripts: Record<string, string> };
    expect(readme).toContain("npm ci && npm start");
    expect(readme).toContain("npm ci && npm test");
    expect(scripts.start).toContain(" up");
    expect(scripts.prepare).toContain("build");
  });
});
