/** Peers that have a history, an order and a reconciliation, and nothing else, on links of constant latency. */
import { type HistoryConfig, historyDefaults, type ReconcileConfig, reconcileDefaults } from "../../src/core/config.js";
import { type Gap, History } from "../../src/core/history.js";
import type { Digest, Envelope, Marks, Repair, Want } from "../../src/core/message.js";
import { type Random, seededRandom } from "../../src/core/random.js";
import { Reconciler } from "../../src/core/reconcile.js";
import { Sequencer } from "../../src/core/sequencer.js";
import { encodeNative, NativeReader, nativePreamble } from "../../src/wire/native.js";

export type ReconcileMessage = Digest | Marks | Want | Repair;

export interface WorldOptions {
  readonly history?: Partial<HistoryConfig>;
  readonly reconcile?: Partial<ReconcileConfig>;
}

interface Link {
  readonly to: ReconcilePeer;
  /** The slot that the receiver has given it. */
  readonly slot: number;
}

export class ReconcilePeer {
  readonly history: History;
  readonly sequencer: Sequencer;
  readonly reconciler: Reconciler;
  readonly ordered: Envelope[] = [];
  readonly gaps: Gap[] = [];
  /** In the order in which they were told: messages by number, gaps as texts. */
  readonly told: (number | string)[] = [];
  duplicates = 0;
  repairs = 0;
  readonly links: (Link | undefined)[] = [];

  constructor(world: ReconcileWorld, random: Random, options: WorldOptions) {
    const limits = { ...historyDefaults, ...options.history };
    this.history = new History(limits);
    this.sequencer = new Sequencer(limits, this.history, {
      ordered: (envelope) => {
        this.ordered.push(envelope);
        this.told.push(envelope.seq);
      },
    });
    const config = { ...reconcileDefaults, ...options.reconcile };
    this.reconciler = new Reconciler(config, this.history, random, {
      send: (link, message) => world.send(this, link, message),
      probe: (now, slot) => world.probe(now, this, slot),
      repaired: (now, slot, { envelope, round, ageMs }) => {
        this.repairs++;
        if (this.take(now, envelope, round, slot, ageMs)) return true;
        this.duplicates++;
        return false;
      },
      gap: (_now, gap) => {
        this.gaps.push(gap);
        this.told.push(`${gap.first}-${gap.last}`);
      },
      skipped: (now, origin, epoch) => this.sequencer.skipped(now, origin, epoch),
    });
  }

  take(now: number, envelope: Envelope, round = 1, slot = -1, ageMs = 0): boolean {
    if (!this.history.add(now, envelope, round, slot, ageMs)) return false;
    this.sequencer.arrived(now, envelope);
    return true;
  }
}

interface Delivery {
  readonly at: number;
  readonly from: ReconcilePeer;
  readonly link: number;
  readonly to: ReconcilePeer;
  readonly slot: number;
  readonly message: ReconcileMessage;
}

const never = Number.POSITIVE_INFINITY;

interface Ack {
  readonly at: number;
  readonly askedAt: number;
  readonly of: ReconcilePeer;
  readonly slot: number;
  readonly to: Link;
}

export class ReconcileWorld {
  now = 1_700_000_000_000;
  readonly peers: ReconcilePeer[] = [];
  /** Bytes of all frames sent, as the wire writes them. */
  bytes = 0;
  readonly sent: ReconcileMessage[] = [];
  misbehaved = 0;
  readonly #latencyMs: number;
  readonly #options: WorldOptions;
  readonly #random: Random;
  readonly #reader = new NativeReader();
  /** All links have the same latency: a queue is in order. */
  #queue: Delivery[] = [];
  #acks: Ack[] = [];

  constructor(randomSeed: number, latencyMs = 20, options: WorldOptions = {}) {
    this.#random = seededRandom(randomSeed);
    this.#latencyMs = latencyMs;
    this.#options = options;
    this.#reader.push(nativePreamble());
  }

