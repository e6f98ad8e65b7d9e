/**
 * Real processes on machines of their own, as far as they can tell: ten network namespaces, with loss and delay on every
 * way, wires that are cut in one direction or in both, and one machine that is gone from one moment to the next.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sayings } from "./actor.js";
import { Actors, type Played } from "./actors.js";
import { Land, type Weather } from "./namespaces/land.js";
import { lackingOf, untilAll, untilAllSay } from "./played.js";

const count = 10;
/** Each way: a round trip takes 100 ms ± 40, and one in ten is lost. */
const weather: Partial<Weather> = { delayMs: 50, jitterMs: 20, lossShare: 0.05 };
const isRequired = process.env.CI === "true" || process.env.HEARSAY_REQUIRE_NAMESPACES === "1";
const obstacle = Land.obstacle();
if (obstacle !== undefined && !isRequired) console.log(`skipped: no network namespaces here: ${obstacle}`);

describe.skipIf(obstacle !== undefined && !isRequired)("ten machines, 5 % loss, 50 ms ± 20 ms", () => {
  const actors = new Actors("as processes");
  let land: Land;
  let played: Played[] = [];
  const numbers = Array.from({ length: count }, (_none, number) => number);

  beforeAll(async () => {
    if (obstacle !== undefined) throw new Error(`network namespaces are required, and there are none: ${obstacle}`);
    land = await Land.make(count);
    await land.change(weather);
    const places = numbers.map((number) => ({
      namespace: land.namespaces[number]!,
      ip: land.ipOf(number),
      port: 7_000,
    }));
    // Who was deaf is on probation for long: shorter here, or the test would take minutes.
    const peer = { config: { directory: { deafProbationMs: 5_000 } } };
    played = await Promise.all(places.map((place) => actors.start([`${land.ipOf(0)}:7000`], { ...place, peer })));
    for (const one of played) await one.join();
  }, 60_000);

  afterAll(async () => {
    await actors.clear();
    land?.remove();
  });

  test("all find each other", async () => {
    // On a busy machine a first try may take too long, and the next ones come after growing pauses.
    await untilAllSay(played, knowsAll, "all know all", 60_000);
  }, 90_000);

  test("messages get everywhere, once and in order, and nobody is taken for dead", async () => {
    const sources = [played[1]!, played[6]!];
    const streamed = await Promise.all(
      sources.map((source) => source.stream({ rate: 20, forMs: 5_000, payloadBytes: 100 })),
    );
    const due = new Map(sources.map(({ id }, i) => [id, streamed[i]!.published]));
    expect(streamed).toEqual(sources.map(() => ({ published: 100, failed: {} })));
    const reports = await untilAll(played, (report) => lackingOf(report, due) === 0, "all have all");
    for (const { faults, gaps } of reports) expect({ faults, gaps }).toEqual({ faults: [], gaps: [] });
    for (const { sayings } of await untilAllSay(played, knowsAll, "all know all"))
      expect(deathsIn(sayings)).toEqual([]);
    expect((await land.change({})).lost).toBeGreaterThan(50);
  }, 60_000);

  test("one who hears nothing and one who cannot be heard: all others agree about both, and both come back", async () => {
    const [deaf, mute] = [3, 7];
    const others = numbers.filter((number) => number !== deaf && number !== mute);
    const toDeaf = numbers.filter((from) => from !== deaf).map((from) => [from, deaf] as const);
    const fromMute = numbers.filter((to) => to !== mute).map((to) => [mute, to] as const);
    await land.change({ cuts: [...toDeaf, ...fromMute] });
    const isGone = ({ peers }: Sayings) =>
      [deaf, mute].every((number) => peers.find(({ id }) => id === played[number]!.id)?.status === "dead");
    const judges = others.map((number) => played[number]!);
    const gone = [deaf, mute].map((number) => `dead ${played[number]!.address}`);
    for (const { sayings } of await untilAllSay(judges, isGone, "both are dead to the others", 30_000)) {
      // Nobody believes those two about the others.
      expect(new Set(deathsIn(sayings))).toEqual(new Set(gone));
    }
    // By now TCP has given its pauses between attempts some length.
    await sleep(5_000);
    await land.change({ cuts: [] });
    await untilAllSay(played, knowsAll, "all know all again", 45_000);
  }, 90_000);

  test("a network that is cut in two becomes one again, with the same directory everywhere", async () => {
    const half = count / 2;
    const cuts = numbers.flatMap((from) =>
      numbers.filter((to) => from < half !== to < half).map((to) => [from, to] as const),
    );
    await land.change({ cuts });
    const seesHalf = ({ peers }: Sayings) => aliveIn(peers).length === half;
    await untilAllSay(played, seesHalf, "each half is alone", 45_000);
    await sleep(3_000);
    await land.change({ cuts: [] });
    const all = await untilAllSay(played, knowsAll, "all know all again", 45_000);
    for (const { peers } of all) expect(aliveIn(peers)).toEqual(aliveIn(all[0]!.peers));
  }, 120_000);

  test("a machine that is gone is dead everywhere, and it alone", async () => {
    const victim = played.at(-1)!;
    const remaining = played.slice(0, -1);
    await untilAllSay(played, knowsAll, "all know all");
    // What said what before is no concern of this one.
    const before = (await Promise.all(remaining.map((one) => one.sayings()))).map(({ sayings }) => sayings.length);
    const number = count - 1;
    await land.change({ cuts: numbers.flatMap((other) => [[other, number] as const, [number, other] as const]) });
    await victim.kill();
    const isDead = ({ peers }: Sayings) => peers.find(({ id }) => id === victim.id)?.status === "dead";
    const said = await untilAllSay(remaining, isDead, "it is dead", 30_000);
    await sleep(500);
    for (const [i, { sayings }] of said.entries()) {
      expect(deathsIn(sayings.slice(before[i]))).toEqual([`dead ${victim.address}`]);
    }
  }, 60_000);
});

function knowsAll({ peers }: Sayings): boolean {
  return aliveIn(peers).length === count;
}

/** Who is alive, with what tells their states apart. */
function aliveIn(peers: Sayings["peers"]): string[] {
  const living = peers.filter(({ status }) => status === "alive");
  return living.map(({ id, address, epoch }) => `${id} ${address} ${epoch}`).sort();
}

function deathsIn(sayings: readonly string[]): string[] {
  return sayings.filter((saying) => saying.startsWith("dead"));
}
