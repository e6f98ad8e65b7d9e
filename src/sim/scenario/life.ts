/** One life of one peer in a run: its process, what it was told, and what is wrong with it. */
import type { Address } from "../../core/address.js";
import type { Effects } from "../../core/effects.js";
import type { PeerId } from "../../core/identity.js";
import type { Envelope, Message } from "../../core/message.js";
import { PeerCore } from "../../core/peer.js";
import type { PeerConfig } from "../../core/peer-config.js";
import type { PeerEvent } from "../../core/peer-events.js";
import type { Random } from "../../core/random.js";
import type { VirtualNetwork } from "../network.js";
import type { VirtualProcess } from "../process.js";
import type { AnyMessage } from "../virtual-peer.js";
import type { Misdeed } from "./scenario.js";
import { SecondDials } from "./second-dials.js";
import { ShiftedCore } from "./shifted-core.js";

/** Messages of one life of an origin, by its id and epoch. */
export type LifeKey = string;

/** Who starts, and how. */
export interface LifeStart {
  /** The number of the peer, the same for all of its lives. */
  readonly number: number;
  readonly id: PeerId;
  readonly address: Address;
  readonly network: VirtualNetwork<AnyMessage>;
  readonly config: PeerConfig;
  readonly seeds: readonly Address[];
  readonly entrances: readonly Address[];
  /** By how much its clock is ahead, or behind. */
  readonly aheadMs: number;
  readonly random: Random;
}

/** Whom a life tells of itself. */
export interface LifeOwner {
  arrived(life: Life, envelope: Envelope, round: number): void;
  ordered(life: Life, envelope: Envelope): void;
  told(life: Life, event: PeerEvent): void;
}

/** Accusations of a false accuser at a time. */
const falseAccusations = 3;

/** One process of a peer. */
export class Life {
  readonly number: number;
  readonly id: PeerId;
  readonly address: Address;
  readonly epoch: number;
  readonly process: VirtualProcess<ShiftedCore>;
  /** Virtual milliseconds since 1970, by the network's clock. */
  readonly startedAt: number;
  /** Since when nothing has been done to it. */
  calmSince: number;
  /** The last number that it was told of each life, in order. */
  readonly turns = new Map<LifeKey, number>();
  /** What has arrived here, in any order. */
  readonly had = new Map<LifeKey, Set<number>>();
  /** Numbers that it was told are lost, as ranges. */
  readonly gaps = new Map<LifeKey, [first: number, last: number][]>();
  published = 0;
  hasLeft = false;
  misdeed: Misdeed | undefined;
  /** It has heard badly for a time: the others may wait for long until they believe that it hears well. */
  wasDeafened = false;
  /** Things that are wrong with it and will end. */
  #wrongs = 0;
  readonly #network: VirtualNetwork<AnyMessage>;
  readonly #secondDials: SecondDials;
  /** Links that the core speaks on as with a neighbor. */
  readonly #links = new Set<number>();
  readonly #random: Random;
  #effects: Effects<AnyMessage, PeerEvent> | undefined;

