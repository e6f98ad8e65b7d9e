import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { freePorts, type Program, Programs } from "../interop/programs.js";
import { type PeerOnStage, Scene, until } from "./scene.js";

const scene = new Scene();
afterEach(() => scene.clear());

describe("3 seeds and 20 peers that start 0.2 s apart", () => {
  test("in one process, over real sockets: every message reaches all that had joined by then, each once", async () => {
    const messages = 10;
    const seeds = await Promise.all([1, 2, 3].map(() => scene.seed()));
    const addresses = seeds.map(({ address }) => address);
    const stages: PeerOnStage[] = [];
    /** Text → the peers that had joined when it was published. */
    const due = new Map<string, PeerOnStage[]>();
    for (let i = 0; i < 20; i++) {
      const events: PeerOnStage["events"] = [];
      const stage = await scene.peer(addresses, {
        config: { messages, messageIntervalMs: 500 },
        onEvent: (event) => {
          events.push(event);
          if (event.type !== "gossip" || !event.own) return;
          due.set(
            event.gossip.text,
            stages.filter(({ peer }) => peer.joined),
          );
        },
      });
      stages.push({ ...stage, events });
      await sleep(200);
    }
    await until(() => due.size === 20 * messages, "all is published");
    const missing = () =>
      [...due].flatMap(([text, peers]) => {
        const without = peers.filter((stage) => !textsOf(stage).includes(text));
        return without.map(({ address }) => `${address} misses ${text}`);
      });
    await until(
      () => missing().length === 0,
      () => missing().join("\n"),
    );
    for (const stage of stages) expect(new Set(textsOf(stage)).size).toBe(textsOf(stage).length);
    for (const { seed } of seeds) expect(new Set(seed.peers()).size).toBe(seed.size);
    expect(seeds.reduce((sum, { seed }) => sum + seed.size, 0)).toBe(20 * 2);
    for (const { warnings } of [...seeds, ...stages]) expect(warnings).toEqual([]);
    // Two-way: whoever is my neighbor has me for one.
    for (const { peer, address } of stages) {
      for (const neighbor of peer.neighbors()) {
        expect(stages.find((other) => other.address === neighbor)!.peer.neighbors()).toContain(address);
      }
    }
  });

  const runs = Number(process.env.HEARSAY_RUNS ?? 3);
  test.skipIf(!process.env.HEARSAY_LONG)(
    `as processes, ${runs} times over: every message reaches all that had joined by then, each once`,
    async () => {
      for (let run = 1; run <= runs; run++) {
        const { expected, missing, double } = await runProcesses();
        if (process.env.HEARSAY_RUNS) console.log(`run ${run}: ${expected} expected, ${missing.length} missing`);
        expect(missing, `run ${run}: of ${expected}`).toEqual([]);
        expect(double, `run ${run}`).toEqual([]);
      }
    },
    runs * 90_000,
  );
});

async function runProcesses(): Promise<{ expected: number; missing: string[]; double: string[] }> {
  const pace = { messages: 10, everyMs: 1_000, livenessMs: 13_000 };
  const programs = new Programs();
  try {
    const [one, two, three, ...ports] = await freePorts(23);
    const seeds = await Promise.all([one!, two!, three!].map((port) => programs.seed("ours", port)));
    const starts: Promise<Program>[] = [];
    for (const port of ports) {
      starts.push(programs.peer("ours", port, seeds, pace));
      await sleep(200);
    }
    const peers = await Promise.all(starts);
    const own = () => peers.flatMap((peer) => peer.told("gossip").filter((event) => event.own === true));
    await until(() => own().length === peers.length * pace.messages, "all is published", 60_000);
    const joinedAt = new Map(peers.map((peer) => [peer, Date.parse(peer.told("joined")[0]!.time)]));
    const due = own().flatMap((event) => {
      const text = String(event.text);
      // The clocks of two processes agree to a few milliseconds.
      const publishedAt = Date.parse(event.time) - 5;
      return peers.filter((peer) => joinedAt.get(peer)! < publishedAt).map((peer) => ({ text, peer }));
    });
    const missing = () => {
      const heard = new Map(peers.map((peer) => [peer, new Set(peer.told("gossip").map(({ text }) => text))]));
      return due.filter(({ text, peer }) => !heard.get(peer)!.has(text));
    };
    const deadline = performance.now() + 10_000;
    while (missing().length > 0 && performance.now() < deadline) await sleep(50);
    const double = peers.flatMap((peer) => {
      const texts = peer.told("gossip").map(({ text }) => String(text));
      return texts.filter((text, index) => texts.indexOf(text) !== index);
    });
    const misses = missing().map(({ text, peer }) => `${peer.address} misses ${text}`);
    return { expected: due.length, missing: misses, double };
  } finally {
    await programs.end();
  }
}

function textsOf({ events }: PeerOnStage): string[] {
  return events.flatMap((event) => (event.type === "gossip" ? [event.gossip.text] : []));
}
