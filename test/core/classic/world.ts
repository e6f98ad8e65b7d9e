/** A classic network in virtual time: seeds, peers, and what a test wants to know about them. */
import { type Address, parseAddress } from "../../../src/core/address.js";
import { type ClassicPeerConfig, classicPeerDefaults } from "../../../src/core/classic/config.js";
import type { ClassicMessage } from "../../../src/core/classic/message.js";
import { ClassicPeerCore, type ClassicPeerEvent } from "../../../src/core/classic/peer.js";
import { parsePeerId } from "../../../src/core/identity.js";
import { seededRandom } from "../../../src/core/random.js";
import { type SeedConfig, seedDefaults } from "../../../src/core/seed/config.js";
import { SeedCore, type SeedEvent } from "../../../src/core/seed/seed.js";
import { VirtualNetwork, type VirtualNetworkOptions } from "../../../src/sim/network.js";
import type { VirtualProcess } from "../../../src/sim/process.js";
import { answerTo, type ClassicExpectation, ClassicReader, encodeClassic } from "../../../src/wire/classic.js";

export interface SimPeer {
  readonly address: Address;
  process: VirtualProcess<ClassicPeerCore>;
  readonly events: { readonly at: number; readonly event: ClassicPeerEvent }[];
  joinedAt: number | undefined;
  /** Text → how often the application got it. */
  readonly delivered: Map<string, number>;
}

export interface SimSeed {
  readonly address: Address;
  process: VirtualProcess<SeedCore>;
  readonly events: { readonly at: number; readonly event: SeedEvent }[];
}

export interface Published {
  readonly text: string;
  readonly at: number;
  readonly by: SimPeer;
}

/** What every message goes through in these tests: bytes, and back. */
function throughTheWire(message: ClassicMessage): ClassicMessage {
  const expects: ClassicExpectation =
    message.type === "peer-list"
      ? "peer-list"
      : message.type === "connect-accepted"
        ? answerTo({ type: "connect-request", from: "127.0.0.1:1" as Address })
        : message.type === "liveness-reply"
          ? "liveness-reply"
          : "requests";
  const reader = new ClassicReader({ expects, remoteIp: "10.0.0.1" });
  const messages = [...reader.push(encodeClassic(message)).messages, ...reader.end().messages];
  if (messages.length !== 1) throw new Error(`${JSON.stringify(message)} became ${JSON.stringify(messages)}`);
  return messages[0]!;
}

export function seedAddress(index: number): Address {
  return parseAddress(`10.1.0.${index + 1}:5000`)!;
}

/** Addresses in no order that has to do with the order of arrival. */
export function peerAddress(randomSeed: number, index: number): Address {
  const shuffled = (index * 7919 + randomSeed * 104_729) % 60_000;
  return parseAddress(`10.2.${1 + (shuffled % 200)}.${1 + (index % 250)}:${1_000 + shuffled}`)!;
}

export class ClassicWorld {
  readonly network: VirtualNetwork<ClassicMessage>;
  readonly random;
  readonly randomSeed: number;
  readonly seeds: SimSeed[] = [];
  readonly peers: SimPeer[] = [];
  readonly published: Published[] = [];
  #peerConfig: ClassicPeerConfig;
  #seedConfig: SeedConfig;
  /** The seeds in the peers' config; all that were started, unless a test says otherwise. */
  config: Address[] | undefined;

  constructor(
    randomSeed: number,
    options: {
      readonly network?: Partial<VirtualNetworkOptions<ClassicMessage>>;
      readonly peer?: Partial<ClassicPeerConfig>;
      readonly seed?: Partial<SeedConfig>;
    } = {},
  ) {
    this.randomSeed = randomSeed;
    this.random = seededRandom(randomSeed ^ 0x5eed);
    this.network = new VirtualNetwork({ randomSeed, recheck: throughTheWire, ...options.network });
    this.#peerConfig = { ...classicPeerDefaults, messages: 0, ...options.peer };
    this.#seedConfig = { ...seedDefaults, ...options.seed };
  }

  startSeeds(count: number): void {
    for (let i = 0; i < count; i++) this.startSeed(seedAddress(this.seeds.length));
  }