  constructor(start: LifeStart, owner: LifeOwner) {
    const { number, id, address, network, config, seeds, entrances, aheadMs, random } = start;
    this.number = number;
    this.id = id;
    this.address = address;
    this.startedAt = network.now;
    this.calmSince = network.now;
    this.#network = network;
    this.epoch = network.now + aheadMs;
    this.#random = random;
    const self = { contact: { id, address }, epoch: this.epoch, network: "sim" };
    const second = new SecondDials({
      dial: (to) => this.process.call(() => this.#effects!.dial(to)),
      send: (link, message) => this.#effects!.send(link, message),
      close: (link) => this.#effects!.close(link, "done"),
    });
    this.#secondDials = second;
    this.process = network.start<ShiftedCore, PeerEvent>(
      address,
      (effects, coreRandom) => {
        this.#effects = effects;
        const core = new PeerCore(self, config, coreRandom, {
          dial: (to, dialect) => effects.dial(to, dialect),
          send: (link, message) => {
            if (this.#isKept(message)) return;
            if (second.hello === undefined && message.type === "hello") second.hello = message;
            if (isNeighborly(message)) this.#links.add(link);
            effects.send(link, message);
          },
          end: (link) => effects.end(link),
          close: (link, reason) => {
            this.#links.delete(link);
            effects.close(link, reason);
          },
          notify: (event) => effects.notify(event),
          arrived: (envelope, round) => owner.arrived(this, envelope, round),
          ordered: (envelope) => owner.ordered(this, envelope),
        });
        return new ShiftedCore(core, aheadMs, (link) => this.#links.delete(link), second);
      },
      (event) => owner.told(this, event),
    );
    this.call((core, now) => core.start(now, { seeds, peers: entrances }));
  }

  /** Whether the process runs, frozen or not. */
  get isUp(): boolean {
    return this.process.alive && !this.hasLeft;
  }

  /** Whether the others may take it for deaf for a while: it has heard badly, or answered late. */
  get seemedDeaf(): boolean {
    return this.wasDeafened || this.#network.wasLate(this.address);
  }

  /** Whether promises hold for it: it runs, and means no harm. */
  get isHonest(): boolean {
    return this.isUp && this.misdeed === undefined;
  }

  /** The core, for reading. */
  get core(): PeerCore {
    return this.process.core.core;
  }

  /** Runs an input on the core, at the time of its own clock. */
  call<T>(input: (core: PeerCore, now: number) => T): T {
    return this.process.call((shifted, now) => input(shifted.core, now + shifted.aheadMs));
  }

  /** The clock jumps ahead. */
  jump(byMs: number): void {
    this.process.call((shifted) => {
      shifted.aheadMs += byMs;
    });
  }

  /** Dials again all it is linked with. */
  redial(): void {
    const neighbors = this.core.neighbors().filter(({ dialect }) => dialect === "native");
    this.#secondDials.dial(neighbors.map(({ address }) => address));
  }

  /** Something is wrong with it from now on. */
  disturb(): void {
    this.#wrongs++;
    this.calmSince = Number.POSITIVE_INFINITY;
  }

  /** It is over. */
  settle(now: number): void {
    if (--this.#wrongs === 0) this.calmSince = now;
  }

  /** Does what it should not, once. @param flood - publishes a message of so many bytes */
  misbehave(others: readonly Life[], flood: (bytes: number) => void): void {
    if (!this.isUp || this.process.frozen) return;
    if (this.misdeed === "flooder") {
      for (let i = 0; i < 50; i++) flood(200);
    } else if (this.misdeed === "garbage") this.#say({ type: "neighbor-reply", accepted: true }, 1);
    else if (this.misdeed === "false-accuser") {
      for (let i = 0; i < falseAccusations; i++) this.#accuse(others);
    }
  }

  /** Publishes a message of so many bytes. */
  publish(token: number, bytes: number): void {
    const payload = new Uint8Array(bytes);
    this.call((core, now) => core.publish(now, { token, topic: "t", payload, allowAlone: true }));
  }

  /** In its own name, and in those of others who said no such thing. */
  #accuse(others: readonly Life[]): void {
    const victim = others[this.#random.below(others.length)];
    if (victim === undefined || victim === this) return;
    const incarnation = this.core.peer(victim.id)?.incarnation;
    if (incarnation === undefined) return;
    const accusers = [this.id, ...[0, 1, 2].map(() => others[this.#random.below(others.length)]!.id)];
    const accusations = accusers.map((accuser) => {
      return { subject: victim.id, incarnation, accuser, evidence: "refused" as const };
    });
    this.#say({ type: "news", records: [], ended: [], accusations }, 8);
  }

  #say(message: Message, most: number): void {
    const links = [...this.#links].slice(0, most);
    this.process.call(() => {
      for (const link of links) this.#effects!.send(link, message);
    });
  }

  /** Whether a silent relay keeps it to itself. */
  #isKept(message: AnyMessage): boolean {
    if (this.misdeed !== "silent-relay") return false;
    return "envelope" in message && message.envelope.origin !== this.id;
  }
}

/** Whether a message is only ever sent to neighbors. */
function isNeighborly({ type }: AnyMessage): boolean {
  return type === "probe" || type === "summary" || type === "digest" || type === "news";
}

/** The key of a message's life. */
export function lifeKeyOf({ origin, epoch }: { readonly origin: PeerId; readonly epoch: number }): LifeKey {
  return `${origin}/${epoch}`;
}
