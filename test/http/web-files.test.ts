import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PeerScene, peerScene } from "./scene.js";

let folder: string;
let scene: PeerScene;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hearsay-web-"));
  const web = join(folder, "web");
  mkdirSync(join(web, "assets"), { recursive: true });
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(web, "index.html"), "<!doctype html><title>x</title>");
  writeFileSync(join(web, "assets", "app-3f9c1a2b.js"), "export {};");
  writeFileSync(join(web, "assets", "plain name.css"), "a{}");
  writeFileSync(join(web, ".hidden"), "hidden");
  symlinkSync(join(folder, "secret.txt"), join(web, "link.txt"));
  scene = await peerScene({ webFolder: web });
});
afterAll(async () => {
  await scene?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the files of the folder are served with their types, and the page with its policy", async () => {
  const page = await scene.get("/");
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
  expect(await page.text()).toContain("<title>x</title>");
  const script = await scene.get("/assets/app-3f9c1a2b.js");
  expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect((await scene.get("/assets/plain%20name.css")).headers.get("content-type")).toMatch(/^text\/css/);
  expect((await scene.get("/api/v1/self")).status).toBe(200);
});

test("a file whose name holds its hash is kept for ever, and others are asked about each time", async () => {
  const hashed = await scene.get("/assets/app-3f9c1a2b.js");
  expect(hashed.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  const page = await scene.get("/index.html");
  expect(page.headers.get("cache-control")).toBe("no-cache");
  const again = await scene.get("/", { headers: { "If-None-Match": page.headers.get("etag")! } });
  expect([again.status, await again.text()]).toEqual([304, ""]);
});

test("with a token the files can be had without it, and nothing else: no answer, no action, nothing that is no file", async () => {
  const web = join(folder, "web");
  // A file does not open what the endpoint itself answers.
  mkdirSync(join(web, "api", "v1"), { recursive: true });
  for (const name of ["self", "publish"]) writeFileSync(join(web, "api", "v1", name), "{}");
  writeFileSync(join(web, "metrics"), "");
  const closed = await peerScene({ webFolder: web, token: "correct-horse-battery-staple" });
  try {
    for (const path of ["/", "/index.html", "/assets/app-3f9c1a2b.js", "/assets/plain%20name.css", "/healthz"]) {
      expect([path, (await closed.get(path)).status]).toEqual([path, 200]);
      expect([path, (await closed.get(path, { method: "HEAD" })).status]).toEqual([path, 200]);
    }
    for (const path of ["/api/v1/self", "/api/v1/events", "/metrics", "/readyz", "/nothing", "/link.txt", "/assets"]) {
      expect([path, (await closed.get(path)).status]).toEqual([path, 401]);
    }
    expect((await closed.post("/api/v1/publish", { text: "x" })).status).toBe(401);
    expect((await closed.post("/", {})).status).toBe(401);
  } finally {
    await closed.close();
    rmSync(join(web, "api"), { recursive: true });
    rmSync(join(web, "metrics"));
  }
});

test("nothing outside of the folder can be had, however the path is written", async () => {
  const paths = [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/assets/../../secret.txt",
    "/assets/..%5c..%5csecret.txt",
    "/assets//../../secret.txt",
    "/%252e%252e/secret.txt",
    "/..;/secret.txt",
    "/link.txt",
    "/.hidden",
    "/%00",
    "/%ff",
    "/assets",
    `/${folder}/secret.txt`,
    `//${folder}/secret.txt`,
  ];
  for (const path of paths) {
    const [status, body] = await raw(path);
    expect([path, status >= 400]).toEqual([path, true]);
    expect(body).not.toBe("secret");
  }
});

/** As it is written: fetch would tidy it up. */
function raw(path: string): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port: scene.endpoint.port, path }, (response) => {
      let body = "";
      response.on("data", (bytes) => {
        body += bytes;
      });
      response.on("end", () => resolve([response.statusCode!, body]));
    });
    asking.on("error", reject);
    asking.end();
  });
}
