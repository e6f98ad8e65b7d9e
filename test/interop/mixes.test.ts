import { afterEach, describe, expect, test } from "vitest";
import { Scene } from "../net/scene.js";
import { freePorts, type Pace, type Program, Programs, until } from "./programs.js";

/** The originals' pace, some twenty times faster. */
const pace: Pace = { messages: 12, everyMs: 250, livenessMs: 600 };

let programs = new Programs();
const scene = new Scene();
afterEach(async () => {
  scene.clear();
  await programs.end();
  programs = new Programs();
});

describe("their seeds, our peers", () => {
  test("every message reaches every peer once, and a killed peer leaves every seed's list", async () => {
    const [one, two, three, ...ports] = await freePorts(8);
    const seeds = await Promise.all([one!, two!, three!].map((port) => programs.seed("theirs", port)));
    const peers: Program[] = [];
    for (const port of shuffled(ports)) peers.push(await programs.peer("ours", port, seeds, pace));
    await until(() => peers.every((peer) => peer.told("joined").length > 0), "all have joined");
    await everyMessageReachesAll(peers, peers, pace);

    for (const peer of peers) {
      const registrations = seeds.flatMap((seed) => seed.listed()).filter((address) => address === peer.address);
      // ⌊3/2⌋+1 seeds, and each of them once: an original seed never looks for the entry that is there.
      expect(registrations).toHaveLength(2);
    }
    for (const seed of seeds) expect(new Set(seed.listed()).size).toBe(seed.listed().length);
    for (const program of programs.all) expect(program.complaints(), program.address).toEqual([]);

    const [victim, ...survivors] = peers as [Program, ...Program[]];
    victim.kill();
    await leavesEveryList(victim, seeds);
    for (const seed of seeds) for (const { address } of survivors) if (seed.listed().includes(address)) return;
    throw new Error("no survivor is on any list");
  });

  test("our peers register with an original seed once, however often they renew with ours", async () => {
    const [theirs] = await freePorts(1);
    const original = await programs.seed("theirs", theirs!);
    const own = await scene.seed();
    const { address } = await scene.peer([original.address, own.address], { config: { renewIntervalMs: 200 } });
    // The peer stays on the line for 2 s to see whether a seed hangs up; an original never does.
    await until(() => own.events.filter(({ type }) => type === "renewed").length >= 15, "it is renewed with ours");
    expect(original.listed()).toEqual([address]);
    expect(own.seed.peers()).toEqual([address]);
  });

  test("a peer that is restarted stands twice on an original's list, and is its own neighbor never", async () => {
    const [theirs, port, other] = await freePorts(3);
    const seeds = [await programs.seed("theirs", theirs!)];
    const first = await scene.peer([seeds[0]!.address], { port: port! });
    await until(() => first.peer.joined, "it has joined");
    first.peer.crash();
    const second = await scene.peer([seeds[0]!.address], { port: port! });
    await until(() => second.peer.joined, "it has joined again");
    expect(seeds[0]!.listed()).toEqual([second.address, second.address]);
    const third = await scene.peer([seeds[0]!.address], { port: other! });
    await until(() => third.peer.neighbors().length > 0 && second.peer.neighbors().length > 0, "they are linked");
    expect(second.peer.neighbors()).toEqual([third.address]);
    expect(third.peer.neighbors()).toEqual([second.address]);
  });
});

describe("our seeds, their peers", () => {
  test("each peer is told of all that came before it, the living stay listed, a killed one leaves every list", async () => {
    // In this process, for the sake of short leases: originals never renew, so the seeds ask them at each lease's end.
    const config = { leaseMs: 1_500, checkTimeoutMs: 500, recheckMs: 200 };
    const seeds = await Promise.all([1, 2, 3].map(() => scene.seed({ config })));
    const peers: Program[] = [];
    for (const port of shuffled(await freePorts(5))) peers.push(await programs.peer("theirs", port, seeds, pace));
    for (const [index, peer] of peers.entries()) {
      // Any two majorities share a seed, so nobody is missing from the union.
      const told = peer.log().filter((line) => /^[\d.]+:\d+$/.test(line));
      expect(told.sort()).toEqual(
        peers
          .slice(0, index)
          .map(({ address }) => address)
          .sort(),
      );
    }
    const listings = () => seeds.map(({ seed }) => seed.peers());
    expect(listings().flat()).toHaveLength(peers.length * 2);
    const before = listings();
    await until(() => peers.every((peer) => peer.heard().length > 0), "everyone hears somebody");
    await until(() => peers.every((peer) => peer.printed().filter(isReply).length >= 2), "liveness goes round");
    expect(listings()).toEqual(before);
    expect(seeds.flatMap(({ warnings }) => warnings)).toEqual([]);
    for (const peer of peers) expect(complaintsOf(peer, peers), peer.address).toEqual([]);

    const victim = peers[2]!;
    victim.kill();
    await until(() => !listings().flat().includes(victim.address), "the dead one is off every list");
    expect(listings()).toEqual(before.map((list) => list.filter((address) => address !== victim.address)));
    const survivors = peers.filter((peer) => peer !== victim);
    expect(survivors.every(({ isRunning }) => isRunning)).toBe(true);
    for (const peer of survivors) expect(complaintsOf(peer, peers), peer.address).toEqual([]);
  });
});

