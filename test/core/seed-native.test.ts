import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../src/core/address.js";
import { nativeVersion } from "../../src/core/greetings.js";
import type { Message, Registered } from "../../src/core/message.js";
import { seededRuns } from "../seeded.js";
import { type AnyMessage, helloOf, idOf, ipOf, peerAddress, SeedWorld, seedAddress } from "./seed-world.js";

const secondMs = 1_000;
const seed = seedAddress(0);
const register: Message = { type: "register" };
const unregister: Message = { type: "unregister" };

function classicRegistration(port: number): AnyMessage {
  return { type: "registration", address: parseAddress(`0.0.0.0:${port}`)! };
}

function deathReport(dead: Address): AnyMessage {
  return { type: "death-report", dead, timestamp: "1700000000.5", reporterIp: "10.9.9.9" };
}

/** What a speaker says, natively and at once, and what it hears within a second. */
function conversation(world: SeedWorld, from: string, ...lines: Message[]) {
  const speaker = world.startSpeaker(from);
  const link = speaker.call((core) => core.say(seed, "native", ...lines));
  world.network.run(secondMs);
  const { heard, ends } = speaker.core;
  return { speaker, link, heard, ends, answer: heard.find((one): one is Registered => one.type === "registered") };
}

describe("a seed, to a peer of Hearsay's own protocol", () => {
  test("says hello as a seed, and answers with the lease, where it sees the peer, and who else is there", () => {
    const world = new SeedWorld(1);
    world.startSeeds(1);
    const { heard } = conversation(world, "10.3.0.1:7001", ...helloOf(1, { address: peerAddress(1) }, register));
    const contact = world.seeds[0]!.process.core.self.contact;
    expect(heard).toEqual([
      { type: "hello", version: nativeVersion, network: "test", capabilities: 1, self: contact, epoch: 1 },
      { type: "registered", leaseMs: 25_000, observedIp: "10.3.0.1", contacts: [], classic: [] },
    ]);
    const classic = world.startSpeaker("10.3.0.2:7002");
    classic.call((core) => core.say(seed, "classic", classicRegistration(7002)));
    world.network.run(secondMs);
    const { answer } = conversation(world, "10.3.0.3:7003", ...helloOf(3, {}, register));
    expect(answer).toMatchObject({
      contacts: [{ id: idOf(1), address: peerAddress(1) }],
      classic: ["10.3.0.2:7002"],
    });
  });

  test("puts native peers on the classic list, by the address of their hello", () => {
    const world = new SeedWorld(2);
    world.startSeeds(1);
    world.startPeer(1);
    world.network.run(secondMs);
    const classic = world.startSpeaker("10.3.0.2:7002");
    classic.call((core) => core.say(seed, "classic", classicRegistration(7002)));
    world.network.run(secondMs);
    expect(classic.core.heard).toEqual([{ type: "peer-list", peers: [peerAddress(1), "10.3.0.2:7002"] }]);
  });

  test("names a random sample: never more than 64 contacts and 32 classic addresses, never the asker", () => {
    const world = new SeedWorld(3, { seed: { leaseMs: 3_600_000 } });
    world.startSeeds(1);
    for (let i = 0; i < 150; i++) world.startPeer(i);
    const classic = world.startSpeaker("10.3.0.2:7002");
    for (let port = 1; port <= 50; port++) {
      classic.call((core) => core.say(seed, "classic", classicRegistration(port)));
    }
    world.network.run(5 * secondMs);
    expect(world.seeds[0]!.process.core.size).toBe(200);
    const named = new Map<string, number>();
    for (let i = 0; i < 60; i++) {
      const { answer, speaker } = conversation(world, "10.3.0.1:7001", ...helloOf(5, {}, register));
      speaker.crash();
      const ids = answer!.contacts.map(({ id }) => id);
      expect(ids).toHaveLength(64);
      expect(new Set(ids).size).toBe(64);
      expect(ids).not.toContain(idOf(5));
      expect(new Set(answer!.classic).size).toBe(32);
      for (const id of ids) named.set(id, (named.get(id) ?? 0) + 1);
    }
    // 26 times each on average.
    expect(named.size).toBe(149);
    expect(Math.max(...named.values())).toBeLessThan(45);
    expect(Math.min(...named.values())).toBeGreaterThan(8);
  });

  test.each(["0.0.0.0:6001", "[::]:6001"])("puts its own view in the place of %s", (says) => {
    const world = new SeedWorld(4);
    world.startSeeds(1);
    const peer = world.startPeer(1, { says: parseAddress(says)! });
    world.network.run(secondMs);
    const seen = `${ipOf(peer.address)}:6001`;
    expect(world.seeds[0]!.process.core.peers()).toEqual([seen]);
    expect(peer.core.of("registered")[0]!.answer.observedIp).toBe(ipOf(peer.address));
    const { answer } = conversation(world, "10.3.0.3:7003", ...helloOf(3, {}, register));
    expect(answer!.contacts).toEqual([{ id: idOf(1), address: seen }]);
  });

  test("knows a peer by its id: a new address takes the place of the old one, and an earlier life of it is over", () => {
    const world = new SeedWorld(5);
    world.startSeeds(1);
    const [here, there] = [peerAddress(1), peerAddress(2)];
    const core = world.seeds[0]!.process.core;
    conversation(world, "10.3.0.1:1", ...helloOf(1, { address: here, epoch: 10 }, register));
    conversation(world, "10.3.0.1:2", ...helloOf(1, { address: there, epoch: 20 }, register));
    expect(core.peers()).toEqual([there]);
    expect(world.eventsOf(0, "moved")).toEqual([{ type: "moved", peer: there, from: here }]);
    const late = conversation(world, "10.3.0.1:3", ...helloOf(1, { address: here, epoch: 10 }, register));
    expect(late.answer).toBeUndefined();
    expect(late.ends).toEqual(["closed"]);
    expect(world.eventsOf(0, "refused")).toMatchObject([{ what: "register", why: "stale" }]);
    conversation(world, "10.3.0.1:4", ...helloOf(1, { address: here, epoch: 10 }, unregister));
    expect(core.peers()).toEqual([there]);
    // A clock that went back is no reason to lock anybody out.
    const back = conversation(world, "10.3.0.1:5", ...helloOf(1, { address: there, epoch: 5 }, register));
    expect(back.answer).toBeDefined();
    conversation(world, "10.3.0.1:6", ...helloOf(1, { address: there, epoch: 5 }, unregister));
    expect(core.peers()).toEqual([]);
    expect(world.eventsOf(0, "unregistered")).toEqual([{ type: "unregistered", peer: there }]);
  });

  test("gives an address to whoever came last: by another id, or by text when the native lease has ended", () => {
    const world = new SeedWorld(6);
    world.startSeeds(1);
    const address = parseAddress("10.3.0.9:7009")!;
    const contacts = () => {
      const { answer, speaker } = conversation(world, "10.3.0.3:7003", ...helloOf(3, {}, register));
      speaker.crash();
      return { ids: answer!.contacts.map(({ id }) => id), classic: answer!.classic };
    };
    const speaker = world.startSpeaker(address);
    const say = (...lines: AnyMessage[]) => {
      const isClassic = lines[0]!.type === "registration";
      speaker.call((core) => core.say(seed, isClassic ? "classic" : "native", ...lines));
      world.network.run(secondMs);
    };
    say(classicRegistration(7009));
    expect(contacts()).toEqual({ ids: [], classic: [address] });
    say(...helloOf(1, { address }, register));
    expect(contacts()).toEqual({ ids: [idOf(1)], classic: [] });
    say(...helloOf(2, { address }, register));
    expect(contacts()).toEqual({ ids: [idOf(2)], classic: [] });
    say(classicRegistration(7009));
    expect(contacts()).toEqual({ ids: [idOf(2)], classic: [] });
    world.network.run(40 * secondMs);
    say(classicRegistration(7009));
    expect(contacts()).toEqual({ ids: [], classic: [address] });
  });

  seededRuns("forgets native peers that die, stopped or killed, and keeps those that answer", 10, (randomSeed) => {
    const world = new SeedWorld(randomSeed);
    world.startSeeds(1);
    for (let i = 0; i < 10; i++) world.startPeer(i);
    // It registers once and never again, but answers when it is tested.
    const lazy = world.startSpeaker("10.3.0.9:7009");
    lazy.call((core) => core.say(seed, "native", ...helloOf(99, { address: lazy.address }, register)));
    world.network.run(20 * secondMs + world.random.below(20 * secondMs));
    world.peers[0]!.crash();
    world.peers[1]!.freeze();
    world.network.run(60 * secondMs);
    const expected = [...world.peers.slice(2).map(({ address }) => address), lazy.address];
    expect(world.seeds[0]!.process.core.peers().sort()).toEqual(expected.sort());
    const evidence = Object.fromEntries(world.eventsOf(0, "removed").map((event) => [event.peer, event.evidence]));
    expect(evidence).toEqual({ [peerAddress(0)]: "refused", [peerAddress(1)]: "silent" });
  });

  test("verifies a death report about a native peer as about any other", () => {
    const world = new SeedWorld(7);
    world.startSeeds(1);
    for (let i = 0; i < 2; i++) world.startPeer(i);
    world.network.run(2 * secondMs);
    world.peers[1]!.crash();
    const reporter = world.startSpeaker("10.9.9.9:6666");
    for (const peer of world.peers) {
      reporter.call((core) => core.say(seed, "classic", deathReport(peer.address)));
    }
    world.network.run(secondMs);
    expect(world.seeds[0]!.process.core.peers()).toEqual([peerAddress(0)]);
    expect(world.eventsOf(0, "kept")).toMatchObject([{ peer: peerAddress(0), reporters: 1 }]);
  });

  test("tells a peer of another network its own name, and no more", () => {
    const world = new SeedWorld(8);
    world.startSeeds(1);
    const { heard, ends } = conversation(world, "10.3.0.1:1", ...helloOf(1, { network: "other" }, register));
    expect(heard).toMatchObject([{ type: "hello", network: "test" }]);
    expect(ends).toEqual(["closed"]);
    expect(world.eventsOf(0, "mismatched")).toEqual([
      { type: "mismatched", remote: expect.stringMatching(/^10\.3\.0\.1:/), ours: "test", theirs: "other" },
    ]);
    expect(world.seeds[0]!.process.core.size).toBe(0);
  });

  test.each<[string, Message[]]>([
    ["a request before the hello", [register]],
    ["a second hello", [...helloOf(1), ...helloOf(1)]],
    ["a second request", helloOf(1, {}, register, register)],
    ["what is for peers", helloOf(1, {}, { type: "join" })],
    ["its own answer", helloOf(1, {}, { type: "registered", leaseMs: 1, observedIp: "", contacts: [], classic: [] })],
  ])("hangs up on %s", (_what, lines) => {
    const world = new SeedWorld(9);
    world.startSeeds(1);
    const { ends } = conversation(world, "10.3.0.1:1", ...lines);
    expect(ends).toEqual(["closed"]);
    expect(world.eventsOf(0, "refused")).toMatchObject([{ what: lines.at(-1)!.type, why: "unexpected" }]);
  });

  test("gives nobody more than five seconds, neither those who say nothing nor those who stay after the answer", () => {
    const world = new SeedWorld(10, { network: { latencyMs: [10, 10] } });
    world.startSeeds(1);
    for (const lines of [[], helloOf(1), helloOf(2, {}, register)]) {
      const { speaker, ends } = conversation(world, "10.3.0.1:1", ...lines);
      world.network.run(4_019);
      expect(ends).toEqual([]);
      world.network.run(20);
      expect(ends).toEqual(["closed"]);
      speaker.crash();
    }
  });

  test("talks to so many at once and no more, and has room again", () => {
    const world = new SeedWorld(11, { seed: { conversationsMax: 3 } });
    world.startSeeds(1);
    const silent = world.startSpeaker("10.3.0.1:1");
    for (let i = 0; i < 5; i++) silent.call((core) => core.say(seed, "native"));
    world.network.run(secondMs);
    expect(silent.core.ends).toEqual(["closed", "closed"]);
    expect(world.eventsOf(0, "refused")).toMatchObject([{ why: "conversations-full" }, { why: "conversations-full" }]);
    world.network.run(5 * secondMs);
    expect(conversation(world, "10.3.0.2:1", ...helloOf(1, {}, register)).answer).toBeDefined();
  });

  test("bounds its registrations, whatever the dialect, and still knows those that it has", () => {
    const world = new SeedWorld(12, { seed: { registrationsMax: 2 } });
    world.startSeeds(1);
    for (const i of [1, 2]) conversation(world, `10.3.0.1:${i}`, ...helloOf(i, {}, register));
    const third = conversation(world, "10.3.0.1:3", ...helloOf(3, {}, register));
    expect(third.ends).toEqual(["closed"]);
    expect(world.eventsOf(0, "refused")).toMatchObject([{ what: "register", why: "registrations-full" }]);
    const moved = conversation(world, "10.3.0.1:4", ...helloOf(2, { address: peerAddress(9), epoch: 2 }, register));
    expect(moved.answer).toBeDefined();
    expect(world.seeds[0]!.process.core.peers()).toEqual([peerAddress(1), peerAddress(9)]);
  });

  test("leaves: every conversation ends, and nothing happens after it", () => {
    const world = new SeedWorld(13);
    world.startSeeds(1);
    world.startPeer(2);
    const { speaker, ends } = conversation(world, "10.3.0.1:1", ...helloOf(1));
    world.seeds[0]!.process.call((core) => core.leave());
    world.network.run(secondMs);
    expect(ends).toEqual(["closed"]);
    expect(speaker.alive).toBe(true);
    expect(world.seeds[0]!.process.core.nextWake).toBe(Number.POSITIVE_INFINITY);
  });
});
