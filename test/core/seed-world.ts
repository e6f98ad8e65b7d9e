/** Seeds that speak both dialects, and peers that do nothing but register and answer liveness tests, in virtual time. */
import { type Address, parseAddress, splitAddress } from "../../src/core/address.js";
import type { ClassicMessage } from "../../src/core/classic/message.js";
import type { Core, Dialect, DownReason, Effects, LinkId } from "../../src/core/effects.js";
import { type Contact, type PeerId, parsePeerId } from "../../src/core/identity.js";
import type { Message } from "../../src/core/message.js";
import { type Random, seededRandom } from "../../src/core/random.js";
import {
  Registration,
  type RegistrationConfig,
  registrationDefaults,
  type SeedAnswer,
} from "../../src/core/registration.js";
import { type SeedConfig, seedDefaults } from "../../src/core/seed/config.js";
import { SeedCore, type SeedEvent } from "../../src/core/seed/seed.js";
import { VirtualNetwork, type VirtualNetworkOptions } from "../../src/sim/network.js";
import type { VirtualProcess } from "../../src/sim/process.js";
import { encodeNative, NativeReader, nativePreamble } from "../../src/wire/native.js";

/** What travels between them. */
export type AnyMessage = Message | ClassicMessage;

const classicTypes = new Set(["registration", "peer-list", "liveness-request", "liveness-reply", "death-report"]);

/** Native messages go through bytes and back. */
function throughTheWire(message: AnyMessage): AnyMessage {
  if (classicTypes.has(message.type)) return message;
  const reader = new NativeReader();
  reader.push(nativePreamble());
  return reader.push(encodeNative(message as Message)).messages[0]!;
}

/** A peer's id from a number. */
export function idOf(index: number): PeerId {
  return parsePeerId(index.toString(16).padStart(32, "0"))!;
}

export function seedAddress(index: number): Address {
  return parseAddress(`10.1.0.${index + 1}:5000`)!;
}

export function peerAddress(index: number): Address {
  return parseAddress(`10.2.${Math.floor(index / 200)}.${1 + (index % 200)}:6000`)!;
}

/** What a peer was told by its registrations. */
export type Told =
  | { readonly type: "registered"; readonly at: number; readonly seed: Address; readonly answer: SeedAnswer }
  | {
      readonly type: "failed";
      readonly at: number;
      readonly seed: Address;
      readonly failure: string;
      readonly retryInMs: number;
    }
  | { readonly type: "classic"; readonly at: number; readonly seed: Address };

/** A peer that registers, and answers liveness tests. */
export class RegisteringCore implements Core<AnyMessage> {
  readonly registration: Registration;
  readonly told: Told[] = [];
  readonly dials: { readonly at: number; readonly to: Address }[] = [];
  mostLinks = 0;
  readonly #effects: Effects<AnyMessage, never>;
  #now = 0;

