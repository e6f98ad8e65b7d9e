import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { until, Workshop } from "./running.js";

const workshop = new Workshop();
afterAll(() => workshop.close());

describe("hearsay up", () => {
  test("--for --json: every event a line of JSON, the last one the summary, complete", async () => {
    const up = workshop.run(["up", "--for", "2s", "--json"]);
    expect(await up.exit()).toBe(0);
    expect(up.stdout().trimEnd().split("\n").at(-1)).toBe(
      '{"summary":{"seeds":3,"peers":8,"messages":80,"expected":560,"delivered":560,"missing":0,"duplicates":0}}',
    );
    const events = up.events();
    const count = (name: string) => events.filter(({ event }) => event === name).length;
    expect([count("seed-started"), count("peer-started"), count("joined"), count("ready")]).toEqual([3, 8, 8, 1]);
    expect([count("published"), count("delivered")]).toEqual([80, 560]);
    const ready = events.findIndex(({ event }) => event === "ready");
    expect(events.findIndex(({ event }) => event === "published")).toBeGreaterThan(ready);
  });

  for (const dialect of ["classic", "mixed"]) {
    test(`--dialect ${dialect}: every message reaches every peer once`, async () => {
      const up = workshop.run(["up", "--for", "1s", "--peers", "5", "--messages", "4", "--dialect", dialect, "--json"]);
      expect(await up.exit()).toBe(0);
      expect(up.events().at(-1)).toEqual({
        summary: { seeds: 3, peers: 5, messages: 20, expected: 80, delivered: 80, missing: 0, duplicates: 0 },
      });
    });
  }

  test("without a terminal: plain lines without colors, progress, and the summary", async () => {
    const up = workshop.run(["up", "--for", "4s", "--seeds", "2", "--peers", "4", "--messages", "3"], "", {
      FORCE_COLOR: "",
    });
    expect(await up.exit()).toBe(0);
    const lines = up.stdout().trimEnd().split("\n");
    expect(lines[0]).toBe("starting 2 seeds and 4 peers on 127.0.0.1");
    expect(lines).toContainEqual(expect.stringMatching(/^all 4 peers are linked \(\d+ links\); each publishes every /));
    expect(lines).toContainEqual(expect.stringMatching(/^\d s · \d+ messages · \d+ of \d+ deliveries$/));
    expect(lines.at(-1)).toBe("4 peers · 12 messages · 36 of 36 deliveries · 0 missing");
    expect(up.stdout()).not.toContain("\u001b");
    expect(up.stderr()).toBe("");
  });

  test("SIGINT ends it in good order, with a summary; a deaf second of it right after changes nothing", async () => {
    const up = workshop.run(["up", "--seeds", "1", "--peers", "3", "--messages", "2", "--every", "100ms"]);
    await until(() => up.stdout().includes("are linked"), "all are linked", up);
    await sleep(600);
    up.child.kill("SIGINT");
    up.child.kill("SIGINT");
    expect(await up.exit()).toBe(0);
    expect(up.stdout()).toMatch(/\n3 peers · 6 messages · 12 of 12 deliveries · 0 missing\n$/);
  });

  test("an --every too slow for --for is said, and what fits is counted", async () => {
    const up = workshop.run(["up", "--seeds", "1", "--peers", "2", "--for", "1s", "--every", "700ms"]);
    expect(await up.exit()).toBe(0);
    expect(up.stderr()).toBe("warning: --for is too short for --every: 1 of 10 messages of each peer will fit\n");
    expect(up.stdout()).toMatch(/\n2 peers · [34] messages · ([34]) of \1 deliveries · 0 missing\n$/);
  });
});
