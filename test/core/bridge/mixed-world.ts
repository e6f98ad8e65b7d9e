/** A network of both kinds in virtual time: Hearsay peers with a classic side and a toy of a native one, and classic peers. */
import { type Address, parseAddress, splitAddress, withIp } from "../../../src/core/address.js";
import { fromClassic, toClassic } from "../../../src/core/bridge/classic-form.js";
import { ClassicSide, type ClassicSideEvent, classicSideDefaults } from "../../../src/core/bridge/classic-side.js";
import { classicPeerDefaults } from "../../../src/core/classic/config.js";
import type { ClassicMessage } from "../../../src/core/classic/message.js";
import { ClassicPeerCore, type ClassicPeerEvent } from "../../../src/core/classic/peer.js";
import type { Core, Dialect, DownReason, Effects, LinkId } from "../../../src/core/effects.js";
import { parsePeerId } from "../../../src/core/identity.js";
import type { Envelope, NativeGossip } from "../../../src/core/message.js";
import { type Random, sample, seededRandom } from "../../../src/core/random.js";
import { VirtualNetwork, type VirtualNetworkOptions } from "../../../src/sim/network.js";
import type { VirtualProcess } from "../../../src/sim/process.js";

/** What travels in this world: the toy of a native side knows one message only. */
export type Wire = NativeGossip | ClassicMessage;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Each copy of a native message takes up to so long to leave: often longer than the way through classic peers. */
const nativeDelayMaxMs = 1_000;

/** A Hearsay peer: a real classic side, and a native side that floods over links to everybody. */
export class ToyPeer implements Core<Wire> {
  readonly side: ClassicSide;
  /** Every message that the application got, in order. */
  readonly delivered: Envelope[] = [];
  /** How often each classic peer was asked for a link. */
  readonly asked = new Map<Address, number>();
  readonly #address: Address;
  readonly #effects: Effects<Wire, ClassicSideEvent>;
  readonly #links = new Set<LinkId>();
  readonly #dialed = new Map<LinkId, Address>();
  readonly #seen = new Set<string>();
  readonly #random: Random;
  #outgoing: { readonly at: number; readonly link: LinkId; readonly envelope: Envelope }[] = [];
  #seq = 0;

  constructor(
    address: Address,
    effects: Effects<Wire, ClassicSideEvent>,
    random: Random,
    nativePeers: () => Iterable<Address>,
  ) {
    this.#random = random;
    this.#address = address;
    this.#effects = effects;
    this.side = new ClassicSide({ address }, classicSideDefaults, random, {
      dial: (to) => {
        const link = effects.dial(to, "classic");
        this.#dialed.set(link, to);
        return link;
      },
      send: (link, message) => {
        if (message.type === "connect-request") {
          const to = this.#dialed.get(link)!;
          this.asked.set(to, (this.asked.get(to) ?? 0) + 1);
        }
        effects.send(link, message);
      },
      end: (link) => effects.end(link),
      close: (link, reason) => effects.close(link, reason),
      notify: (event) => effects.notify(event),
      heard: (now, gossip) => {
        const envelope = fromClassic(gossip);
        if (envelope !== undefined) this.#take(now, envelope);
      },
      nativePeers,
    });
  }

  get nextWake(): number {
    return this.#outgoing.reduce((next, { at }) => Math.min(next, at), this.side.nextWake);
  }

