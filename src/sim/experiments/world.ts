/**
 * A network of peers in the simulator, for experiments: the cores that run on sockets, whole, and what there is to count.
 */
import { type Address, joinAddress } from "../../core/address.js";
import type { ClassicMessage } from "../../core/classic/message.js";
import { type PeerId, parsePeerId } from "../../core/identity.js";
import type { Envelope, Message } from "../../core/message.js";
import { PeerCore } from "../../core/peer.js";
import { type PeerTuning, peerConfig } from "../../core/peer-config.js";
import type { PeerEvent } from "../../core/peer-events.js";
import { type Random, seededRandom } from "../../core/random.js";
import { seedDefaults } from "../../core/seed/config.js";
import { SeedCore, type SeedEvent } from "../../core/seed/seed.js";
import { VirtualNetwork } from "../network.js";
import type { VirtualProcess } from "../process.js";

/** Where one message has got to. */
export interface Spread {
  /** Peers that have it, its origin included. */
  reached: number;
  /** The most hops it took to anybody. */
  lastHop: number;
  /** When it was published, in milliseconds since 1970. */
  readonly at: number;
  /** Milliseconds from then to the last arrival so far. */
  lastMs: number;
}

/** How many frames of a kind were sent. */
export interface Sent {
  gossip: number;
  repair: number;
  ihave: number;
  /** Entries of all `ihave` frames. */
  entries: number;
  graft: number;
  prune: number;
  other: number;
}

/** One peer of the experiment. */
export interface WorldPeer {
  readonly index: number;
  readonly process: VirtualProcess<PeerCore>;
  /** The followed messages that it has, since {@link ExperimentWorld.notesReceivers}. */
  readonly had: Set<Spread>;
}

/** Payloads that came to peers. */
export interface Copies {
  /** Beyond the first. */
  duplicates: number;
  delivered: number;
}

/** What an experiment wants to hear of its world. */
export interface WorldOptions {
  /** How many seeds there are. Default: none; each peer joins through a random other one. */
  readonly seeds?: number;
  /** Probability that a transmission is lost by chance. Default: 0. */
  readonly lossRate?: number;
  /** A peer tells its application something. */
  readonly told?: (index: number, event: PeerEvent, now: number) => void;
  /** Something is sent. */
  readonly sent?: (message: Message | ClassicMessage) => void;
}

/** How a network grows. */
export interface GrowOptions {
  /** Default: 200. */
  readonly joinsPerSecond?: number;
  /** How long nothing happens after the last has joined. Default: 20 s. */
  readonly settleMs?: number;
  /** Hears how far it has got: large networks take their time. */
  readonly progress?: (what: string) => void;
}

const nothingSent: Sent = { gossip: 0, repair: 0, ihave: 0, entries: 0, graft: 0, prune: 0, other: 0 };

const networkName = "experiment";

/** A network that grows to a size, is talked in, and broken. */
export class ExperimentWorld {
  readonly network: VirtualNetwork<Message | ClassicMessage>;
  readonly random: Random;
  readonly peers: WorldPeer[] = [];
  sent: Sent = { ...nothingSent };
  readonly #tuning: PeerTuning;
  readonly #told: WorldOptions["told"];
  readonly #onSent: WorldOptions["sent"];
  /** Whether each peer's followed messages are noted: memory for each message at each peer. */
  notesReceivers = false;
  /** By their payloads: they travel as the same object. */
  readonly #spreads = new Map<Uint8Array, Spread>();
  /** What had come to those that were killed. */
  readonly #killed: Copies = { duplicates: 0, delivered: 0 };
  #started = 0;
  #token = 0;
  readonly #seeds: Address[] = [];

