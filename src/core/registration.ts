/**
 * A peer's registrations in Hearsay's own protocol: what it says to its seeds, and what they answer. Whom it asks, and
 * when, is in `seed-choice.ts`.
 *
 * A registration is a lease, renewed when a third of it is left; so a seed that was started anew knows everybody after
 * two thirds of one.
 *
 * An original seed does not know the preamble: it hangs up, or says nothing. It is left to the classic side of the peer
 * then, and greeted no more for some time, since each greeting costs it a thread. A seed that has ever answered a hello
 * is never taken for an original: it is just slow today.
 */
import { type Address, canonicalIp, isWildcard } from "./address.js";
import { seedCapability } from "./capabilities.js";
import type { CloseReason, DownReason, LinkId } from "./effects.js";
import { nativeVersion } from "./greetings.js";
import type { Contact } from "./identity.js";
import type { Hello, Message, Registered } from "./message.js";
import type { Random } from "./random.js";
import { type KnownSeed, SeedChoice, type SeedChoiceConfig } from "./seed-choice.js";

/** How a peer registers. Times are milliseconds. */
export interface RegistrationConfig extends SeedChoiceConfig {
  /** Links to seeds at the same time. */
  readonly asksMax: number;
  /** How long the connection to a seed may take to come up. */
  readonly seedDialTimeoutMs: number;
  /** How long a seed may take to say hello; one that says nothing is taken for an original. */
  readonly seedHelloTimeoutMs: number;
  /** How long the answer to a registration may take. */
  readonly seedAnswerTimeoutMs: number;
}

/** For seeds that answer within a second or two, anywhere on Earth. */
export const registrationDefaults: RegistrationConfig = {
  seedsMax: 64,
  asksMax: 4,
  seedDialTimeoutMs: 3_000,
  seedHelloTimeoutMs: 2_000,
  seedAnswerTimeoutMs: 3_000,
  seedRetryMinMs: 500,
  seedRetryMaxMs: 15_000,
  classicMemoryMinMs: 5_000,
  classicMemoryMaxMs: 600_000,
  leaseMinMs: 3_000,
  leaseMaxMs: 3_600_000,
};

/** Who registers. Read anew for each hello: the contact may change when a seed tells the peer its address. */
export interface RegistrationSelf {
  readonly contact: Contact;
  /** When this process started, in milliseconds since 1970. */
  readonly epoch: number;
  readonly network: string;
}

/** What a seed knows. */
export interface SeedAnswer {
  /** Peers that speak Hearsay's own protocol, without this one. */
  readonly contacts: readonly Contact[];
  /** Peers of the classic dialect. */
  readonly classic: readonly Address[];
  /** Where the seed sees this peer come from. */
  readonly observedIp: string;
}

/** What the registrations need, and whom they tell. */
export interface RegistrationOwner {
  /** Opens a link in the native dialect. */
  dial(address: Address): LinkId;
  send(link: LinkId, message: Message): void;
  close(link: LinkId, reason: CloseReason): void;
  /** A seed has registered this peer, or renewed its registration. */
  registered(now: number, seed: Address, answer: SeedAnswer): void;
  /** A seed has not; it is asked again after `retryInMs`. `failure` goes on where the seed's name ends: "does not answer". */
  seedFailed(now: number, seed: Address, failure: string, retryInMs: number): void;
  /** The seed belongs to another network; `seedFailed` follows. */
  mismatched?(now: number, seed: Address, theirs: string): void;
  /** A seed that does not speak this dialect. */
  classicSeed(now: number, seed: Address): void;
}

/** A link to a seed, and how far the talk on it has come. */
interface Ask {
  readonly link: LinkId;
  readonly seed: KnownSeed;
  phase: "dialing" | "greeting" | "asked" | "unregistering";
  /** When the phase has taken too long. */
  deadline: number;
}

/** A deadline found overdue by more than this says that this process was stopped, and may have the answer unread. */
const lateMs = 500;

/** What a peer and its seeds say to each other. */
export class Registration {
  readonly #self: RegistrationSelf;
  readonly #config: RegistrationConfig;
  readonly #random: Random;
  readonly #owner: RegistrationOwner;
  #seeds: SeedChoice;
  readonly #asks: Ask[] = [];
  #isLeaving = false;

