import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { routesFor } from "../../src/http/routes.js";
import { streamEventTypes } from "../../src/http/schemas.js";
import { type NetworkScene, networkScene } from "./scene.js";

const page = readFileSync("docs/http.md", "utf8");
const run = promisify(execFile);
let scene: NetworkScene;
beforeAll(async () => {
  scene = await networkScene(4);
});
afterAll(() => scene?.close());

test("docs/http.md has every path, every event and every limit as it is", () => {
  const paths = (["peer", "seed", "network"] as const).flatMap((kind) => routesFor(kind));
  const missing = paths.filter(({ method, path }) => !page.includes(`\`${method} ${path}\``));
  expect(missing.map(({ path }) => path)).toEqual([]);
  expect(streamEventTypes.filter((type) => !page.includes(`\`${type}\``))).toEqual([]);
});

test("the examples with curl on docs/http.md do what they say", async () => {
  const lines = page.split("\n").filter((line) => line.startsWith("curl "));
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) {
    const command = line.replaceAll("http://127.0.0.1:8080/", scene.endpoint.url);
    // 28: the time that --max-time gives is over.
    const fine = line.includes("--max-time") ? 28 : 0;
    const done = await run("sh", ["-c", command]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
    expect([line, done.code]).toEqual([line, fine]);
    expect(done.stdout, line).not.toContain('"error"');
    expect(done.stdout.length, line).toBeGreaterThan(10);
  }
  expect(scene.network.living()).not.toContain("p3");
});
