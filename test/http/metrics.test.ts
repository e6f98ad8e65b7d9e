import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { networkScene, peerScene, type Scene, seedScene } from "./scene.js";

const scenes: Scene[] = [];
/** By kind of endpoint. */
const texts: Record<string, string> = {};
beforeAll(async () => {
  const made = { peer: peerScene(), seed: seedScene(), network: networkScene(3) };
  for (const [kind, making] of Object.entries(made)) {
    const scene = await making;
    scenes.push(scene);
    if (kind !== "seed") await scene.post("/api/v1/publish", { text: "x" });
    texts[kind] = await (await scene.get("/metrics")).text();
  }
});
afterAll(async () => {
  for (const scene of scenes) await scene.close();
});

function figure(kind: string, name: string, labels = ""): number | undefined {
  const line = texts[kind]!.split("\n").find((one) => one.startsWith(`${name}${labels} `));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
}

test("figures of a peer, a seed and a network are what they are", () => {
  expect(figure("peer", "hearsay_neighbors")).toBe(1);
  expect(figure("peer", "hearsay_messages_published_total")).toBe(1);
  expect(figure("peer", "hearsay_directory_peers", '{status="alive"}')).toBe(2);
  expect(figure("peer", "hearsay_directory_peers", '{status="dead"}')).toBe(0);
  expect(figure("peer", "hearsay_ready")).toBe(1);
  expect(figure("peer", "hearsay_history_bytes")).toBeGreaterThan(100);
  expect(figure("peer", "process_resident_memory_bytes")).toBeGreaterThan(1e6);
  expect(figure("seed", "hearsay_seed_registered_peers")).toBe(1);
  expect(figure("seed", "hearsay_neighbors")).toBeUndefined();
  expect(figure("network", "hearsay_neighbors")).toBe(6);
  expect(figure("network", "hearsay_directory_peers", '{status="alive"}')).toBe(3);
});

test("names are Prometheus' way: base units, _total for what only grows, help for each", () => {
  for (const text of Object.values(texts)) {
    const types = [...text.matchAll(/^# TYPE (hearsay_\w+) (\w+)$/gm)];
    expect(types.length).toBeGreaterThan(5);
    for (const [, name, type] of types) {
      expect(name, `${name} is a ${type}`).toMatch(type === "counter" ? /_total$/ : /(?<!_total)$/);
      expect(name).not.toMatch(/_(ms|millis|kb|mb|minutes)(_|$)/);
      expect(text).toContain(`# HELP ${name} `);
    }
  }
});

test("the board for Grafana asks for figures that there are, and leaves out none of ours", () => {
  const text = readFileSync("deploy/grafana-hearsay.json", "utf8");
  const board = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
  const words = board.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join("\n");
  const asked = new Set([...text.matchAll(/\b(?:hearsay|process|nodejs)_\w+/g)].map(([name]) => name));
  const all = Object.values(texts).join("\n");
  const samples = new Set([...all.matchAll(/^(\w+)(?:\{| )/gm)].map(([, name]) => name!));
  expect([...asked].filter((name) => !samples.has(name))).toEqual([]);
  const own = new Set([...all.matchAll(/^# TYPE (hearsay_\w+) /gm)].map(([, name]) => name!));
  const hidden = [...own].filter((name) => !words.includes(name)).sort();
  expect(hidden).toEqual([
    "hearsay_build_info",
    "hearsay_connections",
    "hearsay_history_messages",
    "hearsay_seed_registrations_total",
    "hearsay_seed_removals_total",
    "hearsay_start_time_seconds",
    "hearsay_trees_in_use",
  ]);
});

test("docs/http.md names every figure of ours", () => {
  const page = readFileSync("docs/http.md", "utf8");
  const own = new Set(
    Object.values(texts).flatMap((text) => [...text.matchAll(/^# TYPE (hearsay_\w+) /gm)].map(([, name]) => name!)),
  );
  expect([...own].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
