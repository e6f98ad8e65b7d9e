/** Peers in the simulator, whole, whose every message goes through the wire format, and a judge of what they promise. */
import { type Address, joinAddress } from "../../src/core/address.js";
import type { ClassicMessage } from "../../src/core/classic/message.js";
import { type PeerId, parsePeerId } from "../../src/core/identity.js";
import type { Envelope, Message } from "../../src/core/message.js";
import { PeerCore } from "../../src/core/peer.js";
import { type PeerTuning, peerConfig } from "../../src/core/peer-config.js";
import type { PeerEvent } from "../../src/core/peer-events.js";
import { type Random, sample, seededRandom } from "../../src/core/random.js";
import { VirtualNetwork, type VirtualNetworkOptions } from "../../src/sim/network.js";
import type { VirtualProcess } from "../../src/sim/process.js";
import { encodeNative, NativeReader, nativePreamble } from "../../src/wire/native.js";

export interface TestPeer {
  readonly process: VirtualProcess<PeerCore>;
  readonly id: PeerId;
  readonly events: PeerEvent[];
  /** Keys of messages (`origin/epoch/seq`), as they arrived. */
  readonly arrived: string[];
  /** The same as their turn came. */
  readonly ordered: string[];
}

export class PeerWorld {
  readonly network: VirtualNetwork<Message | ClassicMessage>;
  readonly random: Random;
  readonly peers: TestPeer[] = [];
  /** Keys of all messages that were published, by whom. */
  readonly published: { readonly key: string; readonly by: TestPeer }[] = [];
  #started = 0;
  #token = 0;
  readonly #tuning: PeerTuning;

  constructor(
    randomSeed: number,
    tuning: PeerTuning = {},
    options: Partial<Omit<VirtualNetworkOptions<never>, "measure" | "travelled" | "departed">> = {},
  ) {
    this.#tuning = tuning;
    this.random = seededRandom(randomSeed + 77);
    this.network = new VirtualNetwork<Message | ClassicMessage>({ ...options, randomSeed, recheck: throughTheWire });
  }

  start(options: { network?: string; peers?: readonly Address[]; tuning?: PeerTuning } = {}): TestPeer {
    const index = ++this.#started;
    const address = joinAddress(`10.0.${index >> 8}.${index & 255}`, 5000)!;
    const words = Array.from({ length: 8 }, () => this.random.below(0x1_0000).toString(16).padStart(4, "0"));
    const id = parsePeerId(words.join(""))!;
    const events: PeerEvent[] = [];
    const arrived: string[] = [];
    const ordered: string[] = [];
    const self = { contact: { id, address }, epoch: this.network.now, network: options.network ?? "test" };
    const process = this.network.start<PeerCore, PeerEvent>(
      address,
      (effects, random) =>
        new PeerCore(self, peerConfig(options.tuning ?? this.#tuning), random, {
          dial: (to, dialect) => effects.dial(to, dialect),
          send: (link, message) => effects.send(link, message),
          end: (link) => effects.end(link),
          close: (link, reason) => effects.close(link, reason),
          notify: (event) => effects.notify(event),
          arrived: (envelope) => arrived.push(keyOf(envelope)),
          ordered: (envelope) => ordered.push(keyOf(envelope)),
        }),
      (event) => events.push(event),
    );
    // Several different ones: one may be cut off, stopped, or killed before it answers, and then there is nobody to ask.
    const entrances = sample(this.random, this.peers, 3);
    const peers = options.peers ?? entrances.map((entrance) => entrance.process.address);
    process.call((core, now) => core.start(now, { seeds: [], peers }));
    const peer = { process, id, events, arrived, ordered };
    this.peers.push(peer);
    return peer;
  }

  grow(count: number, settleMs = 5_000): void {
    for (let i = 0; i < count; i++) {
      this.start();
      this.network.run(50);
    }
    this.network.run(settleMs);
  }

  any(): TestPeer {
    return this.peers[this.random.below(this.peers.length)]!;
  }

  publish(by: TestPeer, bytes = 20): string {
    const { core } = by.process;
    const seq = core.counters.published + 1;
    const key = `${by.id}/${core.self.epoch}/${seq}`;
    const payload = new Uint8Array(bytes).fill(seq);
    const token = ++this.#token;
    by.process.call((at, now) => at.publish(now, { token, topic: "t", payload, allowAlone: true }));
    this.published.push({ key, by });
    return key;
  }

  kill(peer: TestPeer): void {
    this.peers.splice(this.peers.indexOf(peer), 1);
    peer.process.crash();
  }

  /** What is wrong with what one peer was told: nothing twice, each life in order, holes only where a gap was told. */
  complaints(peer: TestPeer): string[] {
    const found: string[] = [];
    if (new Set(peer.arrived).size !== peer.arrived.length) found.push("a message arrived twice");
    if (new Set(peer.ordered).size !== peer.ordered.length) found.push("a message had two turns");
    const last = new Map<string, number>();
    for (const key of peer.ordered) {
      const [life, seq] = [key.slice(0, key.lastIndexOf("/")), Number(key.slice(key.lastIndexOf("/") + 1))];
      const before = last.get(life) ?? 0;
      if (seq <= before) found.push(`${key} came after ${before}`);
      for (let missing = before + 1; missing < seq; missing++) {
        if (!this.isGap(peer, `${life}/${missing}`)) found.push(`${life}/${missing} was passed over in silence`);
      }
      last.set(life, seq);
    }
    return found;
  }

  isGap({ events }: TestPeer, key: string): boolean {
    const [origin, epoch, seq] = key.split("/");
    return events.some(
      (event) =>
        event.type === "gap" &&
        event.origin === origin &&
        event.epoch === Number(epoch) &&
        event.first <= Number(seq) &&
        Number(seq) <= event.last,
    );
  }
}

function keyOf({ origin, epoch, seq }: Envelope): string {
  return `${origin}/${epoch}/${seq}`;
}

/** Encodes and decodes, as between two processes. */
export function throughTheWire(message: Message | ClassicMessage): Message | ClassicMessage {
  const reader = new NativeReader();
  reader.push(nativePreamble());
  const { messages, refusal } = reader.push(encodeNative(message as Message).slice());
  if (refusal !== undefined || messages.length !== 1) throw new Error(`${message.type}: ${refusal?.message}`);
  return messages[0]!;
}
