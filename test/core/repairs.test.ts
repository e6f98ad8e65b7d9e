import { describe, expect, test } from "vitest";
import { historyDefaults, reconcileDefaults } from "../../src/core/config.js";
import { History } from "../../src/core/history.js";
import type { Repair, Want } from "../../src/core/message.js";
import { Repairs } from "../../src/core/repairs.js";
import { envelope, idOf } from "./envelopes.js";

const payloadBytes = 20_000;
const count = 100;

/** One neighbor, in slot 0, and a hundred large messages of one life. */
function scene() {
  const history = new History(historyDefaults);
  for (let seq = 1; seq <= count; seq++) {
    history.add(0, { ...envelope(1, 1, seq), payload: new Uint8Array(payloadBytes) }, 1, 0);
  }
  const sent: number[] = [];
  const probes: number[] = [];
  const repairs = new Repairs(reconcileDefaults, history, {
    send: (_slot, { envelope: { seq } }: Repair) => sent.push(seq),
    probe: (now) => probes.push(now),
  });
  repairs.neighborUp(0);
  const run = (from: number, until: number) => {
    for (let now = from; now <= until; now++) if (repairs.nextWake <= now) repairs.wake(now);
  };
  return { repairs, sent, probes, run };
}

const want = (...seqs: number[]): Want => ({ type: "want", origin: idOf(1), epoch: 1, seqs });

describe("repairs", () => {
  test("are under way for half a megabyte, and go on as it is taken", () => {
    const { repairs, sent, probes, run } = scene();
    repairs.wanted(1, 0, want(1, count));
    run(1, 1_000);
    const window = sent.length;
    expect(window * payloadBytes).toBeGreaterThan(400_000);
    expect(window * payloadBytes).toBeLessThan(600_000);
    expect(probes.length).toBeGreaterThan(0);
    // An answer to what was asked before any of it says nothing of it.
    repairs.confirmed(1_000, 0, 1);
    run(1_000, 1_100);
    expect(sent).toHaveLength(window);
    for (let now = 1_200; sent.length < count && now < 3_000; now += 100) {
      repairs.confirmed(now, 0, now - 1);
      run(now, now + 99);
    }
    expect(sent).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  });

  test("are not sent twice to who asks again while they are under way, nor what it does not lack any more", () => {
    const { repairs, sent, run } = scene();
    repairs.wanted(1, 0, want(1, count));
    run(1, 10);
    const last = sent.length;
    repairs.wanted(20, 0, want(4, 80));
    repairs.wanted(20, 0, want(90, 90));
    for (let now = 20; now < 3_000; now += 10) {
      repairs.confirmed(now, 0, now);
      run(now, now + 9);
    }
    expect(last).toBeGreaterThan(3);
    expect(sent).toEqual([...Array.from({ length: 80 }, (_, index) => index + 1), 90]);
  });
});