  constructor(self: RegistrationSelf, config: RegistrationConfig, random: Random, owner: RegistrationOwner) {
    this.#self = self;
    this.#config = config;
    this.#random = random;
    this.#owner = owner;
    this.#seeds = new SeedChoice(0, [], config, random);
  }

  /** How many seeds make a majority: ⌊n/2⌋+1 of those there are; 0 when there are none. */
  get majority(): number {
    return this.#seeds.majority;
  }

  /** Seeds that answered in this dialect when they were last asked. */
  get answering(): number {
    return this.#seeds.answering;
  }

  /** Whether no seed is being asked for the first time any more: what can be had at once is here. */
  get settled(): boolean {
    return this.#seeds.settled;
  }

  /** Links to seeds that are open or being dialed; while a peer leaves, those that have not heard of it yet. */
  get openLinks(): number {
    return this.#asks.length;
  }

  /** When the next seed is to be asked, or has taken too long. */
  get nextWake(): number {
    const canAsk = this.#asks.length < this.#config.asksMax && !this.#isLeaving;
    let next = canAsk ? this.#seeds.nextAskAt : Number.POSITIVE_INFINITY;
    for (const ask of this.#asks) next = Math.min(next, ask.deadline);
    return next;
  }

  /** Registers with a random majority. */
  start(now: number, seeds: readonly Address[]): void {
    this.#seeds = new SeedChoice(now, seeds, this.#config, this.#random);
    this.#askDue(now);
  }

  /**
   * Asks all seeds again now: this peer has nobody left. Not heard are calls before the first answers are in, and those
   * that follow each other closely; the pause between two that are heard doubles, up to `seedRetryMaxMs`.
   */
  ask(now: number): void {
    this.#seeds.callForHelp(now, (seed) => this.#asks.some((ask) => ask.seed === seed));
    this.#askDue(now);
  }

  /** Tells all seeds that know this peer that it leaves, as well as can be: nobody waits for an answer. */
  leave(now: number): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    for (const { link } of this.#asks.splice(0)) this.#owner.close(link, "leaving");
    for (const seed of this.#seeds.all) if (seed.leaseEndsAt > now) this.#dial(now, seed, "unregistering");
  }

  /** Whether the link leads to a seed, and was dialed here. */
  owns(link: LinkId): boolean {
    return this.#find(link) !== undefined;
  }

  /** A seed has taken the connection. */
  linkUp(now: number, link: LinkId): void {
    const ask = this.#find(link);
    if (ask === undefined) return;
    this.#owner.send(link, this.#hello());
    if (ask.phase === "unregistering") {
      // A seed that has not said hello yet hears it all the same.
      this.#owner.send(link, unregister);
      this.#close(ask, "done");
    } else {
      ask.phase = "greeting";
      ask.deadline = now + this.#config.seedHelloTimeoutMs;
    }
  }

  /** The seed will say nothing more. */
  linkEnded(now: number, link: LinkId): void {
    const ask = this.#find(link);
    if (ask === undefined) return;
    this.#close(ask, "done");
    this.#lost(now, ask, "closed");
  }

  /** The link to a seed is gone, or could not be made. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    const ask = this.#find(link);
    if (ask === undefined) return;
    this.#remove(ask);
    this.#lost(now, ask, reason);
  }

  /** A seed says something. */
  receive(now: number, link: LinkId, message: Message): void {
    const ask = this.#find(link);
    if (ask === undefined) return;
    if (ask.phase === "greeting" && message.type === "hello") this.#greeted(now, ask, message);
    else if (ask.phase === "asked" && message.type === "registered") this.#answered(now, ask, message);
    else this.#refuse(now, ask, `sent a ${message.type} that has no place there`);
  }

  /** Gives up what has taken too long, and asks whoever is due. */
  wake(now: number): void {
    const isLate = now - this.nextWake > lateMs;
    for (const ask of [...this.#asks]) {
      if (ask.deadline > now) continue;
      if (isLate) ask.deadline = now + lateMs;
      else {
        this.#close(ask, "timeout");
        this.#lost(now, ask, "timeout");
      }
    }
    this.#askDue(now);
  }

  #askDue(now: number): void {
    while (this.#asks.length < this.#config.asksMax && !this.#isLeaving) {
      const seed = this.#seeds.takeDue(now);
      if (seed === undefined) return;
      this.#dial(now, seed, "dialing");
    }
  }

  #dial(now: number, seed: KnownSeed, phase: "dialing" | "unregistering"): void {
    const link = this.#owner.dial(seed.address);
    this.#asks.push({ link, seed, phase, deadline: now + this.#config.seedDialTimeoutMs });
  }

  #greeted(now: number, ask: Ask, hello: Hello): void {
    ask.seed.isNative = true;
    const { network } = this.#self;
    if (hello.network !== network) {
      this.#owner.mismatched?.(now, ask.seed.address, hello.network);
      const [theirs, ours] = [JSON.stringify(hello.network), JSON.stringify(network)];
      this.#refuse(now, ask, `belongs to the network ${theirs}, and this peer to ${ours}`);
    } else if (hello.version < 1) this.#refuse(now, ask, `speaks version ${hello.version} of the protocol`);
    else if ((hello.capabilities & seedCapability) === 0) this.#refuse(now, ask, "is a peer and not a seed");
    else {
      ask.phase = "asked";
      ask.deadline = now + this.#config.seedAnswerTimeoutMs;
      this.#owner.send(ask.link, register);
    }
  }

