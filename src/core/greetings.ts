/**
 * Links on their way to becoming something: being dialed, waiting for a hello, or for the answer to what was asked.
 *
 * On every link both sides say hello first: the dialer when the link is up, the acceptor when it has heard the dialer's
 * hello. Whoever is of another network, or is this very peer, goes no further. Every link here has a deadline, and there
 * is a limit to how many strangers may keep waiting.
 */
import type { Address } from "./address.js";
import type { OverlayConfig } from "./config.js";
import type { CloseReason, DownReason, LinkId } from "./effects.js";
import type { Contact, PeerId } from "./identity.js";
import type { Hello, Message } from "./message.js";

/** Version of the protocol that this code speaks. */
export const nativeVersion = 1;

/** What a link is for. `accepted`: somebody else has dialed, and will say. */
export type Purpose = "join" | "fill" | "welcome" | "recall" | "mix" | "shuffle-reply" | "visit" | "accepted";

/** A link that is not a neighbor's, or not yet, or no more. */
export interface Greeting {
  readonly link: LinkId;
  readonly purpose: Purpose;
  /** Where it was dialed, or where it comes from. */
  readonly address: Address;
  /** `parting`: all is said, the other side is to close. */
  state: "dialing" | "greeting" | "greeted" | "asked" | "parting";
  /** Who is to be reached, then who it is. */
  contact: Contact | undefined;
  /** The other side's life; 0 until its hello. */
  epoch: number;
  deadline: number;
  /** When it was dialed or accepted. */
  readonly since: number;
  /** Of a `shuffle-reply`: what to say. */
  readonly contacts: readonly Contact[] | undefined;
}

/** Who this peer is to others. */
export interface OverlaySelf {
  readonly contact: Contact;
  /** When this process started, in milliseconds since 1970. */
  readonly epoch: number;
  readonly network: string;
  /** Capability bits of the hello. Default: 0. */
  readonly capabilities?: number;
}

/** What the greetings need, and whom they tell. */
export interface GreetingsOwner {
  dial(address: Address): LinkId;
  send(link: LinkId, message: Message): void;
  close(link: LinkId, reason: CloseReason): void;
  mismatched(now: number, link: LinkId, hello: Hello): void;
  /** The other side said what has no place there. The link is closed. */
  misbehaved(now: number, greeting: Greeting, said: Message["type"]): void;
  /** Both sides have said hello; `expected` is whom the dialer thought to reach there. */
  greeted(now: number, greeting: Greeting, expected: Contact | undefined): void;
  /** It came to nothing; the link is closed. `self`: it led back to this peer. */
  failed(now: number, greeting: Greeting, reason: DownReason | "mismatched" | "self"): void;
}

/** The links of one peer that are not its neighbors'. */
export class Greetings {
  readonly #all: Greeting[] = [];
  readonly #self: OverlaySelf;
  readonly #config: OverlayConfig;
  readonly #owner: GreetingsOwner;
  readonly #hello: Hello;

  constructor(self: OverlaySelf, config: OverlayConfig, owner: GreetingsOwner) {
    this.#self = self;
    this.#config = config;
    this.#owner = owner;
    const { contact, epoch, network, capabilities = 0 } = self;
    this.#hello = { type: "hello", version: nativeVersion, network, capabilities, self: contact, epoch };
  }

  /** All of them. Not to be changed from outside. */
  get all(): readonly Greeting[] {
    return this.#all;
  }

  /** When the next one has taken too long. */
  get nextWake(): number {
    let next = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#all.length; i++) next = Math.min(next, this.#all[i]!.deadline);
    return next;
  }

  /** How many are being dialed, or were dialed from here, for this purpose or for any. */
  count(purpose?: Purpose): number {
    let count = 0;
    for (const one of this.#all) {
      if (one.state === "parting" || one.purpose === "accepted") continue;
      if (purpose === undefined || one.purpose === purpose) count++;
    }
    return count;
  }