  start(now: number, natives: readonly Address[], seeds: readonly Address[]): void {
    this.side.start(now, seeds);
    for (const native of natives) if (native !== this.#address) this.#effects.dial(native, "native");
  }

  publish(now: number, payload: string): Envelope {
    const envelope: Envelope = {
      origin: parsePeerId(splitAddress(this.#address).port.toString(16).padStart(32, "a"))!,
      epoch: 1,
      seq: ++this.#seq,
      publishedAt: now,
      address: this.#address,
      topic: "news",
      payload: encoder.encode(payload),
    };
    this.#take(now, envelope);
    return envelope;
  }

  linkUp(now: number, link: LinkId, remote: Address, dialect: Dialect): void {
    if (dialect === "classic") this.side.linkUp(now, link, remote);
    else this.#links.add(link);
  }

  linkEnded(now: number, link: LinkId): void {
    if (this.side.owns(link)) this.side.linkEnded(now, link);
    else if (this.#links.delete(link)) this.#effects.close(link, "done");
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    if (this.side.owns(link)) this.side.linkDown(now, link, reason);
    else this.#links.delete(link);
  }

  receive(now: number, link: LinkId, message: Wire): void {
    if (this.#links.has(link)) this.#take(now, (message as NativeGossip).envelope);
    else this.side.receive(now, link, message as ClassicMessage);
  }

  wake(now: number): void {
    if (this.side.nextWake <= now) this.side.wake(now);
    const due = this.#outgoing.filter(({ at }) => at <= now);
    this.#outgoing = this.#outgoing.filter(({ at }) => at > now);
    for (const { link, envelope } of due) {
      if (this.#links.has(link)) {
        this.#effects.send(link, { type: "gossip", tree: envelope.origin, round: 1, envelope });
      }
    }
  }

  #take(now: number, envelope: Envelope): void {
    const { origin, epoch, seq } = envelope;
    const key = `${origin} ${epoch} ${seq}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.delivered.push(envelope);
    for (const link of this.#links) {
      this.#outgoing.push({ at: now + this.#random.below(nativeDelayMaxMs), link, envelope });
    }
    const gossip = toClassic(envelope);
    if (gossip !== undefined) this.side.spread(now, gossip);
  }
}

/** A seed that believes what it is told, and knows who speaks what. */
class ToySeed implements Core<Wire> {
  readonly list = new Map<Address, Dialect>();
  readonly nextWake = Number.POSITIVE_INFINITY;
  readonly #effects: Effects<Wire, never>;
  readonly #remotes = new Map<LinkId, Address>();

  constructor(effects: Effects<Wire, never>) {
    this.#effects = effects;
  }

  linkUp(_now: number, link: LinkId, remote: Address): void {
    this.#remotes.set(link, remote);
  }

  linkEnded(_now: number, link: LinkId): void {
    if (this.#remotes.delete(link)) this.#effects.close(link, "done");
  }

  linkDown(_now: number, link: LinkId): void {
    this.#remotes.delete(link);
  }

  receive(_now: number, link: LinkId, message: Wire): void {
    if (message.type === "registration") {
      const peer = withIp(message.address, splitAddress(this.#remotes.get(link)!).ip)!;
      if (!this.list.has(peer)) this.list.set(peer, "classic");
      const others = [...this.list.keys()].filter((other) => other !== peer);
      this.#effects.send(link, { type: "peer-list", peers: [...others, peer] });
    } else if (message.type === "death-report") this.list.delete(message.dead);
  }

  wake(): void {}
}

interface Hearsay {
  readonly address: Address;
  readonly process: VirtualProcess<ToyPeer>;
}

interface Classic {
  readonly address: Address;
  readonly process: VirtualProcess<ClassicPeerCore>;
  /** Texts of others, as often as they were told. */
  readonly delivered: string[];
}

const secondMs = 1_000;

export class MixedWorld {
  readonly network: VirtualNetwork<Wire>;
  readonly random: Random;
  readonly seed: VirtualProcess<ToySeed>;
  readonly natives: Hearsay[] = [];
  readonly classics: Classic[] = [];
  readonly events: { readonly at: number; readonly by: Address; readonly event: ClassicSideEvent }[] = [];
  readonly #seedAddress = parseAddress("10.1.0.1:5000")!;
  readonly #randomSeed: number;
  #ticks = 0;
  #started = 0;

  constructor(randomSeed: number, options: Partial<VirtualNetworkOptions<Wire>> = {}) {
    this.#randomSeed = randomSeed;
    this.network = new VirtualNetwork({ randomSeed, ...options });
    this.random = seededRandom(randomSeed ^ 0x5eed);
    this.seed = this.network.start<ToySeed>(this.#seedAddress, (effects) => new ToySeed(effects));
  }

  /** @param knownMax - Hearsay peers that each of them knows of, drawn when they start */
  startNative(knownMax?: number): Hearsay {
    const address = this.#nextAddress();
    const living = () => this.aliveNatives.map((peer) => peer.address);
    const drawn = knownMax === undefined ? undefined : sample(this.random, living(), knownMax);
    const peer = this.#startNative(address, () => drawn ?? living(), drawn === undefined ? living() : []);
    this.renew(peer);
    return peer;
  }

  /** Hearsay peers that know each other from the beginning: none of them ever takes itself for the only one. */
  startNatives(count: number): void {
    const addresses = Array.from({ length: count }, () => this.#nextAddress());
    for (const address of addresses) this.#startNative(address, () => addresses, addresses);
    for (const peer of this.natives) this.renew(peer);
  }

  startClassic(address = this.#nextAddress()): Classic {
    const delivered: string[] = [];
    const { port } = splitAddress(address);
    const config = { ...classicPeerDefaults, messages: 0 };
    const process = this.network.start<ClassicPeerCore, ClassicPeerEvent>(
      address,
      (effects, random) => new ClassicPeerCore({ port }, config, random, effects as Effects<ClassicMessage, never>),
      (event) => {
        if (event.type === "gossip" && !event.own) delivered.push(event.gossip.text);
      },
    ) as VirtualProcess<ClassicPeerCore>;
    process.call((core, now) => core.start(now, [this.#seedAddress]));
    const peer = { address, process, delivered };
    this.classics.push(peer);
    return peer;
  }

  /** Starts so many of each, in any order, with pauses of up to `gapMaxMs` between them. */
  startMix(natives: number, classics: number, gapMaxMs: number): void {
    const order = sample(
      this.random,
      Array.from({ length: natives + classics }, (_, i) => i < natives),
      natives + classics,
    );
    for (const isNative of order) {
      if (isNative) this.startNative();
      else this.startClassic();
      this.run(this.random.below(gapMaxMs + 1));
    }
  }

  /** Registers a Hearsay peer, and tells it of up to 32 classic ones: what its registration does in its native side. */
  renew({ address, process }: Hearsay): void {
    const { list } = this.seed.core;
    list.set(address, "native");
    const classic = [...list].filter(([, dialect]) => dialect === "classic").map(([other]) => other);
    process.call((core, now) => core.side.know(now, sample(this.random, classic, 32)));
  }

  /** Lets time pass. Every Hearsay peer renews its registration each ten seconds, a tenth of them each second. */
  run(forMs: number): void {
    const end = this.network.now + forMs;
    while (this.network.now < end) {
      const untilTick = secondMs - (this.network.now % secondMs);
      this.network.run(Math.min(untilTick, end - this.network.now));
      if (this.network.now % secondMs !== 0) continue;
      this.#ticks++;
      for (const [index, peer] of this.natives.entries()) {
        if ((index + this.#ticks) % 10 === 0 && peer.process.alive && !peer.process.frozen) this.renew(peer);
      }
    }
  }

  /** Lets time pass until the condition holds; whether it does so within the limit. */
  runUntil(condition: () => boolean, limitMs: number): boolean {
    for (const end = this.network.now + limitMs; this.network.now < end; this.run(100)) if (condition()) return true;
    return condition();
  }

  get aliveNatives(): Hearsay[] {
    return this.natives.filter(({ process }) => process.alive);
  }

  get aliveClassics(): Classic[] {
    return this.classics.filter(({ process }) => process.alive);
  }

  /** How many parts the network is in. The living Hearsay peers are one part: their own overlay is whole. */
  parts(): number {
    const links = new Map<Address, readonly Address[]>();
    for (const { address, process } of this.aliveNatives)
      links.set(
        address,
        process.core.side
          .neighbors()
          .filter(({ isSilent }) => !isSilent)
          .map((neighbor) => neighbor.address),
      );
    const natives = [...links.keys()];
    for (const { address, process } of this.aliveClassics) links.set(address, process.core.neighbors());
    const unseen = new Set(links.keys());
    let count = 0;
    for (const first of links.keys()) {
      if (!unseen.has(first)) continue;
      count++;
      const open = [first];
      for (let address = open.pop(); address !== undefined; address = open.pop()) {
        if (!unseen.delete(address)) continue;
        if (natives.includes(address)) open.push(...natives);
        open.push(...links.get(address)!.filter((next) => links.get(next)?.includes(address)));
      }
    }
    return count;
  }

  isWhole(): boolean {
    return this.parts() === 1;
  }

  /** Every link that the living believe in, for the message of a failed test. */
  describe(): string {
    const natives = this.aliveNatives.map(({ address, process }) => {
      return `${address} (H): ${process.core.side.neighbors().map((neighbor) => `${neighbor.address}${neighbor.isSilent ? "?" : ""}`)}`;
    });
    const classics = this.aliveClassics.map(({ address, process }) => `${address}: ${process.core.neighbors()}`);
    return [`${this.parts()} parts`, ...natives, ...classics].join("\n");
  }

  #startNative(address: Address, known: () => Iterable<Address>, linked: readonly Address[]): Hearsay {
    const process = this.network.start<ToyPeer, ClassicSideEvent>(
      address,
      (effects, random) => new ToyPeer(address, effects, random, known),
      (event, at) => this.events.push({ at, by: address, event }),
    );
    const peer = { address, process };
    process.call((core, now) => core.start(now, linked, [this.#seedAddress]));
    this.natives.push(peer);
    return peer;
  }

  #nextAddress(): Address {
    const shuffled = (++this.#started * 7919 + this.#randomSeed * 104_729) % 60_000;
    return parseAddress(`10.2.${1 + (shuffled % 200)}.${1 + (this.#started % 250)}:${1_000 + shuffled}`)!;
  }
}

/** What a Hearsay peer's application was told, as lines that can be compared. */
export function linesOf(peer: Hearsay): string[] {
  return peer.process.core.delivered.map(({ topic, payload }) => `${topic}: ${decoder.decode(payload)}`);
}
