import { afterEach, describe, expect, test } from "vitest";
import type { Report } from "./actor.js";
import { Actors, type Kind } from "./actors.js";
import { lackingOf, started, untilAll } from "./played.js";

const isLong = Boolean(process.env.HEARSAY_LONG);

describe.each<Kind>(["in one process", "as processes"])("peers %s", (kind) => {
  const actors = new Actors(kind);
  afterEach(() => actors.clear());

  test("who comes late to 20 peers has all that is remembered within 2 s", async () => {
    const played = await started(actors, 20);
    const publishers = [played[0]!, played[7]!, played[19]!];
    const count = isLong ? 3_000 : 1_000;
    const streamed = await Promise.all(
      publishers.map((one) => one.stream({ rate: 500, forMs: count * 2, payloadBytes: 100 })),
    );
    for (const one of streamed) expect(one).toEqual({ published: count, failed: {} });
    const due = new Map(publishers.map(({ id }) => [id, count]));
    await untilAll(played, (report) => lackingOf(report, due) === 0, "the others have it");
    // What starts a process is no part of the promise.
    const late = await actors.start([played[3]!.address]);
    const cameAt = performance.now();
    await late.join();
    await untilAll([late], (report) => lackingOf(report, due) === 0, "the newcomer has it");
    const tookMs = performance.now() - cameAt;
    if (isLong) console.log(`${kind}: a newcomer had ${3 * count} messages in ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(2_000);
    const { faults, gaps, heard } = await late.report();
    expect({ faults, gaps, heard }).toEqual({ faults: [], gaps: [], heard: 3 * count });
  }, 60_000);

  test("who reads too slowly is told how many messages it has lost, and can have them from history", async () => {
    const bufferMax = 100;
    const subscribers = [
      { overflow: "error", bufferMax },
      { overflow: "drop-oldest", bufferMax },
      { overflow: "drop-newest", bufferMax },
    ] as const;
    const source = await actors.start([]);
    const slow = await Promise.all(
      subscribers.map((subscribe) => actors.start([source.address], { subscribe, readMs: 5 })),
    );
    await source.join();
    for (const one of slow) await one.join();
    const count = 1_000;
    expect(await source.stream({ rate: 1_000, forMs: count, payloadBytes: 100 })).toEqual({
      published: count,
      failed: {},
    });
    const lostBy = ({ overflows }: Report) => overflows.reduce((sum, dropped) => sum + dropped, 0);
    const reports = await untilAll(
      slow,
      (report) => (report.end === undefined ? report.heard + lostBy(report) === count : lostBy(report) > 0),
      "what was heard and what was lost are all there is",
    );
    for (const report of reports) expect(report.gaps).toEqual([]);
    const [failed, ...goingOn] = reports as [Report, Report, Report];
    // It ends with what was lost by then; what came later was not meant for it any more.
    expect(failed.end).toContain(`overflow`);
    expect(failed.end).toContain(`${lostBy(failed)} messages`);
    expect(failed.faults).toEqual([]);
    for (const report of goingOn) {
      expect(report.end).toBeUndefined();
      expect(lostBy(report)).toBeGreaterThan(0);
    }
    for (const one of slow) expect(await one.readAgain()).toBe(count);
  }, 60_000);
});
