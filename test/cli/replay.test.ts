import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Stepper } from "../../src/cli/sim/stepper.js";
import { readTrace } from "../../src/cli/sim/trace-file.js";
import { isWanted, lineText, TraceNames, type TraceWanted } from "../../src/cli/sim/trace-filter.js";
import type { TraceLine } from "../../src/sim/scenario/trace-lines.js";
import { Workshop } from "./running.js";

const workshop = new Workshop();
afterAll(() => workshop.close());

const ann = "a".repeat(32);
const bob = "b".repeat(32);
const short: readonly TraceLine[] = [
  { at: 0, peer: 1, event: "started", id: ann, address: "10.0.0.1:5000" },
  { at: 50, peer: 2, event: "started", id: bob, address: "10.0.0.2:5000" },
  { at: 1_000, peer: 1, event: "published", id: ann, epoch: 5, seq: 1, bytes: 64 },
  { at: 1_030, peer: 2, event: "arrived", origin: ann, epoch: 5, seq: 1, round: 1 },
  { at: 2_000, peer: 0, event: "crash", do: "crash", who: { count: 1 }, atMs: 2_000 },
  { at: 3_000, peer: 2, event: "dead", subject: ann, address: "10.0.0.1:5000", epoch: 5, status: "dead" },
  { at: 4_000, peer: 2, event: "gap", origin: ann, epoch: 5, first: 1, last: 3, count: 3 },
];