  constructor(
    self: { contact: Contact; epoch: number; network: string },
    config: RegistrationConfig,
    random: Random,
    effects: Effects<AnyMessage, never>,
  ) {
    this.#effects = effects;
    this.registration = new Registration(self, config, random, {
      dial: (to) => {
        this.dials.push({ at: this.#now, to });
        return effects.dial(to, "native");
      },
      send: (link, message) => effects.send(link, message),
      close: (link, reason) => effects.close(link, reason),
      registered: (at, seed, answer) => this.told.push({ type: "registered", at, seed, answer }),
      seedFailed: (at, seed, failure, retryInMs) => this.told.push({ type: "failed", at, seed, failure, retryInMs }),
      classicSeed: (at, seed) => this.told.push({ type: "classic", at, seed }),
    });
  }

  get nextWake(): number {
    return this.registration.nextWake;
  }

  give(now: number, input: (registration: Registration) => void): void {
    this.#now = now;
    input(this.registration);
    this.mostLinks = Math.max(this.mostLinks, this.registration.openLinks);
  }

  linkUp(now: number, link: LinkId): void {
    this.give(now, (registration) => registration.linkUp(now, link));
  }

  linkEnded(now: number, link: LinkId): void {
    if (this.registration.owns(link)) this.give(now, (registration) => registration.linkEnded(now, link));
    else this.#effects.close(link, "done");
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.give(now, (registration) => registration.linkDown(now, link, reason));
  }

  receive(now: number, link: LinkId, message: AnyMessage): void {
    if (this.registration.owns(link)) {
      this.give(now, (registration) => registration.receive(now, link, message as Message));
    } else if (message.type === "liveness-request") {
      const { timestamp, ip } = message;
      this.#effects.send(link, { type: "liveness-reply", timestamp, ip, ownIp: "10.9.9.9" });
    }
  }

  wake(now: number): void {
    this.give(now, (registration) => registration.wake(now));
  }

  of<T extends Told["type"]>(type: T): Extract<Told, { type: T }>[] {
    return this.told.filter((one) => one.type === type) as never;
  }
}

/** Says what it is told to say on a link of the test's choice, and keeps what it hears. */
export class SpeakingCore implements Core<AnyMessage> {
  readonly heard: AnyMessage[] = [];
  /** How its links ended. */
  readonly ends: string[] = [];
  readonly nextWake = Number.POSITIVE_INFINITY;
  readonly #effects: Effects<AnyMessage, never>;
  readonly #lines = new Map<LinkId, readonly AnyMessage[]>();
  #lastLink = 0;

  constructor(effects: Effects<AnyMessage, never>) {
    this.#effects = effects;
  }

  /** Says something on the link that it last heard something on. */
  answerLast(...lines: AnyMessage[]): void {
    for (const line of lines) this.#effects.send(this.#lastLink, line);
  }

  say(to: Address, dialect: Dialect, ...lines: AnyMessage[]): LinkId {
    const link = this.#effects.dial(to, dialect);
    this.#lines.set(link, lines);
    return link;
  }

  linkUp(_now: number, link: LinkId): void {
    for (const line of this.#lines.get(link) ?? []) this.#effects.send(link, line);
  }

  linkEnded(_now: number, link: LinkId): void {
    this.ends.push("closed");
    this.#effects.close(link, "done");
  }

  linkDown(_now: number, _link: LinkId, reason: DownReason): void {
    this.ends.push(reason);
  }

  receive(_now: number, link: LinkId, message: AnyMessage): void {
    this.heard.push(message);
    this.#lastLink = link;
    if (message.type === "liveness-request") {
      const { timestamp, ip } = message;
      this.#effects.send(link, { type: "liveness-reply", timestamp, ip, ownIp: "10.9.9.9" });
    } else if (message.type === "peer-list") this.#effects.close(link, "done");
  }

  wake(): void {}
}

export interface SimSeed {
  readonly address: Address;
  process: VirtualProcess<SeedCore>;
  readonly events: { readonly at: number; readonly event: SeedEvent }[];
}

export type SimPeer = VirtualProcess<RegisteringCore>;

/** Seeds and peers. */
export class SeedWorld {
  readonly network: VirtualNetwork<AnyMessage>;
  readonly random: Random;
  readonly seeds: SimSeed[] = [];
  readonly peers: SimPeer[] = [];
  readonly #seedConfig: SeedConfig;
  readonly #config: RegistrationConfig;

  constructor(
    randomSeed: number,
    options: {
      readonly network?: Partial<VirtualNetworkOptions<AnyMessage>>;
      readonly seed?: Partial<SeedConfig>;
      readonly registration?: Partial<RegistrationConfig>;
    } = {},
  ) {
    this.network = new VirtualNetwork({ randomSeed, recheck: throughTheWire, ...options.network });
    this.random = seededRandom(randomSeed ^ 0x5eed);
    this.#seedConfig = { ...seedDefaults, ...options.seed };
    this.#config = { ...registrationDefaults, ...options.registration };
  }

  get seedAddresses(): Address[] {
    return this.seeds.map(({ address }) => address);
  }

  startSeeds(count: number): void {
    for (let i = 0; i < count; i++) this.startSeed(this.seeds.length);
  }

  startSeed(index: number, network = "test"): SimSeed {
    const address = seedAddress(index);
    const events = this.seeds[index]?.events ?? [];
    const contact = { id: idOf(0xffff_0000 + index), address };
    const process = this.network.start<SeedCore, SeedEvent>(
      address,
      (effects, random) => new SeedCore({ contact, epoch: 1, network }, this.#seedConfig, random, effects),
      (event, at) => events.push({ at, event }),
    );
    this.seeds[index] = { address, process, events };
    return this.seeds[index]!;
  }

  startPeer(
    index: number,
    options: {
      readonly at?: Address;
      /** The address in its hello, where that is another. */
      readonly says?: Address;
      readonly epoch?: number;
      readonly network?: string;
      readonly seeds?: readonly Address[];
    } = {},
  ): SimPeer {
    const { at = peerAddress(index), epoch = 1, network = "test", seeds = this.seedAddresses } = options;
    const contact = { id: idOf(index), address: options.says ?? at };
    const process = this.network.start<RegisteringCore, never>(
      at,
      (effects, random) => new RegisteringCore({ contact, epoch, network }, this.#config, random, effects),
    );
    process.call((core, now) => core.give(now, (registration) => registration.start(now, seeds)));
    this.peers.push(process);
    return process;
  }

  startSpeaker(text: string): VirtualProcess<SpeakingCore> {
    return this.network.start(parseAddress(text)!, (effects: Effects<AnyMessage, never>) => new SpeakingCore(effects));
  }

  /** Seeds that have this peer on their list. */
  holding(peer: Address): Address[] {
    return this.seeds.filter(({ process }) => process.core.peers().includes(peer)).map(({ address }) => address);
  }

  eventsOf<T extends SeedEvent["type"]>(index: number, type: T): Extract<SeedEvent, { type: T }>[] {
    return this.seeds[index]!.events.map(({ event }) => event).filter((event) => event.type === type) as never;
  }
}

/** A hello, and what else a peer says at once. */
export function helloOf(
  index: number,
  { address = peerAddress(index), epoch = 1, network = "test" } = {},
  ...more: Message[]
): Message[] {
  const self = { id: idOf(index), address };
  return [{ type: "hello", version: 1, network, capabilities: 0, self, epoch }, ...more];
}

/** The IP of an address. */
export function ipOf(address: Address): string {
  return splitAddress(address).ip;
}
