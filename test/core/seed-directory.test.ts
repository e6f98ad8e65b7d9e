import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../src/core/address.js";
import { type DirectoryEntry, type DirectoryPage, entryKey } from "../../src/core/directory/messages.js";
import type { Message, Registered } from "../../src/core/message.js";
import { helloOf, idOf, peerAddress, type SeedWorld, seedAddress, SeedWorld as World } from "./seed-world.js";

const secondMs = 1_000;
const seed = seedAddress(0);
const register: Message = { type: "register" };
const everything: Message = { type: "directory-request", after: "" };

/** What a stranger hears within a second of saying this, right after its hello. */
function answers(world: SeedWorld, ...lines: Message[]): { heard: readonly Message[]; ends: readonly string[] } {
  const speaker = world.startSpeaker("10.3.0.1:7001");
  speaker.call((core) => core.say(seed, "native", ...helloOf(999_999, { address: "0.0.0.0:1" as Address }), ...lines));
  world.network.run(secondMs);
  const { heard, ends } = speaker.core;
  const said = { heard: (heard as Message[]).filter(({ type }) => type !== "hello"), ends: [...ends] };
  speaker.crash();
  return said;
}

function pagesOf(messages: readonly Message[]): DirectoryPage[] {
  return messages.filter((message): message is DirectoryPage => message.type === "directory-page");
}

/** Reads page after page, as `hearsay peers` does. */
function directoryOf(world: SeedWorld): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (let after = ""; ; after = entryKey(entries.at(-1)!)) {
    const [page] = pagesOf(answers(world, { type: "directory-request", after }).heard);
    entries.push(...page!.entries);
    if (page!.isLast) return entries;
  }
}

function report(world: SeedWorld, from: string, dead: Address, reporterIp: string): void {
  const reporter = world.startSpeaker(from);
  reporter.call((core) =>
    core.say(seed, "classic", { type: "death-report", dead, timestamp: "1700000000.5", reporterIp }),
  );
}

describe("a seed's directory", () => {
  test("names all that are registered, page after page, each once, classic ones by their address", () => {
    const world = new World(1, { seed: { leaseMs: 3_600_000 } });
    world.startSeeds(1);
    for (let i = 0; i < 300; i++) world.startPeer(i);
    const classic = world.startSpeaker("10.4.0.1:7002");
    classic.call((core) => core.say(seed, "classic", { type: "registration", address: parseAddress("0.0.0.0:7002")! }));
    world.network.run(5 * secondMs);
    const entries = directoryOf(world);
    expect(entries).toHaveLength(301);
    expect(new Set(entries.map(entryKey)).size).toBe(301);
    expect(entries[7]).toMatchObject({
      id: idOf(7),
      address: peerAddress(7),
      status: "alive",
      dialect: "native",
      epoch: 1,
    });
    expect(entries[7]).toMatchObject({ incarnation: 0, tags: {}, rttMs: undefined });
    expect(entries.at(-1)).toMatchObject({ id: undefined, address: "10.4.0.1:7002", dialect: "classic", epoch: 0 });
    for (const { forMs, seenAgoMs } of entries) expect(seenAgoMs).toBeLessThanOrEqual(forMs);
    world.network.run(60 * secondMs);
    expect(directoryOf(world)[7]!.forMs).toBeGreaterThan(60 * secondMs);
  });

  test("may be asked for again and again on one link, for the time of a conversation", () => {
    const world = new World(2);
    world.startSeeds(1);
    world.startPeer(1);
    world.network.run(secondMs);
    const { heard, ends } = answers(world, everything, everything, { type: "directory-request", after: idOf(1) });
    expect(pagesOf(heard).map(({ entries, isLast }) => [entries.length, isLast])).toEqual([
      [1, true],
      [1, true],
      [0, true],
    ]);
    expect(ends).toEqual([]);
    const idler = world.startSpeaker("10.3.0.2:7001");
    idler.call((core) => core.say(seed, "native", ...helloOf(5), everything));
    world.network.run(6 * secondMs);
    expect(idler.core.ends).toEqual(["closed"]);
  });

  test("registers nobody who only asks, and is told before a registration but not after it", () => {
    const world = new World(3);
    world.startSeeds(1);
    expect(pagesOf(answers(world, everything).heard)).toMatchObject([{ entries: [], isLast: true }]);
    expect(world.seeds[0]!.process.core.size).toBe(0);
    expect(answers(world, everything, register).heard.map(({ type }) => type)).toEqual([
      "directory-page",
      "registered",
    ]);
    const { heard, ends } = answers(world, register, everything);
    expect(heard.map(({ type }) => type)).toEqual(["registered"]);
    expect(ends).toHaveLength(1);
    expect(world.eventsOf(0, "refused")).toMatchObject([{ what: "directory-request", why: "unexpected" }]);
  });

  test("is told so often in a second, and not more often to who asks in a flood", () => {
    const world = new World(8);
    world.startSeeds(1);
    const { heard, ends } = answers(world, ...Array.from({ length: 2_000 }, () => everything));
    expect(pagesOf(heard).length).toBeGreaterThan(100);
    expect(pagesOf(heard).length).toBeLessThanOrEqual(500);
    expect(ends).toHaveLength(1);
    expect(world.eventsOf(0, "refused")).toMatchObject([{ what: "directory-request", why: "conversations-full" }]);
    world.network.run(secondMs);
    expect(pagesOf(answers(world, everything).heard)).toHaveLength(1);
  });

  test("is not for strangers of another network, nor for those who say no hello", () => {
    const world = new World(4);
    world.startSeeds(1);
    const other = world.startSpeaker("10.3.0.2:7001");
    other.call((core) => core.say(seed, "native", ...helloOf(1, { network: "other" }), everything));
    const mute = world.startSpeaker("10.3.0.3:7001");
    mute.call((core) => core.say(seed, "native", everything));
    world.network.run(secondMs);
    expect(other.core.heard.map(({ type }) => type)).toEqual(["hello"]);
    expect(mute.core.heard).toEqual([]);
    expect([other.core.ends.length, mute.core.ends.length]).toEqual([1, 1]);
  });
});

