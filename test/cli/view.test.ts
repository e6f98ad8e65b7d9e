import fc from "fast-check";
import pc from "picocolors";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { messagesThatFit, publishInterval } from "../../src/cli/pace.js";
import type { LivenessState, PeerState } from "../../src/cli/up/local-network.js";
import { Tally } from "../../src/cli/up/tally.js";
import { column, cut, line } from "../../src/cli/up/text.js";
import { renderView, type ViewState } from "../../src/cli/up/view.js";
import { joinAddress } from "../../src/core/address.js";

const plain = pc.createColors(false);

describe("the live view", () => {
  test("at 80×24 shows each peer with neighbors, counts and liveness, the latest events, totals and keys", () => {
    const lines = renderView(stateOf(8), { columns: 80, rows: 24 }, plain);
    expect(lines).toHaveLength(23);
    expect(lines[0]).toBe("hearsay · up 1m05s · 7 peers · 9 links · running · ends in 12 s");
    expect(lines[1]).toBe("s1 127.0.0.1:5001 (8 peers)  s2 127.0.0.1:5002 (8)");
    expect(lines[4]).toBe("p1    127.0.0.1:6001   p2 p3                            4      28/28  ok 2 ms");
    expect(lines.find((text) => text.startsWith("p8"))).toMatch(/\(killed\) .* dead$/);
    expect(lines.at(-2)).toBe("40 messages · 278 of 280 deliveries · 2 on the way");
    expect(lines.at(-1)).toBe("a add a peer   k kill one   p publish   q quit");
  });

  test("says how many peers there are that it has no room for, living ones first", () => {
    const lines = renderView(stateOf(30), { columns: 80, rows: 24 }, plain);
    expect(lines.find((text) => text.startsWith("…"))).toMatch(/^… and \d+ more \(1 killed\)$/);
    expect(lines.some((text) => text.includes("(killed)"))).toBe(false);
    expect(lines.some((text) => text.includes("was killed"))).toBe(true);
  });

  test("says how many of the others know of a death, and who is suspect", () => {
    const [first, second, ...rest] = stateOf(3).peers;
    const peers: PeerState[] = [
      { ...first!, liveness: { type: "suspect" } },
      { ...second!, status: "killed", liveness: { type: "dead", by: 5, of: 7 } },
      ...rest,
    ];
    const lines = renderView({ ...stateOf(3), peers }, { columns: 80, rows: 24 }, plain);
    expect(lines.find((text) => text.startsWith("p1"))).toMatch(/ {2}suspect$/);
    expect(lines.find((text) => text.startsWith("p2"))).toMatch(/ {2}dead 5\/7$/);
  });

  test("colors change no letter", () => {
    const size = { columns: 61, rows: 20 };
    const start = "\u001b";
    const colored = renderView(stateOf(12), size, pc.createColors(true)).join("\n");
    expect(colored).toContain(start);
    const stripped = colored.replaceAll(new RegExp(`${start}\\[[0-9;]*m`, "g"), "");
    expect(stripped).toBe(renderView(stateOf(12), size, plain).join("\n"));
  });

  test("never wider or higher than the terminal, whatever there is to show", () => {
    const sizes = fc.record({ columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 0, max: 60 }),
        fc.array(fc.string({ unit: "grapheme" })),
        (size, peers, texts) => {
          const events = texts.map((text) => ({ atMs: 5, text: `${text}\n\u001b[2J漢字`, tone: "bad" as const }));
          const lines = renderView({ ...stateOf(peers), events }, size, plain);
          expect(lines.length).toBeLessThanOrEqual(Math.max(1, size.rows - 1));
          for (const text of lines) {
            expect(stringWidth(text)).toBeLessThanOrEqual(size.columns);
            expect(text).not.toMatch(/\p{Cc}/u);
          }
        },
      ),
    );
  });
});

test("texts are cut and filled by the columns they take", () => {
  expect(cut("漢字漢字", 5)).toBe("漢字…");
  expect(cut("exactly", 7)).toBe("exactly");
  expect(cut("a\u001b[31mb", 10)).toBe("a\ufffd[31mb");
  expect(column("漢", 4, "right")).toBe("  漢");
  expect(line(["abc", "def"], 3)).toBe("ab…");
  expect(line(["abc", ["def", (text) => `<${text}>`]], 5)).toBe("abc<d…>");
});

test("counts what was expected, what came, what came twice, and nothing for the killed", () => {
  const tally = new Tally();
  tally.published("m", "p1", ["p2", "p3", "p4"]);
  expect(tally.delivered("m", "p2")).toBe("counted");
  expect(tally.delivered("m", "p2")).toBe("duplicate");
  expect(tally.delivered("m", "p1")).toBe("duplicate");
  expect(tally.delivered("m", "p5")).toBe("extra");
  expect(tally.delivered("x", "p5")).toBe("unknown");
  tally.killed("p4");
  expect(tally.counts()).toEqual({ messages: 1, expected: 2, delivered: 1, missing: 1, duplicates: 2 });
  expect(tally.delivered("m", "p3")).toBe("complete");
  expect(tally.counts().missing).toBe(0);
  expect([tally.countsOf("p2"), tally.countsOf("p4")]).toEqual([
    { expected: 1, delivered: 1 },
    { expected: 0, delivered: 0 },
  ]);
});

test("the pace: 5 s where it fits, shorter where it must be, as told when told", () => {
  const order = { everyMs: undefined, defaultMs: 5_000, messages: 10, forMs: undefined };
  expect(publishInterval(order)).toBe(5_000);
  expect(publishInterval({ ...order, forMs: 60_000 })).toBe(5_000);
  expect(publishInterval({ ...order, forMs: 10_000 })).toBe(800);
  expect(publishInterval({ ...order, forMs: 10_000, everyMs: 3_000 })).toBe(3_000);
  expect(messagesThatFit({ intervalMs: 3_000, messages: 10, peers: 4, forMs: 10_000 })).toBe(3);
  for (const forMs of [100, 1_000, 7_777, 51_000]) {
    const intervalMs = publishInterval({ ...order, forMs });
    expect(messagesThatFit({ intervalMs, messages: 10, peers: 500, forMs })).toBe(10);
  }
});

function stateOf(count: number): ViewState {
  return {
    phase: "running",
    upMs: 65_400,
    leftMs: 12_300,
    seeds: [1, 2].map((i) => ({ name: `s${i}`, address: joinAddress("127.0.0.1", 5_000 + i)!, registered: count })),
    peers: Array.from({ length: count }, (_, i) => peerOf(i + 1, count)),
    linkCount: 9,
    counts: { messages: 40, expected: 280, delivered: 278, missing: 2, duplicates: 0 },
    events: [
      { atMs: 300, text: "p1 joined", tone: "good" },
      { atMs: 61_000, text: `p${count} was killed`, tone: "bad" },
    ],
    footer: "keys",
  };
}

function peerOf(i: number, count: number): PeerState {
  const killed = i === count;
  const liveness: LivenessState = killed ? { type: "dead" } : { type: "ok", roundTripMs: 2 };
  return {
    name: `p${i}`,
    id: undefined,
    dialect: "native",
    startedAt: 0,
    endedAt: undefined,
    address: joinAddress("127.0.0.1", 6_000 + i)!,
    status: killed ? "killed" : "joined",
    neighbors: killed ? [] : ["p2", "p3"],
    generated: 4,
    delivered: 28,
    expected: 28,
    liveness,
  };
}
