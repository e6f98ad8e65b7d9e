import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../../src/core/address.js";
import { classicForm } from "../../../src/core/bridge/classic-form.js";
import { seededRuns } from "../../seeded.js";
import { OriginalPeerCore, OriginalSeedCore } from "../classic/originals.js";
import { linesOf, MixedWorld } from "./mixed-world.js";

const secondMs = 1_000;
const scale = process.env.HEARSAY_LONG ? 40 : 1;

describe("messages that cross", () => {
  seededRuns("every message reaches every peer of either kind exactly once", 50 * scale, (randomSeed) => {
    const world = new MixedWorld(randomSeed);
    world.startMix(1 + world.random.below(6), 1 + world.random.below(6), 1_000);
    expect(
      world.runUntil(() => world.isWhole(), 60 * secondMs),
      world.describe(),
    ).toBe(true);
    world.run(15 * secondMs);
    const lines: string[] = [];
    const texts: { readonly text: string; readonly by: Address }[] = [];
    for (let i = 0; i < 20; i++) {
      const { natives, classics } = world;
      if (world.random.below(2) === 0) {
        const by = natives[world.random.below(natives.length)]!;
        const envelope = by.process.call((core, now) => core.publish(now, `number ${i}`));
        lines.push(`news: number ${i}`);
        texts.push({ text: classicForm(envelope).text, by: by.address });
      } else {
        const by = classics[world.random.below(classics.length)]!;
        const { text } = by.process.call((core, now) => core.publish(now, `GOSSIP${i}`));
        lines.push(`classic: ${text}`);
        texts.push({ text, by: by.address });
      }
      world.run(world.random.below(300));
    }
    world.run(10 * secondMs);
    for (const peer of world.natives) expect(linesOf(peer).sort(), world.describe()).toEqual(lines.sort());
    for (const { address, delivered } of world.classics) {
      const expected = texts.filter(({ by }) => by !== address).map(({ text }) => text);
      expect(delivered.sort(), world.describe()).toEqual(expected.sort());
    }
  });

  seededRuns("… also when packets are lost, and links are made and broken meanwhile", 20 * scale, (randomSeed) => {
    const world = new MixedWorld(randomSeed, { lossRate: 0.05 });
    world.startMix(4, 6, 500);
    const lines: string[] = [];
    for (let i = 0; i < 60; i++) {
      const living = world.aliveNatives;
      const peer = living[world.random.below(living.length)]!;
      peer.process.call((core, now) => core.publish(now, `number ${i}`));
      const classic = world.aliveClassics[world.random.below(world.aliveClassics.length)]!;
      if (classic.process.core.own !== undefined) {
        lines.push(classic.process.call((core, now) => core.publish(now, `GOSSIP${i}`)).text);
      }
      if (i === 20) world.natives[0]!.process.crash();
      if (i === 40) world.classics[0]!.process.crash();
      world.run(world.random.below(2_000));
    }
    world.run(60 * secondMs);
    for (const peer of world.aliveNatives) expect(new Set(linesOf(peer)).size).toBe(linesOf(peer).length);
    for (const { delivered } of world.aliveClassics) expect(new Set(delivered).size).toBe(delivered.length);
  });

  test("a newcomer does not tell its classic neighbors what was said before its time", () => {
    const world = new MixedWorld(1);
    const [peer, classic] = [world.startNative(), world.startClassic()];
    world.run(10 * secondMs);
    const envelope = { ...peer.process.call((core, now) => core.publish(now, "now")) };
    const tell = (seq: number, ageMs: number) =>
      peer.process.call((core, now) => core.side.spread(now, classicForm({ ...envelope, seq }), ageMs));
    world.run(secondMs);
    tell(2, 15 * secondMs);
    tell(3, 25 * secondMs);
    world.run(secondMs);
    expect(classic.delivered).toEqual([classicForm(envelope).text, classicForm({ ...envelope, seq: 2 }).text]);
  });
});