describe("a seed that is told of a death", () => {
  /** A network in which tests take long: nobody answers them at the victim's address, and nobody refuses. */
  function worldWithVictim(randomSeed: number): SeedWorld {
    const world = new World(randomSeed, { seed: { checkTimeoutMs: 20_000, leaseMs: 3_600_000 } });
    world.startSeeds(1);
    for (let i = 0; i < 3; i++) world.startPeer(i);
    world.network.run(secondMs);
    world.peers[0]!.freeze();
    return world;
  }

  test("counts each reporter once, however often it reports, and calls the peer suspect while it is tested", () => {
    const world = worldWithVictim(5);
    const victim = peerAddress(0);
    for (let time = 0; time < 5; time++) report(world, `10.5.0.1:${8_000 + time}`, victim, "10.5.0.1");
    world.network.run(secondMs);
    report(world, "10.5.0.2:8000", victim, "10.5.0.2");
    world.network.run(secondMs);
    expect(directoryOf(world).map(({ id, status }) => [id, status])).toEqual([
      [idOf(0), "suspect"],
      [idOf(1), "alive"],
      [idOf(2), "alive"],
    ]);
    world.network.run(120 * secondMs);
    expect(world.eventsOf(0, "reported")).toHaveLength(6);
    expect(world.eventsOf(0, "removed")).toMatchObject([{ peer: victim, evidence: "silent", reporters: 2 }]);
  });

  test("believes none of them when the peer answers, and it is alive again in the directory", () => {
    const world = new World(6, { seed: { leaseMs: 3_600_000 } });
    world.startSeeds(1);
    world.startPeer(0);
    world.network.run(secondMs);
    for (let i = 1; i <= 20; i++) report(world, `10.5.0.${i}:8000`, peerAddress(0), `10.5.0.${i}`);
    world.network.run(5 * secondMs);
    expect(world.eventsOf(0, "removed")).toEqual([]);
    expect(world.eventsOf(0, "kept").length).toBeGreaterThan(0);
    expect(directoryOf(world)).toMatchObject([{ id: idOf(0), status: "alive" }]);
  });

  test("names newcomers those that nobody reports, and the reported only where there are too few others", () => {
    const world = new World(7, { seed: { checkTimeoutMs: 20_000, leaseMs: 3_600_000, sampleMax: 8 } });
    world.startSeeds(1);
    for (let i = 0; i < 20; i++) world.startPeer(i);
    world.network.run(2 * secondMs);
    const doubted = new Set<string>();
    const doubt = (index: number) => {
      world.peers[index]!.freeze();
      report(world, `10.6.0.${index + 1}:8000`, peerAddress(index), "10.9.9.9");
      doubted.add(idOf(index));
      world.network.run(secondMs / 4);
    };
    const named = () => {
      const { heard } = answers(world, register);
      return heard.find((one): one is Registered => one.type === "registered")!.contacts.map(({ id }) => id as string);
    };
    for (let index = 0; index < 12; index++) doubt(index);
    const sample = named();
    expect(sample).toHaveLength(8);
    expect(sample.filter((id) => doubted.has(id))).toEqual([]);
    for (let index = 12; index < 17; index++) doubt(index);
    const scarce = named();
    expect(new Set(scarce).size).toBe(8);
    expect(scarce.filter((id) => !doubted.has(id)).sort()).toEqual([17, 18, 19].map(idOf));
  });
});