function written(name: string, lines: readonly object[]): string {
  const path = join(workshop.folder, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}

function wantedOf(wanted: TraceWanted): number[] {
  const names = new TraceNames();
  return short
    .filter((line) => {
      names.note(line);
      return isWanted(line, wanted, names);
    })
    .map(({ at }) => at);
}

describe("a trace", () => {
  test("is filtered by peer, time, kind and message", () => {
    expect(wantedOf({})).toHaveLength(7);
    expect(wantedOf({ peers: [1] })).toEqual([0, 1_000]);
    expect(wantedOf({ peers: [0, 1] })).toEqual([0, 1_000, 2_000]);
    expect(wantedOf({ fromMs: 1_000, toMs: 2_000 })).toEqual([1_000, 1_030, 2_000]);
    expect(wantedOf({ kinds: ["dead", "crash"] })).toEqual([2_000, 3_000]);
    // A gap tells of each message in it.
    expect(wantedOf({ message: { origin: "1", seq: 1 } })).toEqual([1_000, 1_030, 4_000]);
    expect(wantedOf({ message: { origin: "aaaaaaaa", seq: 2 } })).toEqual([4_000]);
    expect(wantedOf({ message: { origin: "2", seq: 1 } })).toEqual([]);
  });

  test("tells what contradicts a promise in words as well", () => {
    const names = new TraceNames();
    for (const line of short) names.note(line);
    const told = (fields: Omit<TraceLine, "at" | "peer">) =>
      lineText({ ...fields, event: String(fields.event), at: 9_000, peer: 2 }, names).replace(/^.*?peer 2 +\w+ +/, "");
    expect(told({ event: "given", origin: ann, epoch: 5, seq: 7 })).toBe("#7 of peer 1");
    expect(told({ event: "lacks", origin: ann, epoch: 5, seq: 7, keeper: 1 })).toBe("#7 of peer 1, which peer 1 keeps");
    const unknown = { event: "directory", subject: ann, address: "10.0.0.1:5000", status: "unknown" };
    expect(told(unknown)).toBe("peer 1 is unknown");
  });

  test("is told in words, with the numbers of peers in place of their ids", () => {
    const names = new TraceNames();
    const texts = short.map((line) => {
      names.note(line);
      return lineText(line, names);
    });
    expect(texts).toEqual([
      "    0.000 s  peer 1    started     10.0.0.1:5000 (aaaaaaaa)",
      "    0.050 s  peer 2    started     10.0.0.2:5000 (bbbbbbbb)",
      "    1.000 s  peer 1    published   #1, 64 bytes",
      "    1.030 s  peer 2    arrived     #1 of peer 1, hop 1",
      '    2.000 s  network   crash       who {"count":1}',
      "    3.000 s  peer 2    dead        peer 1",
      "    4.000 s  peer 2    gap         #1 to #3 of peer 1",
    ]);
  });

  test("names who spoke the classic dialect, and so has no id, by the address", () => {
    const names = new TraceNames();
    for (const line of short) names.note(line);
    const text = (fields: object) => lineText({ at: 5_000, peer: 2, event: "link", ...fields }, names).slice(23);
    expect(text({ address: "10.0.0.1:5000" })).toBe("link        peer 1");
    expect(text({ neighbor: bob, address: "10.0.0.2:5000" })).toBe("link        peer 2");
    expect(text({ address: "10.0.0.9:5000" })).toBe("link        10.0.0.9:5000");
    expect(text({ event: "unlink", address: "10.0.0.1:5000", reason: "gone" })).toBe("unlink      peer 1 (gone)");
    const state = { epoch: 0, status: "dead" };
    expect(text({ event: "dead", address: "10.0.0.1:5000", ...state })).toBe("dead        peer 1");
    expect(text({ event: "dead", subject: "c".repeat(32), address: "10.0.0.1:5000", ...state })).toBe(
      "dead        cccccccc",
    );
  });

  test("may end in the middle of a character's bytes or of a piece, and in a line without an end", () => {
    const lines = Array.from({ length: 3_000 }, (_, at) => ({ at, peer: 1, event: "tagged", text: `ä${at}` }));
    const path = written("wide.ndjson", lines);
    const read = [...readTrace(path)];
    expect(read.map(({ line }) => line)).toEqual(lines);
    const { place } = read[2_000]!;
    expect([...readTrace(path, place)].map(({ line }) => line)).toEqual(lines.slice(2_000));
    writeFileSync(path, JSON.stringify(lines[0]));
    expect([...readTrace(path)]).toHaveLength(1);
  });
});

describe("stepping", () => {
  const lines = Array.from({ length: 5_000 }, (_, n) => ({ at: n * 10, peer: n % 3, event: "tick", n }));
  const steps = (wanted: TraceWanted = {}) => new Stepper(written("long.ndjson", lines), wanted);
  const shown = (stepper: Stepper, rows: number) => stepper.view(rows).map((line) => line.n);

  test("goes on and back, over any distance, and keeps what stands above the present line", () => {
    const stepper = steps();
    expect(stepper.view(3)).toEqual([]);
    stepper.forward();
    expect([stepper.number, stepper.line?.n]).toEqual([1, 0]);
    stepper.forward(4_500);
    expect(stepper.line?.n).toBe(4_500);
    expect(shown(stepper, 4)).toEqual([4_497, 4_498, 4_499, 4_500]);
    // By single steps through all that was kept, and beyond.
    for (let n = 4_499; n >= 0; n--) {
      stepper.back();
      if (stepper.line?.n !== n) expect(stepper.line?.n).toBe(n);
      const above = shown(stepper, 3);
      if (above.length !== Math.min(3, n + 1) || above.at(-1) !== n) expect(above).toEqual([n - 2, n - 1, n]);
    }
    stepper.back();
    expect(stepper.line?.n).toBe(0);
    stepper.forward(10_000);
    expect([stepper.line?.n, stepper.isAtEnd]).toEqual([4_999, true]);
    stepper.back(4_990);
    expect([stepper.line?.n, stepper.number]).toEqual([9, 10]);
  });

  test("goes to a time, ahead and back", () => {
    const stepper = steps({ peers: [1] });
    stepper.toTime(20_000);
    expect(stepper.line).toMatchObject({ at: 20_020, n: 2_002 });
    stepper.toTime(95);
    expect(stepper.line).toMatchObject({ at: 100, n: 10 });
    stepper.toTime(1_000_000);
    expect(stepper.line?.n).toBe(4_999 - ((4_999 - 1) % 3));
    expect(stepper.isAtEnd).toBe(true);
  });

  test("finds nothing where nothing is wanted", () => {
    const stepper = steps({ kinds: ["none"] });
    stepper.forward();
    stepper.back();
    stepper.toTime(5);
    expect([stepper.number, stepper.line, stepper.view(5)]).toEqual([0, undefined, []]);
  });
});

describe("hearsay sim replay", () => {
  test("prints what a run has written, by peer, kind and message, in words and as JSON", async () => {
    const run = workshop.run(["sim", "--peers", "5", "--for", "8s", "--calm", "5s", "--trace", "run.ndjson", "--json"]);
    expect(await run.exit()).toBe(0);
    const all = workshop.run(["sim", "replay", "run.ndjson"]);
    expect(await all.exit()).toBe(0);
    const count = workshop.read("run.ndjson").trimEnd().split("\n").length;
    expect(all.stdout().trimEnd().split("\n")).toHaveLength(count);
    const published = workshop
      .read("run.ndjson")
      .split("\n")
      .find((line) => line.includes('"published"'))!;
    const { peer, seq } = JSON.parse(published) as { peer: number; seq: number };
    const one = workshop.run(["sim", "replay", "run.ndjson", "--message", `${peer}#${seq}`, "--json"]);
    expect(await one.exit()).toBe(0);
    const events = one.events().map(({ event }) => event);
    expect(events[0]).toBe("published");
    expect(events.filter((event) => event === "arrived").length).toBeGreaterThanOrEqual(4);
    const started = workshop.run(["sim", "replay", "run.ndjson", "--kind", "started", "--peer", "2", "--to", "1s"]);
    expect(await started.exit()).toBe(0);
    expect(started.stdout()).toMatch(/^ +0\.\d+ s {2}peer 2 +started +10\.0\.0\.\d+:5000 \([0-9a-f]{8}\)\n$/);
  });

  test.each([
    [["{", "}"], 1, "it is not JSON"],
    [[JSON.stringify(short[0]), '{"peer":1}'], 2, "it has no time"],
    [[JSON.stringify(short[0]), '{"at":1,"peer":1}'], 2, "it does not say what happened"],
    [['{"at":1,"peer":"x","event":"e"}'], 1, "it has no number of a peer"],
    [[JSON.stringify(short[2]), JSON.stringify(short[1])], 2, "its time goes back, from 1000 to 50"],
    [["x".repeat(1_200_000)], 1, "it is too long"],
  ])("names the line that is none: %#", async (lines, number, why) => {
    writeFileSync(join(workshop.folder, "bad.ndjson"), lines.join("\n"));
    const run = workshop.run(["sim", "replay", "bad.ndjson"]);
    expect(await run.exit()).toBe(2);
    expect(run.stderr()).toBe(
      `error: bad.ndjson, line ${number}, is no line of a trace: ${run.stderr().split(": ")[2]}`,
    );
    expect(run.stderr()).toContain(why);
  });

  test("says that there is no such file, and what a message's name looks like", async () => {
    const none = workshop.run(["sim", "replay", "none.ndjson"]);
    expect(await none.exit()).toBe(2);
    expect(none.stderr()).toMatch(/^error: cannot read the trace none\.ndjson: ENOENT/);
    const bad = workshop.run(["sim", "replay", "none.ndjson", "--message", "twelve"]);
    expect(await bad.exit()).toBe(2);
    expect(bad.stderr()).toContain("such as 3#12");
  });
});