describe("the links", () => {
  seededRuns("any mix of both kinds becomes one network, and stays it", 15 * scale, (randomSeed) => {
    const world = new MixedWorld(randomSeed);
    const most = randomSeed % 2 === 0 ? 20 : 5;
    world.startMix(1 + world.random.below(most), 1 + world.random.below(25 - most), 400);
    expect(
      world.runUntil(() => world.isWhole(), 60 * secondMs),
      world.describe(),
    ).toBe(true);
    for (let i = 0; i < 10; i++) {
      world.run(10 * secondMs);
      expect(world.parts(), world.describe()).toBe(1);
    }
  });

  seededRuns("whoever is killed, stopped or cut off, the rest becomes one network again", 40 * scale, (randomSeed) => {
    const world = new MixedWorld(randomSeed);
    world.startMix(2 + world.random.below(6), 2 + world.random.below(8), 300);
    world.run(20 * secondMs);
    for (let i = 0; i < 8; i++) {
      const all = [...world.natives, ...world.classics];
      const { process } = all[world.random.below(all.length)]!;
      const draw = world.random.below(5);
      if (draw === 0) process.crash();
      else if (draw === 1) process.freeze();
      else if (draw === 2) process.thaw();
      else if (draw === 3) {
        const half = all.filter(() => world.random.below(2) === 0).map(({ address }) => address);
        world.network.partition([half]);
      } else if (world.random.below(2) === 0) world.startNative();
      else world.startClassic();
      world.run(world.random.below(20 * secondMs));
    }
    world.network.heal();
    for (const { process } of [...world.natives, ...world.classics]) process.thaw();
    expect(
      world.runUntil(() => world.isWhole(), 180 * secondMs),
      world.describe(),
    ).toBe(true);
  });

  seededRuns("classic peers that have enough of each other are found all the same", 20 * scale, (randomSeed) => {
    const world = new MixedWorld(randomSeed);
    // Lower than all others, and content: nobody there has any need of a Hearsay peer.
    for (let i = 1; i <= 7; i++) world.startClassic(parseAddress(`10.0.0.${i}:7000`));
    world.run(30 * secondMs);
    world.startNatives(2 + world.random.below(8));
    world.run(20 * secondMs);
    expect(world.parts(), world.describe()).toBe(1);
  });

  seededRuns("the lowest Hearsay peer has a link to a lower classic one, if there is any", 50 * scale, (randomSeed) => {
    const world = new MixedWorld(randomSeed);
    const originals = Array.from({ length: 12 }, (_, i) => parseAddress(`10.${i < 2 ? 0 : 9}.0.${i}:7000`)!);
    for (const address of originals) {
      world.network.start(address, (effects) => new OriginalPeerCore(effects as never) as never);
      world.seed.core.list.set(address, "classic");
    }
    world.startNatives(3);
    world.run(20 * secondMs);
    const [lowest] = world.natives.toSorted((one, other) => (one.address < other.address ? -1 : 1));
    const neighbors = lowest!.process.core.side.neighbors();
    expect(neighbors.some(({ address }) => address < lowest!.address)).toBe(true);
    for (const { process } of world.natives) expect(process.core.side.neighbors().length).toBeLessThanOrEqual(3);
  });

  test("an original that came first, and waits, is asked by the Hearsay peers that are called to", () => {
    const world = new MixedWorld(1);
    const address = parseAddress("10.9.9.9:7000")!;
    const original = world.network.start(address, (effects) => new OriginalPeerCore(effects as never) as never);
    const { received } = original.core as unknown as OriginalPeerCore;
    world.seed.core.list.set(address, "classic");
    for (let i = 0; i < 10; i++) world.startNative();
    world.run(20 * secondMs);
    // The last two that are called know everybody; some were called before others came.
    const requests = received.filter(({ type }) => type === "connect-request").length;
    expect(requests).toBeGreaterThanOrEqual(2);
    expect(requests).toBeLessThanOrEqual(8);
    world.natives[0]!.process.call((core, now) => core.publish(now, "hello"));
    world.run(secondMs);
    // From each of them: an original drops all but the first.
    expect(received.filter(({ type }) => type === "gossip")).toHaveLength(requests);
  });

  test("three classic peers among a thousand are not stormed, and are well connected", () => {
    const world = new MixedWorld(1);
    const classics = [1, 2, 3].map(() => world.startClassic());
    for (let i = 0; i < 1_000; i++) {
      world.startNative(35);
      if (i % 100 === 0) world.run(secondMs);
    }
    const asked = () => {
      const sum = (address: Address) =>
        world.natives.reduce((total, { process }) => total + (process.core.asked.get(address) ?? 0), 0);
      return classics.map(({ address }) => sum(address));
    };
    world.run(20 * secondMs);
    const atFirst = asked();
    world.run(300 * secondMs);
    const later = asked();
    for (const [index, { process }] of classics.entries()) {
      expect(atFirst[index]).toBeLessThan(150);
      // About one a second, from a thousand peers; less with every pause.
      expect(later[index]! - atFirst[index]!).toBeLessThan(400);
      expect(process.core.neighbors().length).toBeGreaterThanOrEqual(2);
      expect(process.core.neighbors().length).toBeLessThanOrEqual(9);
    }
  });

  test("a peer that is dead is reported to the seeds", () => {
    const world = new MixedWorld(1);
    world.startNative();
    const classic = world.startClassic();
    world.run(10 * secondMs);
    classic.process.crash();
    world.run(45 * secondMs);
    const dead = world.events.flatMap(({ event }) => (event.type === "dead" ? [event.peer] : []));
    expect(dead).toEqual([classic.address]);
    expect([...world.seed.core.list.keys()]).not.toContain(classic.address);
  });
});