  constructor(randomSeed: number, tuning: PeerTuning = {}, { seeds = 0, lossRate = 0, told, sent }: WorldOptions = {}) {
    this.#tuning = tuning;
    this.#told = told;
    this.#onSent = sent;
    this.random = seededRandom(randomSeed ^ 0x5eed);
    this.network = new VirtualNetwork({ randomSeed, lossRate, recheck: (message) => this.#count(message) });
    for (let i = 0; i < seeds; i++) this.#startSeed(i);
  }

  /** Lets so many peers join, each through a random one that is there, and then waits until things have settled. */
  grow(count: number, { joinsPerSecond = 200, settleMs = 20_000, progress }: GrowOptions = {}): void {
    const toldEach = Math.max(1, Math.ceil(joinsPerSecond / 10));
    for (let i = 0; i < count; i++) {
      this.join();
      if (i % 10 === 9) this.network.run(10_000 / joinsPerSecond);
      if (i % toldEach === toldEach - 1) progress?.(`${i + 1} have joined`);
    }
    for (let doneMs = 0; doneMs < settleMs; doneMs += 1_000) {
      progress?.(`calm, ${doneMs / 1_000} s`);
      this.network.run(Math.min(1_000, settleMs - doneMs));
    }
  }

  /** One more peer. */
  join(): WorldPeer {
    const index = this.#started++;
    const address = addressOf(index);
    const config = peerConfig(this.#tuning);
    const contact = { id: this.#newId(), address };
    const had = new Set<Spread>();
    const told = this.#told;
    const process = this.network.start<PeerCore, PeerEvent>(
      address,
      (effects, random) => {
        const self = { contact, epoch: this.network.now, network: networkName };
        const arrived = (envelope: Envelope, round: number) => this.#arrived(had, envelope, round);
        // No object around them: each step on the way to the network is one more place in memory, for each peer.
        return new PeerCore(self, config, random, Object.assign(effects, { arrived, ordered() {} }));
      },
      told && ((event, now) => told(index, event, now)),
    );
    const entrances = this.peers.length === 0 || this.#seeds.length > 0 ? [] : [this.any().process.address];
    process.call((core, now) => core.start(now, { seeds: this.#seeds, peers: entrances }));
    const peer = { index, process, had };
    this.peers.push(peer);
    return peer;
  }

  /** A random live peer. */
  any(): WorldPeer {
    return this.peers[this.random.below(this.peers.length)]!;
  }

  /** Kills one. */
  kill(peer: WorldPeer): void {
    this.peers.splice(this.peers.indexOf(peer), 1);
    this.#crash(peer);
  }

  /** Kills a share of all, at random, in one moment. */
  killShare(share: number): void {
    const victims = new Set<WorldPeer>();
    const count = Math.round(this.peers.length * share);
    while (victims.size < count) victims.add(this.any());
    const survivors = this.peers.filter((peer) => !victims.has(peer));
    this.peers.length = 0;
    this.peers.push(...survivors);
    for (const victim of victims) this.#crash(victim);
  }

  #crash({ process }: WorldPeer): void {
    const { duplicates, delivered } = process.core.counters;
    this.#killed.duplicates += duplicates;
    this.#killed.delivered += delivered;
    process.crash();
  }

  /** Publishes a message. */
  publish(peer: WorldPeer): Spread {
    const spread: Spread = { reached: 0, lastHop: 0, at: this.network.now, lastMs: 0 };
    const token = ++this.#token;
    const payload = new Uint8Array(0);
    this.#spreads.set(payload, spread);
    peer.process.call((core, now) => core.publish(now, { token, topic: "t", payload, allowAlone: true }));
    return spread;
  }

  /** Copies of payloads beyond the first, and first ones, at all peers there have been, since the start. */
  copies(): Readonly<Copies> {
    let { duplicates, delivered } = this.#killed;
    for (const { process } of this.peers) {
      const { counters } = process.core;
      duplicates += counters.duplicates;
      delivered += counters.delivered;
    }
    return { duplicates, delivered };
  }

  /** Counts frames from here on. */
  resetSent(): void {
    this.sent = { ...nothingSent };
  }

  /** Spreads are not followed any more: those that are have a cost. */
  forgetSpreads(): void {
    this.#spreads.clear();
  }

  #arrived(had: Set<Spread>, { payload }: Envelope, round: number): void {
    const spread = this.#spreads.get(payload);
    if (spread === undefined) return;
    if (this.notesReceivers) had.add(spread);
    spread.reached++;
    spread.lastMs = this.network.now - spread.at;
    if (round > spread.lastHop) spread.lastHop = round;
  }

  #startSeed(index: number): void {
    const address = joinAddress(`10.255.0.${index + 1}`, 5000)!;
    const self = { contact: { id: this.#newId(), address }, epoch: this.network.now, network: networkName };
    this.network.start<SeedCore, SeedEvent>(
      address,
      (effects, random) => new SeedCore(self, seedDefaults, random, effects),
    );
    this.#seeds.push(address);
  }

  #count(message: Message | ClassicMessage): Message | ClassicMessage {
    const { sent } = this;
    this.#onSent?.(message);
    switch (message.type) {
      case "gossip":
      case "repair":
      case "graft":
      case "prune":
        sent[message.type]++;
        break;
      case "ihave":
        sent.ihave++;
        sent.entries += message.entries.length;
        break;
      default:
        sent.other++;
    }
    return message;
  }

  #newId(): PeerId {
    let digits = "";
    while (digits.length < 32) digits += this.random.below(0x1_0000).toString(16).padStart(4, "0");
    return parsePeerId(digits)!;
  }
}

/** Where a peer of this number is. */
export function addressOf(index: number): Address {
  return joinAddress(`10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`, 6000)!;
}
