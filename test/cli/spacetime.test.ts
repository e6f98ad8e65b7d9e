import { SaxesParser } from "saxes";
import { describe, expect, test } from "vitest";
import { type Spacetime, SpacetimeRecorder, type SpacetimeWanted } from "../../src/cli/sim/spacetime.js";
import { spacetimeSvg } from "../../src/cli/sim/spacetime-svg.js";
import { runScenario } from "../../src/sim/scenario/run.js";
import {
  at,
  crash,
  freeze,
  heal,
  join,
  partition,
  type ScenarioParts,
  scenario,
  these,
} from "../../src/sim/scenario/scenario.js";
import type { TraceLine } from "../../src/sim/scenario/trace-lines.js";

const eight: ScenarioParts = {
  peers: 8,
  forMs: 8_000,
  calmMs: 5_000,
  network: { latency: { kind: "constant", ms: 20 } },
  steps: [
    at(6_050, freeze(these(2), 400)),
    at(6_100, crash(these(3))),
    at(6_200, partition(these(4))),
    at(6_500, heal()),
  ],
};

function recorded(parts: ScenarioParts, wanted: SpacetimeWanted = {}): Spacetime {
  const chosen = scenario(parts);
  const recorder = new SpacetimeRecorder(chosen, wanted);
  const report = runScenario(chosen, {
    trace: (line) => recorder.line(line),
    travelled: (travel) => recorder.travel(travel),
  });
  return recorder.finish(report.lastedMs);
}

