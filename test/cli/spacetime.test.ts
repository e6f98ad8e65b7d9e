import { describe, expect, test } from "vitest";
import { type Spacetime, SpacetimeRecorder, type SpacetimeWanted } from "../../src/cli/sim/spacetime.js";
import { spacetimeSvg } from "../../src/cli/sim/spacetime-svg.js";
import { runScenario } from "../../src/sim/scenario/run.js";
import {
  at,
  crash,
  freeze,
  heal,
  partition,
  type ScenarioParts,
  scenario,
  these,
} from "../../src/sim/scenario/scenario.js";

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

  test("is a picture with all of that in it", () => {
    const svg = spacetimeSvg(recorded(eight, { window: [6_000, 6_600] }), "a < b & c");
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain("a &lt; b &amp; c");
    expect(svg.match(/marker-end="url\(#hot\)"/g)!.length).toBeGreaterThanOrEqual(6);
    for (const words of [">peer 8<", ">partition<", ">killed<", ">frozen<", ">6.1 s<"]) expect(svg).toContain(words);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.match(/<(?!\/)[a-z]/gi)!.length).toBe(svg.match(/<\/|\/>/g)!.length);
  });

  test("follows the message that was asked for, and says when nobody published it", () => {
    const first = recorded(
      { ...eight, workload: { everyMs: 500, from: "one" } },
      { highlight: { origin: "1", seq: 5 } },
    );
    expect(first.highlight).toBe("#5 of peer 1");
    expect(() => recorded(eight, { highlight: { origin: "1", seq: 99 } })).toThrow("nobody published 1#99");
  });

  test("is refused where it would be a stain", () => {
    expect(() => recorded({ ...eight, peers: 31 })).toThrow(/at most 30 peers, and this run has 31/);
    const busy: ScenarioParts = { peers: 20, forMs: 12_000, calmMs: 1_000, workload: { everyMs: 5 } };
    expect(() => recorded(busy, { window: [4_000, 12_000] })).toThrow(/at most 4000 messages; .* shorter --window/);
  });
});