  /** Our request to this peer that waits for its answer. */
  asked(id: PeerId): Greeting | undefined {
    for (const one of this.#all) if (one.contact?.id === id && one.state === "asked" && isSearch(one)) return one;
    return undefined;
  }

  /** How many requests of ours wait for their answer. */
  asking(): number {
    let count = 0;
    for (const one of this.#all) if (one.state === "asked" && isSearch(one)) count++;
    return count;
  }

  /** Whether this peer is being asked to become a neighbor, or is about to be. */
  isSearching(id: PeerId): boolean {
    for (const one of this.#all) if (one.contact?.id === id && isSearch(one)) return true;
    return false;
  }

  /** Gives up those dials to a peer that nothing was asked on yet: it has become a neighbor by itself. */
  giveUpDials(id: PeerId): void {
    for (let i = this.#all.length - 1; i >= 0; i--) {
      const one = this.#all[i]!;
      if (one.contact?.id === id && isSearch(one) && one.state !== "asked") this.close(one, "done");
    }
  }

  /** Dials, unless too many dials are under way. */
  dial(now: number, purpose: Purpose, address: Address, contact?: Contact, contacts?: readonly Contact[]): boolean {
    if (this.count() >= this.#config.dialsMax) return false;
    const link = this.#owner.dial(address);
    const deadline = now + this.#config.handshakeTimeoutMs;
    this.#all.push({ link, purpose, address, state: "dialing", contact, epoch: 0, deadline, since: now, contacts });
    return true;
  }

  /** The one on this link. */
  find(link: LinkId): Greeting | undefined {
    for (let i = 0; i < this.#all.length; i++) if (this.#all[i]!.link === link) return this.#all[i];
    return undefined;
  }

  /** A link is up: one that was dialed here, or somebody else's. */
  linkUp(now: number, link: LinkId, remote: Address): void {
    const dialed = this.find(link);
    if (dialed !== undefined) {
      dialed.state = "greeting";
      this.#owner.send(link, this.#hello);
      return;
    }
    if (this.#all.length >= this.#config.greetingsMax + this.#config.dialsMax) {
      this.#owner.close(link, "full");
      return;
    }
    const deadline = now + this.#config.handshakeTimeoutMs;
    const contacts = undefined;
    this.#all.push({
      link,
      purpose: "accepted",
      address: remote,
      state: "greeting",
      contact: undefined,
      epoch: 0,
      deadline,
      since: now,
      contacts,
    });
  }

  /** The other side says who it is. */
  hello(now: number, greeting: Greeting, hello: Hello): void {
    if (greeting.state !== "greeting") {
      this.misbehaved(now, greeting, hello.type);
      return;
    }
    const isAccepted = greeting.purpose === "accepted";
    if (hello.network !== this.#self.network || hello.version < 1) {
      // The dialer is told which network this is, so that both sides can say what is wrong.
      if (isAccepted) this.#owner.send(greeting.link, this.#hello);
      this.fail(now, greeting, "misbehaved", "mismatched");
      this.#owner.mismatched(now, greeting.link, hello);
    } else if (hello.self.id === this.#self.contact.id) this.fail(now, greeting, "done", "self");
    else {
      if (isAccepted) this.#owner.send(greeting.link, this.#hello);
      const expected = greeting.contact;
      greeting.contact = hello.self;
      greeting.state = "greeted";
      greeting.epoch = hello.epoch;
      greeting.deadline = now + this.#config.handshakeTimeoutMs;
      this.#owner.greeted(now, greeting, expected);
    }
  }

  /** Something was asked: the answer is due in the time of one more handshake. */
  ask(now: number, greeting: Greeting, message: Message): void {
    greeting.state = "asked";
    greeting.deadline = now + this.#config.handshakeTimeoutMs;
    this.#owner.send(greeting.link, message);
  }

  /** A stranger has asked, and may ask again. */
  answer(now: number, greeting: Greeting, message: Message): void {
    greeting.deadline = now + this.#config.handshakeTimeoutMs;
    this.#owner.send(greeting.link, message);
  }

  /** All is said on this link: the other side is to close it, so that the last words are not lost to a reset. */
  part(now: number, greeting: Greeting): void {
    greeting.state = "parting";
    greeting.deadline = now + this.#config.handshakeTimeoutMs;
  }

  /** A neighbor's link, on which all is said. */
  partFromNeighbor(now: number, link: LinkId, contact: Contact, epoch: number): void {
    const deadline = now + this.#config.handshakeTimeoutMs;
    const { address } = contact;
    this.#all.push({
      link,
      purpose: "accepted",
      address,
      state: "parting",
      contact,
      epoch,
      deadline,
      since: now,
      contacts: undefined,
    });
  }

  /** Speaks of it no more; the link stays as it is. */
  remove(greeting: Greeting): void {
    const index = this.#all.indexOf(greeting);
    if (index >= 0) this.#all.splice(index, 1);
  }

  /** Closes the link; nobody is told. */
  close(greeting: Greeting, reason: CloseReason): void {
    this.remove(greeting);
    this.#owner.close(greeting.link, reason);
  }

  /** Closes the link, and tells the owner that it came to nothing. */
  fail(now: number, greeting: Greeting, close: CloseReason, reason: DownReason | "mismatched" | "self"): void {
    this.close(greeting, close);
    if (greeting.state !== "parting") this.#owner.failed(now, greeting, reason);
  }

  /** Closes the link on which something was said that has no place there. */
  misbehaved(now: number, greeting: Greeting, said: Message["type"]): void {
    this.fail(now, greeting, "misbehaved", "garbage");
    this.#owner.misbehaved(now, greeting, said);
  }

  /** The link is gone. */
  linkDown(now: number, greeting: Greeting, reason: DownReason): void {
    this.remove(greeting);
    if (greeting.state !== "parting") this.#owner.failed(now, greeting, reason);
  }

  /** Closes those that have taken too long. */
  wake(now: number): void {
    for (let i = this.#all.length - 1; i >= 0; i--) {
      const greeting = this.#all[i];
      // The owner may have closed others in the meantime.
      if (greeting === undefined || greeting.deadline > now) continue;
      this.fail(now, greeting, greeting.state === "parting" ? "done" : "timeout", "timeout");
    }
  }
}

/** A link dialed to become a neighbor's. */
function isSearch({ purpose, state }: Greeting): boolean {
  return state !== "parting" && purpose !== "accepted" && purpose !== "visit" && purpose !== "shuffle-reply";
}
