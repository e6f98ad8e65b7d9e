import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Address } from "../../src/core/address.js";
import type { PeerId } from "../../src/core/identity.js";
import type { Announcement, Message } from "../../src/core/message.js";
import { encodeNative } from "../../src/wire/native.js";
import { Enemy, strangeId } from "./enemy.js";
import { until } from "./scene.js";
import { bytesInUse, PeerVictim, SeedVictim } from "./victims.js";

const isLong = Boolean(process.env.HEARSAY_LONG);
const most = Number.MAX_SAFE_INTEGER;
const megabyte = 1_048_576;

/** How long the process may be deaf, in milliseconds: enemy and victim live in it both, and others want the processor. */
const deafMax = isLong ? 5_000 : 2_000;

/** How much all this may leave behind, or take meanwhile. */
const memoryMax = 32 * megabyte;

let victim: PeerVictim;
beforeEach(async () => {
  victim = await PeerVictim.start();
});
afterEach(() => victim.close());

/** Longest time that the process was deaf, in milliseconds, while something went on. */
async function deafness(during: () => Promise<unknown>): Promise<number> {
  let longestMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last - 1);
    last = now;
  }, 1);
  await during();
  clearInterval(timer);
  return longestMs;
}

async function crowd(count: number, make: (index: number) => Promise<Enemy>): Promise<Enemy[]> {
  const enemies: Enemy[] = [];
  for (let i = 0; i < count; i += 50) {
    enemies.push(...(await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, k) => make(i + k)))));
  }
  return enemies;
}

function contacts(count: number, port: (index: number) => number) {
  return Array.from({ length: count }, (_, index) => ({
    id: strangeId(),
    address: `127.0.0.1:${port(index)}` as Address,
  }));
}

describe("what strangers cost a peer", () => {
  const crowdSize = isLong ? 3_000 : 600;

  test("very many connections that say nothing: its neighbors notice nothing, newcomers come in, the oldest silent go", async () => {
    const enemies = await crowd(crowdSize, () => Enemy.dial(victim.peer.address));
    await victim.serves();
    const newcomer = await PeerVictim.start({}, [victim.peer.address]);
    expect(newcomer.peer.neighbors().length).toBeGreaterThan(0);
    await newcomer.close();
    await until(() => enemies.every(({ isClosed }) => isClosed), "all silent ones are turned away");
    expect(victim.turnedAway.length).toBe(crowdSize);
    expect(new Set(victim.turnedAway)).toEqual(new Set(["too-many-silent", "took-too-long"]));
    expect(victim.unlinks.filter((unlink) => unlink.includes(victim.friend.address))).toEqual([]);
  });

  test("very many that say hello and nothing else: its neighbors notice nothing, and there is room again soon", async () => {
    const before = bytesInUse();
    const enemies = await crowd(crowdSize, async () => (await Enemy.dial(victim.peer.address)).sayHello());
    await victim.serves();
    await until(() => enemies.every(({ isClosed }) => isClosed), "all are turned away");
    const newcomer = await PeerVictim.start({}, [victim.peer.address]);
    expect(newcomer.peer.neighbors().length).toBeGreaterThan(0);
    await newcomer.close();
    for (const { socket } of enemies.splice(0)) socket.destroy();
    await sleep(50);
    expect(bytesInUse() - before).toBeLessThan(memoryMax);
    expect(victim.unlinks.filter((unlink) => unlink.includes(victim.friend.address))).toEqual([]);
  });

  test("a storm of joins: the honest find each other again", async () => {
    const join: Message = { type: "join" };
    const dead = contacts(1, () => 9)[0]!.address;
    const enemies = await crowd(200, async () => {
      const enemy = await Enemy.dial(victim.peer.address, dead);
      enemy.sayHello().say(join);
      return enemy;
    });
    await victim.serves();
    for (const { socket } of enemies) socket.destroy();
    await until(() => victim.peer.neighbors().some(({ id }) => id === victim.friend.id), "they are linked again");
    await victim.serves();
    expect(victim.peer.neighbors().length).toBeLessThanOrEqual(5);
  });

  test("shuffles of strangers, with its own name and with addresses where nobody is: it dials few, and goes on", async () => {
    const inviter = await Enemy.befriend(victim.peer.address);
    const own = { id: victim.peer.id, address: victim.peer.address };
    for (let round = 0; round < 20; round++) {
      const forged = [own, ...contacts(62, (index) => 1 + index)];
      inviter.say({ type: "shuffle", origin: own, ttl: 0, contacts: forged });
      inviter.say({ type: "shuffle", origin: forged[1 + round]!, ttl: 0, contacts: forged });
      inviter.say({ type: "forward-join", newcomer: own, ttl: 0 });
      for (const newcomer of contacts(100, (index) => 1 + index)) {
        inviter.say({ type: "forward-join", newcomer, ttl: 0 });
      }
    }
    await inviter.isDealtWith();
    await victim.serves();
    expect(victim.peer.neighbors().some(({ id }) => id === victim.peer.id)).toBe(false);
  });
});