describe("where nothing classic is known", () => {
  test("there is no timer, no connection, and nothing to be put into classic form", () => {
    const world = new MixedWorld(1);
    const [one] = [world.startNative(), world.startNative()];
    const { side } = one.process.core;
    world.run(60 * secondMs);
    expect(side.nextWake).toBe(Number.POSITIVE_INFINITY);
    expect(side.isIdle).toBe(true);
    expect(world.network.counters.dials).toBe(1);
  });

  test("… and again after the last classic peer is gone", () => {
    const world = new MixedWorld(1);
    const one = world.startNative();
    const classic = world.startClassic();
    world.run(30 * secondMs);
    expect(one.process.core.side.isIdle).toBe(false);
    classic.process.crash();
    // It is called again with growing pauses for some minutes, in case that it was cut off only.
    world.run(900 * secondMs);
    expect(one.process.core.side.nextWake).toBe(Number.POSITIVE_INFINITY);
    expect(one.process.core.side.isIdle).toBe(true);
  });
});

describe("a seed of the classic kind", () => {
  test("is registered with once, and its list becomes candidates, but for those known as Hearsay peers", () => {
    const world = new MixedWorld(1);
    const seedAddress = parseAddress("10.1.0.9:5000")!;
    const seed = world.network.start(seedAddress, (effects) => new OriginalSeedCore(effects as never) as never);
    const { list } = seed.core as unknown as OriginalSeedCore;
    const peers = [world.startNative(), world.startNative()];
    const classic = world.startClassic();
    world.seed.core.list.clear();
    classic.process.crash();
    const address = parseAddress("10.9.9.9:7000")!;
    world.network.start(address, (effects) => new OriginalPeerCore(effects as never) as never);
    list.push(address);
    for (const { process } of peers) process.call((core, now) => core.side.registerWith(now, seedAddress));
    for (const { process } of peers) process.call((core, now) => core.side.registerWith(now, seedAddress));
    world.network.run(60 * secondMs);
    expect(list.toSorted()).toEqual([address, ...peers.map((peer) => peer.address)].toSorted());
    for (const { process } of peers) {
      expect(process.core.side.neighbors().map((neighbor) => neighbor.address)).toEqual([address]);
    }
  });
});

describe("leaving", () => {
  test("ends everything: no link, no timer, no answer", () => {
    const world = new MixedWorld(1);
    const peer = world.startNative();
    const classic = world.startClassic();
    world.run(20 * secondMs);
    peer.process.call((core) => core.side.leave());
    expect(peer.process.core.nextWake).toBe(Number.POSITIVE_INFINITY);
    world.network.run(60 * secondMs);
    expect(classic.process.core.neighbors()).toEqual([]);
  });
});