  startSeed(address: Address): SimSeed {
    const known = this.seeds.find((seed) => seed.address === address);
    const events = known?.events ?? [];
    const process = this.network.start<SeedCore, SeedEvent>(
      address,
      (effects, random) => {
        const contact = { id: parsePeerId("5eed".repeat(8))!, address };
        return new SeedCore({ contact, epoch: 1, network: "hearsay" }, this.#seedConfig, random, effects);
      },
      (event, at) => events.push({ at, event }),
    );
    if (known !== undefined) {
      known.process = process;
      return known;
    }
    const seed = { address, process, events };
    this.seeds.push(seed);
    return seed;
  }

  /** Starts peers with random pauses between them, up to `gapMaxMs`. */
  startPeers(count: number, gapMaxMs: number): void {
    for (let i = 0; i < count; i++) {
      this.startPeer(peerAddress(this.randomSeed, this.peers.length));
      if (gapMaxMs > 0) this.network.run(this.random.below(gapMaxMs + 1));
    }
  }

  startPeer(address: Address): SimPeer {
    let peer = this.peers.find((other) => other.address === address);
    const events = peer?.events ?? [];
    const delivered = peer?.delivered ?? new Map<string, number>();
    const hear = (event: ClassicPeerEvent, at: number) => {
      events.push({ at, event });
      if (event.type === "joined" && peer !== undefined) peer.joinedAt ??= at;
      if (event.type !== "gossip" || peer === undefined) return;
      if (event.own) this.published.push({ text: event.gossip.text, at, by: peer });
      else delivered.set(event.gossip.text, (delivered.get(event.gossip.text) ?? 0) + 1);
    };
    const port = Number(address.split(":")[1]);
    const process = this.network.start<ClassicPeerCore, ClassicPeerEvent>(
      address,
      (effects, random) => new ClassicPeerCore({ port }, this.#peerConfig, random, effects),
      hear,
    );
    if (peer === undefined) {
      peer = { address, process, events, joinedAt: undefined, delivered };
      this.peers.push(peer);
    } else {
      peer.process = process;
      peer.joinedAt = undefined;
    }
    process.call((core, now) => core.start(now, this.config ?? this.seeds.map((seed) => seed.address)));
    return peer;
  }

  publish(by: SimPeer, body = "GOSSIP1"): string {
    return by.process.call((core, now) => core.publish(now, body)).text;
  }

  get alive(): SimPeer[] {
    return this.peers.filter((peer) => peer.process.alive && !peer.process.frozen);
  }

  allJoined(): boolean {
    return this.alive.every((peer) => peer.process.core.joined);
  }

  /** Groups of living peers that can hear each other over two-way links. */
  components(): number {
    const living = new Map(this.alive.map((peer) => [peer.address, peer]));
    const unseen = new Set(living.keys());
    let count = 0;
    while (unseen.size > 0) {
      count++;
      const open = [unseen.values().next().value!];
      unseen.delete(open[0]!);
      for (let address = open.pop(); address !== undefined; address = open.pop()) {
        for (const next of living.get(address)!.process.core.neighbors()) {
          if (!unseen.has(next) || !living.get(next)!.process.core.neighbors().includes(address)) continue;
          unseen.delete(next);
          open.push(next);
        }
      }
    }
    return count;
  }

  /** Links that only one of two living peers believes in. */
  oneWayLinks(): string[] {
    const living = new Map(this.alive.map((peer) => [peer.address, peer]));
    const found: string[] = [];
    for (const peer of living.values()) {
      for (const other of peer.process.core.neighbors()) {
        const back = living.get(other)?.process.core.neighbors();
        if (back !== undefined && !back.includes(peer.address)) found.push(`${peer.address} → ${other}`);
      }
    }
    return found;
  }

  /** One tree of truth: whole, and two-way. */
  whole(): boolean {
    return this.components() === 1 && this.oneWayLinks().length === 0;
  }

  /** Throws, with what is wrong, unless {@link whole}. */
  expectWhole(): void {
    if (this.whole()) return;
    const links = this.alive.map((peer) => `${peer.address}: ${peer.process.core.neighbors().join(" ")}`);
    if (process.env.HEARSAY_DEBUG)
      for (const [i, peer] of this.peers.entries())
        for (const { at, event } of peer.events)
          if (!["alive", "listed", "gossip", "seed-failed"].includes(event.type))
            console.log(at - 1704067200000, peer.address, i, JSON.stringify(event));
    throw new Error(`${this.components()} components; one-way: ${this.oneWayLinks().join()}\n${links.join("\n")}`);
  }

  /** Which living peers lack which messages, of those published while they were in the network. */
  missing(among: readonly SimPeer[] = this.alive): string[] {
    const found: string[] = [];
    for (const { text, at, by } of this.published) {
      for (const peer of among) {
        if (peer === by || peer.joinedAt === undefined || peer.joinedAt > at) continue;
        if (!peer.delivered.has(text)) found.push(`${peer.address} lacks ${text}`);
      }
    }
    return found;
  }

  /** Messages that an application got more than once. */
  repeated(): string[] {
    return this.peers.flatMap((peer) => [...peer.delivered].filter(([, times]) => times > 1).map(([text]) => text));
  }

  eventsOf<T extends ClassicPeerEvent["type"]>(
    peer: SimPeer,
    type: T,
  ): { at: number; event: Extract<ClassicPeerEvent, { type: T }> }[] {
    return peer.events.filter(({ event }) => event.type === type) as never;
  }
}