describe("what a neighbor costs a peer", () => {
  /** Says it all, and gives what came back: bytes for each byte that was said. */
  async function amplification(enemy: Enemy, messages: readonly Message[]): Promise<number> {
    const bytes = Buffer.concat(messages.map(encodeNative));
    await enemy.isDealtWith();
    const before = enemy.heardBytes;
    enemy.sayBytes(bytes);
    await enemy.isDealtWith();
    await sleep(1_500);
    return (enemy.heardBytes - before) / bytes.length;
  }

  const origin = strangeId();

  test("announcements of more messages than there are numbers: neither time nor memory nor many questions", async () => {
    const enemy = await Enemy.befriend(victim.peer.address);
    const before = bytesInUse();
    const entries: Announcement[] = Array.from({ length: 1_024 }, (_, index) => {
      return { origin: strangeId(), epoch: index, seq: 1, count: most, tree: origin, round: 1 };
    });
    const frames = Array.from({ length: 20 }, (): Message => ({ type: "ihave", entries: entries.slice(0, 900) }));
    let factor = 0;
    const deafMs = await deafness(async () => {
      factor = await amplification(enemy, frames);
    });
    await victim.serves();
    if (isLong) console.log("ihave", { deafMs, factor, bytes: bytesInUse() - before });
    expect(factor).toBeLessThan(2);
    expect(deafMs).toBeLessThan(deafMax);
    expect(bytesInUse() - before).toBeLessThan(memoryMax);
  });

  test("marks of lives that nobody has, up to the highest number: neither time nor memory nor many questions", async () => {
    const enemy = await Enemy.befriend(victim.peer.address);
    const before = bytesInUse();
    const ranges = Array.from({ length: 200 }, (_, index) => [2 * index * 1_000 + 1, 2 * index * 1_000 + 500]).flat();
    const bounds = [...ranges, most - 5, most];
    const frames = Array.from({ length: isLong ? 5_000 : 500 }, (_, index): Message => {
      const life = { origin: strangeId(), epoch: index, seen: bounds, kept: index % 2 === 0 ? bounds : [] };
      return { type: "marks", isQuestion: true, parts: [{ prefix: life.origin.slice(0, 3), lives: [life] }] };
    });
    let factor = 0;
    const deafMs = await deafness(async () => {
      factor = await amplification(enemy, frames);
    });
    await victim.serves();
    if (isLong) console.log("marks", { deafMs, factor, bytes: bytesInUse() - before });
    expect(factor).toBeLessThan(3);
    expect(deafMs).toBeLessThan(deafMax);
    expect(bytesInUse() - before).toBeLessThan(memoryMax);
    expect(victim.unlinks).toEqual([]);
  });

  test("digests of nothing, asked for again and again: answers stay within their limit", async () => {
    const enemy = await Enemy.befriend(victim.peer.address);
    const parts = Array.from({ length: 16 }, (_, digit) => ({ prefix: digit.toString(16), lower: 1, upper: digit }));
    const frames = Array.from({ length: 10_000 }, (): Message => ({ type: "digest", parts }));
    const factor = await amplification(enemy, frames);
    await victim.serves();
    if (isLong) console.log("digest", { factor });
    expect(factor).toBeLessThan(10);
  });

  test("everything asked for again and again, and not read: memory is bounded, and the others are served", async () => {
    const payload = new Uint8Array(4_096).fill(7);
    for (let i = 0; i < 2_000; i++) await victim.peer.publish("bulk", payload);
    const enemy = await Enemy.befriend(victim.peer.address);
    await enemy.isDealtWith();
    const { self, epoch } = enemy.victim;
    const before = bytesInUse();
    enemy.socket.pause();
    for (let i = 0; i < 2_000; i++) {
      enemy.say({ type: "want", origin: self.id, epoch, seqs: [1, 2_000] });
    }
    const slowMs = await timeOf(() => victim.serves());
    await sleep(500);
    const unread = bytesInUse() - before;
    // Now it reads as fast as it can.
    const heardBefore = enemy.heardBytes;
    enemy.socket.resume();
    const servedMs: number[] = [];
    const deafMs = await deafness(async () => {
      for (let i = 0; i < 10; i++) servedMs.push(await timeOf(() => victim.serves()));
    });
    if (isLong) console.log("want", { unread, slowMs, servedMs, deafMs, heard: enemy.heardBytes - heardBefore });
    expect(unread).toBeLessThan(memoryMax);
    expect(Math.max(slowMs, ...servedMs)).toBeLessThan(3_000);
  });

  test("repairs that nobody asked for, as old as can be: delivered once, not kept", async () => {
    const enemy = await Enemy.befriend(victim.peer.address);
    const before = bytesInUse();
    const payload = new Uint8Array(1_000);
    for (let seq = 1; seq <= 20_000; seq++) {
      const envelope = { origin, epoch: 1, seq, publishedAt: 0, address: enemy.self.address, topic: "old", payload };
      enemy.say({ type: "repair", ageMs: most, round: most, envelope });
    }
    await enemy.isDealtWith();
    await victim.serves();
    expect(bytesInUse() - before).toBeLessThan(memoryMax);
    const past = victim.peer.subscribe("old");
    expect(past.buffered).toBe(0);
    await past.return();
  });
});

