import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../src/core/address.js";
import { Broadcast, broadcastDefaults } from "../../src/core/broadcast.js";
import type { Core, Effects, LinkId } from "../../src/core/effects.js";
import { History } from "../../src/core/history.js";
import { type PeerId, parsePeerId } from "../../src/core/identity.js";
import type { Envelope, Message } from "../../src/core/message.js";
import { seededRandom } from "../../src/core/random.js";
import { VirtualNetwork } from "../../src/sim/network.js";
import type { VirtualProcess } from "../../src/sim/process.js";
import { seededRuns } from "../seeded.js";

/** A peer that is nothing but its part in the trees: its links are given, and stay until they break. */
class TreeCore implements Core<Message> {
  readonly broadcast: Broadcast;
  readonly delivered = new Map<string, number>();
  duplicates = 0;
  readonly #self: PeerId;
  readonly #effects: Effects<Message, never>;
  readonly #slots = new Map<LinkId, number>();
  #seq = 0;

  constructor(index: number, effects: Effects<Message, never>) {
    this.#self = parsePeerId(index.toString(16).padStart(32, "0"))!;
    this.#effects = effects;
    const history = new History({ retainedMax: 1_000, holesMax: 64, originsMax: 1_000 });
    this.broadcast = new Broadcast(this.#self, broadcastDefaults, history, {
      send: (link, message) => effects.send(link, message),
      deliver: (_now, envelope, round) => {
        const key = `${envelope.origin}/${envelope.seq}`;
        if (this.delivered.has(key)) throw new Error(`${key} was delivered twice`);
        this.delivered.set(key, round);
      },
      duplicate: () => this.duplicates++,
    });
  }

  get nextWake(): number {
    return this.broadcast.nextWake;
  }

  connect(to: Address): void {
    this.#effects.dial(to);
  }

  publish(now: number): string {
    const seq = ++this.#seq;
    const envelope: Envelope = {
      origin: this.#self,
      epoch: 1,
      seq,
      publishedAt: now,
      topic: "t",
      payload: new Uint8Array(0),
    };
    this.broadcast.publish(now, envelope);
    return `${this.#self}/${seq}`;
  }

  linkUp(_now: number, link: LinkId): void {
    const taken = new Set(this.#slots.values());
    let slot = 0;
    while (taken.has(slot)) slot++;
    this.#slots.set(link, slot);
    this.broadcast.neighborUp({ slot, link });
  }

  linkEnded(_now: number, link: LinkId): void {
    this.#effects.close(link, "done");
    this.linkDown(_now, link);
  }

  linkDown(_now: number, link: LinkId): void {
    const slot = this.#slots.get(link);
    this.#slots.delete(link);
    if (slot !== undefined) this.broadcast.neighborDown({ slot, link });
  }

  receive(now: number, link: LinkId, message: Message): void {
    const slot = this.#slots.get(link);
    if (slot === undefined) return;
    if (message.type === "gossip" || message.type === "ihave" || message.type === "graft" || message.type === "prune") {
      this.broadcast.receive(now, slot, message);
    }
  }

  wake(now: number): void {
    this.broadcast.wake(now);
  }
}

class Forest {
  readonly network: VirtualNetwork<Message>;
  readonly peers: VirtualProcess<TreeCore>[] = [];
  readonly random;

  /** A ring, and two random links more for each peer: four or so in all. */
  constructor(randomSeed: number, size: number) {
    this.network = new VirtualNetwork({ randomSeed });
    this.random = seededRandom(randomSeed);
    const address = (index: number) => parseAddress(`10.0.${index >> 8}.${index & 255}:7000`)!;
    for (let i = 0; i < size; i++) {
      this.peers.push(this.network.start<TreeCore, never>(address(i), (effects) => new TreeCore(i, effects)));
    }
    const linked = new Set<string>();
    const link = (a: number, b: number) => {
      const key = a < b ? `${a}-${b}` : `${b}-${a}`;
      if (a === b || linked.has(key)) return;
      linked.add(key);
      this.peers[a]!.call((core) => core.connect(address(b)));
    };
    for (let i = 0; i < size; i++) {
      link(i, (i + 1) % size);
      link(i, this.random.below(size));
    }
    this.network.run(1_000);
  }

  publish(from: number): string {
    const key = this.peers[from]!.call((core, now) => core.publish(now));
    this.network.run(1_500);
    return key;
  }

  get duplicates(): number {
    return this.peers.reduce((sum, { core }) => sum + core.duplicates, 0);
  }

  /** Living peers, the origin left out, that have not got a message. */
  lacking(key: string, origin: number): number {
    return this.peers.filter(({ alive, core }, index) => alive && index !== origin && !core.delivered.has(key)).length;
  }

  lastHop(key: string): number {
    return Math.max(...this.peers.map(({ core }) => core.delivered.get(key) ?? 0));
  }
}

describe("the broadcast", () => {
  seededRuns("delivers to everybody once, and sends no copy twice when its tree has grown", 5, (randomSeed) => {
    const forest = new Forest(randomSeed, 100);
    for (let i = 0; i < 5; i++) expect(forest.lacking(forest.publish(0), 0)).toBe(0);
    const before = forest.duplicates;
    for (let i = 0; i < 10; i++) expect(forest.lacking(forest.publish(0), 0)).toBe(0);
    expect(forest.duplicates).toBe(before);
  });

  test("shortens its tree until the last hop is that of a flood, or nearly so", () => {
    const forest = new Forest(1, 200);
    const first = forest.lastHop(forest.publish(0));
    for (let i = 0; i < 20; i++) forest.publish(0);
    const settled = forest.lastHop(forest.publish(0));
    expect(settled).toBeLessThan(first);
    expect(settled).toBeLessThanOrEqual(8);
  });

  seededRuns("senders borrow trees near them: fewer trees than senders, and few copies in the end", 3, (randomSeed) => {
    const forest = new Forest(randomSeed, 60);
    for (let i = 0; i < 300; i++) forest.publish(forest.random.below(60));
    const before = forest.duplicates;
    for (let i = 0; i < 50; i++) {
      const origin = forest.random.below(60);
      expect(forest.lacking(forest.publish(origin), origin)).toBe(0);
    }
    expect(forest.peers[0]!.core.broadcast.trees).toBeLessThan(30);
    expect((forest.duplicates - before) / (50 * 59)).toBeLessThan(0.1);
  });

  seededRuns("mends its tree by grafts when peers crash under it", 5, (randomSeed) => {
    const forest = new Forest(randomSeed, 80);
    for (let i = 0; i < 5; i++) forest.publish(0);
    for (let i = 0; i < 8; i++) forest.peers[7 + i * 9]!.crash();
    const key = forest.publish(0);
    forest.network.run(5_000);
    // What a crash may cut off altogether is for the overlay to link again: here links are as they are.
    expect(forest.lacking(key, 0)).toBeLessThanOrEqual(3);
  });
});