  start(options: WorldOptions = {}): ReconcilePeer {
    const random = seededRandom(this.#random.below(0x1_0000_0000));
    const merged = {
      history: { ...this.#options.history, ...options.history },
      reconcile: { ...this.#options.reconcile, ...options.reconcile },
    };
    const peer = new ReconcilePeer(this, random, merged);
    this.peers.push(peer);
    return peer;
  }

  /** Both sides learn of it at once. */
  connect(a: ReconcilePeer, b: ReconcilePeer): void {
    const slotAt = (peer: ReconcilePeer) => {
      const free = peer.links.indexOf(undefined);
      return free < 0 ? peer.links.length : free;
    };
    const slotA = slotAt(a);
    const slotB = slotAt(b);
    a.links[slotA] = { to: b, slot: slotB };
    b.links[slotB] = { to: a, slot: slotA };
    a.reconciler.neighborUp(this.now, { slot: slotA, link: slotA });
    b.reconciler.neighborUp(this.now, { slot: slotB, link: slotB });
  }

  /** What is under way on it is lost. */
  disconnect(a: ReconcilePeer, b: ReconcilePeer): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const slot = from.links.findIndex((link) => link?.to === to);
      from.links[slot] = undefined;
      this.#queue = this.#queue.filter((delivery) => delivery.from !== from || delivery.to !== to);
      from.reconciler.neighborDown(this.now, { slot, link: slot });
    }
  }

  send(from: ReconcilePeer, link: number, message: ReconcileMessage): void {
    const line = from.links[link];
    if (line === undefined) throw new Error("a message to nobody");
    const frame = encodeNative(message);
    this.bytes += frame.length;
    // What is read is no copy by reference, and within all limits of the wire.
    const { messages, refusal } = this.#reader.push(frame);
    if (refusal !== undefined) throw new Error(refusal.message);
    const [arriving] = messages as ReconcileMessage[];
    this.sent.push(arriving!);
    const at = this.now + this.#latencyMs;
    this.#queue.push({ at, from, link, to: line.to, slot: line.slot, message: arriving! });
  }

  /** A probe and its ack, which take a round trip. */
  probe(now: number, of: ReconcilePeer, slot: number): void {
    this.#acks.push({ at: now + 2 * this.#latencyMs, askedAt: now, of, slot, to: of.links[slot]! });
  }

  run(forMs: number): void {
    this.runUntil(() => false, forMs);
  }

  /** Until the condition holds; how long it took, or undefined. */
  runUntil(condition: () => boolean, limitMs: number): number | undefined {
    const start = this.now;
    let spins = 0;
    while (this.now <= start + limitMs) {
      if (condition()) return this.now - start;
      const wakes = this.peers.map((peer) => Math.min(peer.reconciler.nextWake, peer.history.nextWake));
      const next = Math.max(this.now, Math.min(this.#queue[0]?.at ?? never, this.#acks[0]?.at ?? never, ...wakes));
      spins = next === this.now ? spins + 1 : 0;
      if (spins > 10_000) throw new Error("time stands still");
      if (next > start + limitMs) break;
      this.now = next;
      const due = this.#queue.findIndex(({ at }) => at > this.now);
      const deliveries = this.#queue.splice(0, due < 0 ? this.#queue.length : due);
      for (const { to, slot, message } of deliveries) {
        if (!to.reconciler.receive(this.now, slot, message)) this.misbehaved++;
      }
      while (this.#acks.length > 0 && this.#acks[0]!.at <= this.now) {
        const { of, slot, to, askedAt } = this.#acks.shift()!;
        if (of.links[slot] === to) of.reconciler.confirmed(this.now, slot, askedAt);
      }
      for (const peer of this.peers) {
        if (peer.reconciler.nextWake <= this.now) peer.reconciler.wake(this.now);
        if (peer.history.nextWake <= this.now) peer.history.forget(this.now);
      }
    }
    this.now = start + limitMs;
    return undefined;
  }
}