describe("forged messages", () => {
  test("in the victim's own name are not believed, and part it from nobody", async () => {
    const enemy = await Enemy.befriend(victim.peer.address);
    await victim.serves();
    const { self, epoch } = enemy.victim;
    const heard = victim.peer.subscribe("forged");
    const envelope = {
      ...{ origin: self.id, epoch, seq: 1_000, publishedAt: Date.now(), address: self.address },
      ...{ topic: "forged", payload: new Uint8Array(3) },
    };
    enemy.say({ type: "gossip", tree: self.id, round: 1, envelope });
    await sleep(300);
    expect(heard.buffered).toBe(0);
    await victim.serves();
    // The enemy itself answers no probe.
    expect(victim.unlinks.filter((unlink) => unlink.includes(victim.friend.address))).toEqual([]);
  });

  test("in the victim's name, told to its friend: the two go on, with the number that comes after", async () => {
    await victim.serves();
    const enemy = await Enemy.befriend(victim.friend.address);
    const victimId = victim.peer.id as PeerId;
    const spy = await Enemy.befriend(victim.peer.address);
    const { epoch } = spy.victim;
    spy.socket.destroy();
    const envelope = {
      ...{ origin: victimId, epoch, seq: 2, publishedAt: Date.now(), address: victim.peer.address },
      ...{ topic: "forged", payload: new Uint8Array(3) },
    };
    enemy.say({ type: "gossip", tree: victimId, round: 1, envelope });
    await sleep(500);
    expect(victim.unlinks.filter((unlink) => unlink.includes(victim.friend.address))).toEqual([]);
    await victim.serves();
  });
});

describe("what strangers cost a seed", () => {
  test("very many conversations that are not finished: registrations go on", async () => {
    const seed = await SeedVictim.start();
    const enemies = await crowd(isLong ? 3_000 : 600, async (index) => {
      const enemy = await Enemy.dial(seed.address);
      return index % 2 === 0 ? enemy : enemy.sayHello();
    });
    await seed.serves();
    await until(() => enemies.every(({ isClosed }) => isClosed), "all are turned away");
    await until(() => seed.seed.connections === 0, "no connection is left");
    await seed.seed.close();
  });
});

async function timeOf(something: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await something();
  return performance.now() - from;
}