describe("seeds and peers of both makes", () => {
  test("every message of anybody reaches all of our peers, and a killed peer of ours leaves every seed's list", async () => {
    const [one, two, three, ...ports] = await freePorts(8);
    const seeds = [
      await programs.seed("ours", one!),
      await programs.seed("theirs", two!),
      await programs.seed("theirs", three!),
    ];
    const peers: Program[] = [];
    // Which guarantee holds: ours are one piece among themselves, because each keeps a link to a lower address, and
    // those lowest here are ours. Originals come later, so each has a way, be it one-way, to one of ours. What ours
    // can't mend: an original that its own kind has refused, and that no one of ours is linked to, may hear nothing.
    for (const port of shuffled(ports.slice(0, 3))) peers.push(await programs.peer("ours", port, seeds, pace));
    const ours = [...peers];
    await until(() => ours.every((peer) => peer.told("joined").length > 0), "ours have joined");
    for (const port of ports.slice(3)) peers.push(await programs.peer("theirs", port, seeds, pace));
    await everyMessageReachesAll(peers, ours, pace);
    for (const program of programs.all) expect(complaintsOf(program, peers.slice(3)), program.address).toEqual([]);

    const victim = ours[1]!;
    victim.kill();
    await leavesEveryList(victim, seeds);
    expect(peers.filter(({ isRunning }) => isRunning)).toHaveLength(4);
    for (const peer of peers.slice(3)) {
      for (const line of peer.complaints())
        expect(line).toMatch(/^Down: [\d.:]+: (connect ECONNREFUSED|read ECONNRESET)/);
    }
  });

  test("with originals lowest and first, ours still hear each other: no link of ours is one-way", async () => {
    const [one, two, three, ...ports] = await freePorts(8);
    const seeds = await Promise.all([one!, two!, three!].map((port) => programs.seed("ours", port)));
    const theirs: Program[] = [];
    for (const port of ports.slice(0, 2)) theirs.push(await programs.peer("theirs", port, seeds, pace));
    const ours: Program[] = [];
    for (const port of ports.slice(2)) ours.push(await programs.peer("ours", port, seeds, pace));
    await until(() => ours.every((peer) => peer.told("joined").length > 0), "ours have joined");
    // Ours want two neighbors each at least, and there are three: all are linked to one another or to an original
    // that has said yes, and an original relays to whomever it said yes to.
    await everyMessageReachesAll(ours, ours, pace);
    for (const program of programs.all) expect(complaintsOf(program, theirs), program.address).toEqual([]);
  });
});

/**
 * What a program complains of, but for this: an original asks for links before it listens, and other originals say when
 * they can't tell it something. The same line stands for one that has been killed.
 */
function complaintsOf(program: Program, originals: readonly Program[]): string[] {
  const expected = originals.map(({ address }) => `Down: ${address}: connect ECONNREFUSED ${address}`);
  return program.complaints().filter((line) => program.make === "ours" || !expected.includes(line));
}