  #answered(now: number, ask: Ask, message: Registered): void {
    const observedIp = canonicalIp(message.observedIp);
    if (observedIp === undefined) {
      this.#refuse(now, ask, "sent an IP that is none");
      return;
    }
    this.#close(ask, "done");
    this.#seeds.answered(now, ask.seed, message.leaseMs);
    const { id } = this.#self.contact;
    const contacts = message.contacts.filter((contact) => contact.id !== id && !isWildcard(contact.address));
    const classic = message.classic.filter((address) => !isWildcard(address));
    this.#owner.registered(now, ask.seed.address, { contacts, classic, observedIp });
    this.#askDue(now);
  }

  /** The seed has answered, and it is no use. */
  #refuse(now: number, ask: Ask, failure: string): void {
    this.#close(ask, "misbehaved");
    this.#failed(now, ask.seed, failure);
  }

  /** The link is gone, and there was no answer. */
  #lost(now: number, { phase, seed }: Ask, reason: DownReason): void {
    if (phase === "unregistering") return;
    const knowsNoHello = phase === "greeting" && !seed.isNative && reason !== "local" && reason !== "unreachable";
    if (!knowsNoHello) this.#failed(now, seed, failures[reason]);
    else {
      this.#seeds.isOriginal(now, seed);
      this.#owner.classicSeed(now, seed.address);
      this.#askDue(now);
    }
  }

  #failed(now: number, seed: KnownSeed, failure: string): void {
    const retryInMs = this.#seeds.failed(now, seed);
    this.#owner.seedFailed(now, seed.address, failure, retryInMs);
    this.#askDue(now);
  }

  #close(ask: Ask, reason: CloseReason): void {
    this.#remove(ask);
    this.#owner.close(ask.link, reason);
  }

  #remove(ask: Ask): void {
    const index = this.#asks.indexOf(ask);
    if (index >= 0) this.#asks.splice(index, 1);
  }

  #find(link: LinkId): Ask | undefined {
    for (const ask of this.#asks) if (ask.link === link) return ask;
    return undefined;
  }

  #hello(): Hello {
    const { contact, epoch, network } = this.#self;
    return { type: "hello", version: nativeVersion, network, capabilities: 0, self: contact, epoch };
  }
}

const register: Message = { type: "register" };
const unregister: Message = { type: "unregister" };

const failures: Readonly<Record<DownReason, string>> = {
  refused: "refuses connections",
  unreachable: "cannot be reached (no route, or a name that does not resolve)",
  timeout: "does not answer",
  reset: "broke the connection",
  closed: "hung up without an answer",
  garbage: "sent bytes that are no message",
  local: "could not be tried (this process is out of sockets)",
};