describe("a spacetime diagram", () => {
  test("follows one message from peer to peer: as many arrows and marks as there were", () => {
    const { arrows, marks, highlight, fromMs, toMs, peers } = recorded(eight);
    const published = marks.find(({ kind }) => kind === "published")!;
    expect(highlight).toBe(`#1 of peer ${published.peer}`);
    expect([fromMs, toMs]).toEqual([published.at - 100, published.at + 900]);
    expect(peers).toHaveLength(8);
    const copies = arrows.filter(({ isHighlighted }) => isHighlighted);
    expect(copies.length).toBeGreaterThanOrEqual(7);
    for (const { sentAt, at: arrived } of arrows) expect(arrived - sentAt).toBeGreaterThanOrEqual(20);
    // Each peer but the origin has it when the first copy comes.
    const delivered = new Map(marks.filter(({ kind }) => kind === "delivered").map(({ peer, at }) => [peer, at]));
    expect(delivered.size).toBe(8);
    for (const [peer, when] of delivered) {
      if (peer === published.peer) continue;
      expect(Math.min(...copies.filter(({ to }) => to === peer).map((copy) => copy.at))).toBe(when);
    }
  });

  test("shows in a window who was frozen, cut off and killed, from when to when", () => {
    const { spells, marks, lives, arrows } = recorded(eight, { window: [6_000, 6_600] });
    expect(spells).toContainEqual({ peer: 2, kind: "freeze", from: 6_050, to: 6_450 });
    expect(spells).toContainEqual({ peer: 4, kind: "cut off", from: 6_200, to: 6_500 });
    expect(spells).toContainEqual({ peer: 0, kind: "partition", from: 6_200, to: 6_500 });
    expect(marks).toContainEqual({ peer: 3, kind: "crash", at: 6_100 });
    expect(lives.find(({ peer }) => peer === 3)!.to).toBe(6_100);
    for (const arrow of arrows) expect(arrow.at >= 6_000 && arrow.sentAt <= 6_600).toBe(true);
    expect(arrows.filter(({ from, sentAt }) => from === 3 && sentAt > 6_100)).toEqual([]);
  });

  test("shows the end of a partition that has a length", () => {
    const { spells } = recorded({ ...eight, steps: [at(6_200, partition(these(4), 300))] }, { window: [6_000, 6_600] });
    expect(spells).toContainEqual({ peer: 4, kind: "cut off", from: 6_200, to: 6_500 });
    expect(spells.filter(({ kind }) => kind === "partition")).toEqual([
      { peer: 0, kind: "partition", from: 6_200, to: 6_500 },
    ]);
  });

  test("is a picture with all of that in it", () => {
    const svg = spacetimeSvg(recorded(eight, { window: [6_000, 6_600] }), "a < b & c");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain("a &lt; b &amp; c");
    expect(svg.match(/marker-end="url\(#hot\)"/g)!.length).toBeGreaterThanOrEqual(6);
    for (const words of [">peer 8<", ">partition<", ">killed<", ">frozen<", ">6.1 s<"]) expect(svg).toContain(words);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.match(/<(?!\/)[a-z]/gi)!.length).toBe(svg.match(/<\/|\/>/g)!.length);
  });

  test("is well-formed, whatever the scenario is called", () => {
    const svg = spacetimeSvg(recorded(eight), "a\u0001b\ud800c\uffff\u{1f600}");
    expect(svg).toContain("<title>a\ufffdb\ufffdc\ufffd\u{1f600}</title>");
    expect(() => new SaxesParser({ xmlns: true }).write(svg).close()).not.toThrow();
  });

  test("follows the message that was asked for, and says when nobody published it", () => {
    const first = recorded(
      { ...eight, workload: { everyMs: 500, from: "one" } },
      { highlight: { origin: "1", seq: 5 } },
    );
    expect(first.highlight).toBe("#5 of peer 1");
    expect(() => recorded(eight, { highlight: { origin: "1", seq: 99 } })).toThrow("nobody published 1#99");
  });

  test("takes a number for a peer's number, though another one's id begins with it", () => {
    const begin = "0".repeat(31);
    const started = (peer: number, id: string): TraceLine => ({
      at: peer,
      peer,
      event: "started",
      id,
      address: `a:${peer}`,
    });
    const published = (peer: number, id: string): TraceLine => ({
      at: 10 + peer,
      peer,
      event: "published",
      id,
      epoch: 1,
      seq: 1,
    });
    const recorder = new SpacetimeRecorder(scenario(eight), { highlight: { origin: "1", seq: 1 } });
    for (const line of [
      started(1, `2${begin}`),
      started(2, `1${begin}`),
      published(2, `1${begin}`),
      published(1, `2${begin}`),
    ]) {
      recorder.line(line);
    }
    expect(recorder.finish(1_000).highlight).toBe("#1 of peer 1");
    const byId = new SpacetimeRecorder(scenario(eight), { highlight: { origin: "10000000", seq: 1 } });
    for (const line of [started(2, `1${begin}`), published(2, `1${begin}`)]) byId.line(line);
    expect(byId.finish(1_000).highlight).toBe("#1 of peer 2");
  });

  test("follows the first message after all have joined, however soon or late that is", () => {
    const base: ScenarioParts = { peers: 6, joinEveryMs: 50, forMs: 6_000, calmMs: 2_000 };
    const publishedAt = (parts: ScenarioParts, wanted?: SpacetimeWanted) => {
      const { marks, highlight } = recorded(parts, wanted);
      expect(highlight === undefined).toBe(marks.every(({ kind }) => kind !== "published"));
      return marks.find(({ kind }) => kind === "published")?.at;
    };
    expect(publishedAt(base)).toBe(1_000);
    // The last ones come at 2.5 s.
    expect(publishedAt({ ...base, joinEveryMs: 500 })).toBe(3_000);
    // Who joins later, and who ends before it has joined, is not waited for.
    const steps = [at(900, join(2)), at(901, crash(these(3)))];
    expect(publishedAt({ ...base, steps })).toBe(1_000);
    expect(publishedAt({ ...base, joinEveryMs: 450, steps: [at(2_251, crash(these(6)))] })).toBe(3_000);
    // Before all have joined, the last one is nearest.
    expect(publishedAt({ ...base, joinEveryMs: 1_900 })).toBe(5_000);
    expect(publishedAt(base, { window: [2_500, 3_500] })).toBe(3_000);
    expect(publishedAt(base, { window: [2_100, 2_500] })).toBeUndefined();
  });

  test("of a message that is the last before all have joined shows all copies, and of a silent run the beginning", () => {
    // More than are kept of a whole run.
    const long: ScenarioParts = { ...eight, peers: 12, joinEveryMs: 5_000, forMs: 56_000, steps: [] };
    const { arrows, marks, fromMs } = recorded(long);
    expect(fromMs).toBe(54_900);
    expect(marks.filter(({ kind }) => kind === "delivered")).toHaveLength(12);
    expect(arrows.filter(({ isHighlighted }) => isHighlighted).length).toBeGreaterThanOrEqual(10);
    const silent = recorded({ ...eight, forMs: 60_000, steps: [], workload: { everyMs: 0 } });
    expect([silent.fromMs, silent.toMs, silent.highlight]).toEqual([0, 1_000, undefined]);
    expect(silent.arrows.length).toBeGreaterThan(20);
  });

  test("is refused where it would be a stain", () => {
    expect(() => recorded({ ...eight, peers: 31 })).toThrow(/at most 30 peers, and this run has 31/);
    const busy: ScenarioParts = { peers: 20, forMs: 12_000, calmMs: 1_000, workload: { everyMs: 5 } };
    expect(() => recorded(busy, { window: [4_000, 12_000] })).toThrow(/at most 4000 messages; .* shorter --window/);
  });
});
