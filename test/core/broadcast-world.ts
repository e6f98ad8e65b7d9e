/**
 * A world of peers that are nothing but their part in the broadcast: links are given, and stay until they break.
 */
import { type Address, parseAddress } from "../../src/core/address.js";
import { Broadcast, type BroadcastConfig, broadcastDefaults } from "../../src/core/broadcast.js";
import { historyDefaults } from "../../src/core/config.js";
import type { Core, Effects, LinkId } from "../../src/core/effects.js";
import { History } from "../../src/core/history.js";
import { type PeerId, parsePeerId } from "../../src/core/identity.js";
import type { Envelope, Message } from "../../src/core/message.js";
import { seededRandom } from "../../src/core/random.js";
import { VirtualNetwork } from "../../src/sim/network.js";
import type { VirtualProcess } from "../../src/sim/process.js";

/** The id of the peer with this number: its digits are spread, as those of real ids are. */
export function idOf(index: number): PeerId {
  const digits = (Math.imul(index + 1, 0x9e37_79b1) >>> 0).toString(16).padStart(8, "0");
  return parsePeerId(index.toString(16).padStart(24, "0") + digits)!;
}

export class TreeCore implements Core<Message> {
  readonly broadcast: Broadcast;
  readonly delivered = new Map<string, number>();
  /** Every message sent, by its type. */
  readonly sent = new Map<string, number>();
  /** Bytes of payload sent. */
  sentBytes = 0;
  duplicates = 0;
  readonly #self: PeerId;
  readonly #effects: Effects<Message, never>;
  readonly #slots = new Map<LinkId, number>();
  readonly #links = new Map<number, LinkId>();
  readonly #history = new History(historyDefaults);
  #seq = 0;

  constructor(index: number, config: BroadcastConfig, effects: Effects<Message, never>) {
    this.#self = idOf(index);
    this.#effects = effects;
    this.broadcast = new Broadcast(this.#self, config, this.#history, {
      send: (link, message) => this.#send(link, message),
      deliver: (_now, envelope, round) => {
        const key = `${envelope.origin}/${envelope.seq}`;
        if (this.delivered.has(key)) throw new Error(`${key} was delivered twice`);
        this.delivered.set(key, round);
      },
      duplicate: () => this.duplicates++,
      served: () => {},
    });
  }

  get nextWake(): number {
    return this.broadcast.nextWake;
  }

  connect(to: Address): void {
    this.#effects.dial(to);
  }

  publish(now: number, payloadBytes: number): string {
    const seq = ++this.#seq;
    const envelope: Envelope = {
      origin: this.#self,
      epoch: 1,
      seq,
      publishedAt: now,
      address: "127.0.0.1:6001" as Address,
      topic: "t",
      payload: new Uint8Array(payloadBytes),
    };
    this.broadcast.publish(now, envelope);
    return `${this.#self}/${seq}`;
  }

  congest(now: number, isCongested: boolean): void {
    for (const slot of this.#links.keys()) this.broadcast.congested(now, slot, isCongested);
  }

  linkUp(_now: number, link: LinkId): void {
    let slot = 0;
    while (this.#links.has(slot)) slot++;
    this.#slots.set(link, slot);
    this.#links.set(slot, link);
    this.broadcast.neighborUp({ slot, link });
  }

  linkEnded(now: number, link: LinkId): void {
    this.#effects.close(link, "done");
    this.linkDown(now, link);
  }

  linkDown(_now: number, link: LinkId): void {
    const slot = this.#slots.get(link);
    if (slot === undefined) return;
    this.#slots.delete(link);
    this.#links.delete(slot);
    this.broadcast.neighborDown({ slot, link });
  }

  receive(now: number, link: LinkId, message: Message): void {
    const slot = this.#slots.get(link);
    if (slot === undefined) return;
    if (message.type === "gossip" || message.type === "ihave" || message.type === "graft" || message.type === "prune") {
      this.broadcast.receive(now, slot, message);
    } else if (message.type === "want") {
      const { origin, epoch, seqs } = message;
      for (let i = 0; i < seqs.length; i += 2) {
        for (let seq = seqs[i]!; seq <= seqs[i + 1]!; seq++) {
          const kept = this.#history.get({ origin, epoch, seq });
          if (kept === undefined) continue;
          this.#send(link, { type: "repair", ageMs: 0, round: kept.round + 1, envelope: kept.envelope });
        }
      }
    } else if (message.type === "repair") {
      if (!this.broadcast.repaired(now, slot, message.envelope, message.round)) this.duplicates++;
    }
  }

  wake(now: number): void {
    this.broadcast.wake(now);
  }

  #send(link: LinkId, message: Message): void {
    this.sent.set(message.type, (this.sent.get(message.type) ?? 0) + 1);
    if (message.type === "gossip" || message.type === "repair") this.sentBytes += message.envelope.payload.length;
    this.#effects.send(link, message);
  }
}

export class Forest {
  readonly network: VirtualNetwork<Message>;
  readonly peers: VirtualProcess<TreeCore>[] = [];
  readonly random;

  /** A ring, and two random links more for each peer: four or so in all. */
  constructor(randomSeed: number, size: number, tuning: Partial<BroadcastConfig> = {}) {
    const config = { ...broadcastDefaults, ...tuning };
    this.network = new VirtualNetwork({ randomSeed });
    this.random = seededRandom(randomSeed);
    const address = (index: number) => parseAddress(`10.0.${index >> 8}.${index & 255}:7000`)!;
    for (let i = 0; i < size; i++) {
      this.peers.push(this.network.start<TreeCore, never>(address(i), (effects) => new TreeCore(i, config, effects)));
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

  publish(from: number, { runMs = 1_500, payloadBytes = 0 } = {}): string {
    const key = this.peers[from]!.call((core, now) => core.publish(now, payloadBytes));
    this.network.run(runMs);
    return key;
  }

  /** Messages of a type that all peers together have sent. */
  sent(type: Message["type"]): number {
    return this.peers.reduce((sum, { core }) => sum + (core.sent.get(type) ?? 0), 0);
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