test.skipIf(!process.env.HEARSAY_LONG).each([
  ["their seeds, our peers", "theirs", "ours"],
  ["our seeds, our peers", "ours", "ours"],
  ["our seeds, their peers", "ours", "theirs"],
] as const)(
  "%s, at the pace of the originals: a killed peer leaves every seed's list within 45 s",
  async (_mix, seedMake, peerMake) => {
    const [one, two, three, ...ports] = await freePorts(8);
    const seeds = await Promise.all([one!, two!, three!].map((port) => programs.seed(seedMake, port)));
    const original: Pace = { messages: 14, everyMs: 5_000, livenessMs: 13_000 };
    const peers: Program[] = [];
    for (const port of shuffled(ports)) peers.push(await programs.peer(peerMake, port, seeds, original));
    const victim = peers[2]!;
    const isListed = () => seeds.some((seed) => seed.listed().includes(victim.address));
    // Right after a round is the worst moment: the first silence is then a whole round away.
    const tested = () =>
      peerMake === "ours" ? peers[3]!.told("alive").length : peers[3]!.printed().filter(isReply).length;
    await until(() => isListed() && tested() > 0, "all are linked", 30_000);
    const killedAt = performance.now();
    victim.kill();
    await until(() => !isListed(), "the dead one is off every list", 60_000);
    const seconds = (performance.now() - killedAt) / 1_000;
    console.log(`${_mix}: off every list after ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThanOrEqual(45);
    for (const seed of seeds) {
      const expected = peers.filter(
        (peer) => peer !== victim && seed.log().some((line) => line.endsWith(peer.address)),
      );
      for (const { address } of expected) expect(seed.listed()).toContain(address);
    }
    const survivors = peers.filter((peer) => peer !== victim);
    if (peerMake === "ours") await everyMessageReachesAll(survivors, survivors, original, 60_000);
  },
  150_000,
);

/**
 * Waits until the last message is published, and checks that every one published from now on, while all are up, reaches
 * all receivers, once.
 */
async function everyMessageReachesAll(
  generators: readonly Program[],
  receivers: readonly Program[],
  { messages, everyMs }: Pace,
  limitMs?: number,
) {
  const allUpAt = Date.now() + 100;
  /** An original does not log its own messages, so they are known from whoever has heard them. */
  const heardFrom = ({ address }: Program) => {
    return generators.flatMap((generator) => generator.heard()).filter(({ origin }) => origin === address);
  };
  const publishedBy = (generator: Program) => {
    const late = heardFrom(generator).filter(({ publishedAt }) => publishedAt > allUpAt);
    return new Set(late.map(({ text }) => text));
  };
  const isThrough = (generator: Program) => {
    // What an original says before others are up may be heard by nobody, its last message too.
    const tooLate = generator.make === "theirs" && Date.now() > generator.listensSince + 1.5 * messages * everyMs;
    return tooLate || heardFrom(generator).some(({ text }) => text.endsWith(`:GOSSIP${messages}`));
  };
  await until(() => generators.every(isThrough), "all have published their last", limitMs);
  const missing = () =>
    generators.flatMap((generator) => {
      const published = [...publishedBy(generator)];
      const wanting = receivers.filter((receiver) => receiver !== generator || receiver.make === "ours");
      return wanting.flatMap((receiver) => {
        const heard = new Set(receiver.heard().map(({ text }) => text));
        return published.filter((text) => !heard.has(text)).map((text) => `${receiver.address} misses ${text}`);
      });
    });
  await until(
    () => missing().length === 0,
    () => missing().join("\n"),
  );
  let total = 0;
  for (const generator of generators) {
    const numbers = [...publishedBy(generator)].map((text) => Number(/GOSSIP(\d+)$/.exec(text)![1]));
    const last = Array.from({ length: numbers.length }, (_, index) => messages - numbers.length + 1 + index);
    expect(
      numbers.sort((a, b) => a - b),
      `${generator.address} is heard without a gap`,
    ).toEqual(last);
    total += numbers.length;
  }
  // On a slow machine the first to start may be through before the last is up; the last is not.
  expect(total).toBeGreaterThanOrEqual(messages / 2);
  for (const receiver of receivers) {
    const texts = receiver.heard().map(({ text }) => text);
    expect(new Set(texts).size, `${receiver.address} has heard each once`).toBe(texts.length);
  }
}

async function leavesEveryList(victim: Program, seeds: readonly Program[]) {
  await until(
    () => seeds.every((seed) => !seed.listed().includes(victim.address)),
    () => seeds.map((seed) => seed.listed().join(",")).join("\n"),
  );
}

function isReply(line: string): boolean {
  return line.startsWith("Liveness Reply:");
}

function shuffled<T>(list: readonly T[]): T[] {
  const pool = [...list];
  return list.map(() => pool.splice(Math.floor(Math.random() * pool.length), 1)[0]!);
}
