import { describe, expect, test } from "vitest";
import type { DirectoryEntryAnswer, Someone, StreamEvent } from "../../src/http/schemas.js";
import { linesMax, Timeline } from "../../web/dashboard/timeline.js";

const someone = (name: string): Someone => ({ id: null, name, address: "127.0.0.1:1" });
const entry = (name: string): DirectoryEntryAnswer => ({
  ...someone(name),
  dialect: "native",
  status: "dead",
  epoch: 1,
  incarnation: 0,
  tags: {},
  since: 0,
  seenAt: null,
  rttMs: null,
  isSelf: false,
});
const dead = (observer: string, name: string, at: number): StreamEvent => {
  return { type: "dead", at, observer: someone(observer), peer: entry(name) };
};

describe("the timeline", () => {
  test("what several say of one peer within seconds is one line, and later it is another", () => {
    const timeline = new Timeline();
    for (const [observer, at] of [
      ["p1", 0],
      ["p2", 900],
      ["p1", 950],
      ["p4", 4_000],
      ["p1", 60_000],
    ] as const) {
      timeline.happen(dead(observer, "p3", at));
    }
    timeline.happen(dead("p1", "p7", 1_000));
    expect(timeline.latest.map(({ text, observers }) => [text, observers])).toEqual([
      ["p7 is dead", ["p1"]],
      ["p3 is dead", ["p1"]],
      ["p3 is dead", ["p1", "p2", "p4"]],
    ]);
  });

  test("both ends of a link make one line", () => {
    const timeline = new Timeline();
    for (const [a, b] of [
      ["p1", "p2"],
      ["p2", "p1"],
    ] as const) {
      timeline.happen({ type: "link", at: 0, observer: someone(a), neighbor: someone(b), dialect: "native" });
    }
    expect(timeline.latest.map(({ text }) => text)).toEqual(["p1 and p2 are linked"]);
  });

  test("remembers only so much, and joins lines all the same", () => {
    const timeline = new Timeline();
    for (let i = 0; i < linesMax + 5; i++) timeline.happen(dead("p1", `p${i}`, i));
    timeline.happen(dead("p2", `p${linesMax}`, linesMax + 10));
    expect(timeline.latest.length).toBe(linesMax);
    expect(timeline.latest.find(({ text }) => text === `p${linesMax} is dead`)!.observers).toEqual(["p1", "p2"]);
  });

  test("messages and their hops are told elsewhere", () => {
    const timeline = new Timeline();
    const hop = { message: "m", origin: "p1", from: "p1", to: "p2", round: 1, isLast: false } as const;
    expect(timeline.happen({ type: "hop", at: 0, ...hop })).toBe(false);
    expect(timeline.latest).toEqual([]);
  });
});
