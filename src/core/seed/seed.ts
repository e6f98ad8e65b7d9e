/**
 * A seed: registers peers of both dialects on one port, tells them of each other, and removes the dead.
 *
 * To classic peers it is an original seed, with two differences that cannot be seen on the wire. A registration is a
 * lease: a peer that renews it (ours do) is known again by a restarted seed, and one that doesn't (the original) is
 * tested by the seed at the end of each lease and stays as long as it answers. And nobody is removed on hearsay, see
 * `checks.ts`.
 *
 * Peers of Hearsay's own protocol register by their id, and get a random sample of the others instead of a list. They
 * are on the classic list too, since they answer both dialects on their port.
 */
import { type Address, splitAddress, withIp } from "../address.js";
import type { ClassicMessage, DeathReport, Registration } from "../classic/message.js";
import type { DirectoryPage } from "../directory/messages.js";
import { pageAfter } from "../directory/page.js";
import { Questions } from "../directory/questions.js";
import type { Core, Dialect, DownReason, Effects, LinkId } from "../effects.js";
import type { Contact } from "../identity.js";
import type { Message, Registered } from "../message.js";
import type { Random } from "../random.js";
import { Checks, type Evidence } from "./checks.js";
import type { SeedConfig } from "./config.js";
import { Conversations, type SeedSelf } from "./conversations.js";
import { type RegisteredView, Registry } from "./registry.js";

export type { Evidence } from "./checks.js";
export type { SeedSelf } from "./conversations.js";
export type { RegisteredView } from "./registry.js";

/** What a seed tells its owner. */
export type SeedEvent =
  /** A peer that was not on the list asked to be. */
  | { readonly type: "registered"; readonly peer: Address; readonly dialect: Dialect }
  /** A peer on the list registered again: its lease starts anew. */
  | { readonly type: "renewed"; readonly peer: Address; readonly dialect: Dialect }
  /** A native peer registered under another address than before. */
  | { readonly type: "moved"; readonly peer: Address; readonly from: Address }
  /** A native peer said that it leaves, and is off the list. */
  | { readonly type: "unregistered"; readonly peer: Address }
  /** Somebody says that a peer is dead. `known`: whether it is registered here; if so it is being tested now. */
  | { readonly type: "reported"; readonly report: DeathReport; readonly remote: Address; readonly known: boolean }
  /** A peer is off the list. `reporters`: how many reports led to the test; 0 when its lease had ended. */
  | { readonly type: "removed"; readonly peer: Address; readonly evidence: Evidence; readonly reporters: number }
  /** A reported peer answered the seed and stays. */
  | { readonly type: "kept"; readonly peer: Address; readonly reporters: number; readonly roundTripMs: number }
  /** A peer of another network has come, and was told so. */
  | { readonly type: "mismatched"; readonly remote: Address; readonly ours: string; readonly theirs: string }
  /**
   * Not taken. `unexpected`: a message that no seed answers; `stale`: a later life of that peer is registered elsewhere;
   * else there was no room for it.
   */
  | {
      readonly type: "refused";
      readonly remote: Address;
      readonly what: ClassicMessage["type"] | Message["type"];
      readonly why: "unexpected" | "stale" | "registrations-full" | "reports-full" | "conversations-full";
    };

/** A seed. Reads no clock, opens no socket: see {@link Core}. */
export class SeedCore implements Core<Message | ClassicMessage> {
  readonly #self: SeedSelf;
  readonly #config: SeedConfig;
  readonly #random: Random;
  readonly #effects: Effects<Message | ClassicMessage, SeedEvent>;
  readonly #registry: Registry;
  readonly #checks: Checks;
  readonly #conversations: Conversations;
  readonly #questions = new Questions();
  /** Classic connections that others have opened to this seed: where from. */
  readonly #inbound = new Map<LinkId, Address>();
  /** Infinity once this seed has left. */
  #nextLeaseCheckAt = 0;

  constructor(
    self: SeedSelf,
    config: SeedConfig,
    random: Random,
    effects: Effects<Message | ClassicMessage, SeedEvent>,
  ) {
    this.#self = self;
    this.#config = config;
    this.#random = random;
    this.#effects = effects;
    this.#registry = new Registry(config.leaseMs);
    this.#checks = new Checks(splitAddress(self.contact.address).ip, config, effects, {
      alive: (now, peer, reporters, roundTripMs) => this.#foundAlive(now, peer, reporters, roundTripMs),
      gone: (peer, evidence, reporters) => this.#remove(peer, evidence, reporters),
    });
    this.#conversations = new Conversations(self, config, {
      send: (link, message) => effects.send(link, message),
      close: (link, reason) => effects.close(link, reason),
      register: (now, peer, epoch, remote) => this.#registerNative(now, peer, epoch, remote),
      unregister: (id, epoch) => {
        const peer = this.#registry.removeNative(id, epoch);
        if (peer !== undefined) effects.notify({ type: "unregistered", peer });
      },
      page: (now, after) => this.#page(now, after),
      mismatched: (remote, theirs) => effects.notify({ type: "mismatched", remote, ours: self.network, theirs }),
      refused: (remote, what, why) => effects.notify({ type: "refused", remote, what, why }),
    });
  }

  /** Who this seed is. */
  get self(): SeedSelf {
    return this.#self;
  }

  /** Registered peers of both dialects, in order of arrival. */
  peers(): Address[] {
    return [...this.#registry.addresses()];
  }

  /** What is known of each registered peer, in order of arrival. */
  registrations(): Iterable<RegisteredView> {
    return this.#registry.views();
  }

  /** The tunables in force. */
  get config(): SeedConfig {
    return this.#config;
  }

  /** How many peers are registered. */
  get size(): number {
    return this.#registry.size;
  }

  linkUp(now: number, link: LinkId, remote: Address, dialect: Dialect): void {
    if (this.#checks.owns(link)) this.#checks.linkUp(now, link);
    else if (dialect === "native") this.#conversations.begin(now, link, remote);
    else this.#inbound.set(link, remote);
  }

  /**
   * Whoever has ended its side has said all it wants to say, and heard the answer by now or will on the way out: hang
   * up. An original keeps its side open, and closes it when it has read the answer.
   */
  linkEnded(_now: number, link: LinkId): void {
    if (this.#inbound.delete(link)) this.#effects.close(link, "done");
    else this.#conversations.close(link, "done");
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    if (this.#inbound.delete(link)) return;
    if (this.#checks.owns(link)) this.#checks.linkDown(now, link, reason);
    else this.#conversations.linkDown(link);
  }

  receive(now: number, link: LinkId, message: Message | ClassicMessage): void {
    const remote = this.#inbound.get(link);
    if (remote === undefined) {
      if (this.#checks.owns(link)) this.#checks.receive(now, link, message as ClassicMessage);
      else this.#conversations.receive(now, link, message as Message);
    } else if (message.type === "registration") this.#register(now, link, remote, message);
    else if (message.type === "death-report") this.#reported(now, remote, message);
    else {
      this.#effects.notify({ type: "refused", remote, what: message.type, why: "unexpected" });
      this.#inbound.delete(link);
      this.#effects.close(link, "misbehaved");
    }
  }

  wake(now: number): void {
    const lateness = now - this.nextWake;
    this.#conversations.wake(now);
    this.#checkNextLease(now);
    this.#checks.wake(now, lateness);
  }

  get nextWake(): number {
    return Math.min(this.#checks.nextWake, this.#nextLeaseWake(), this.#conversations.nextWake);
  }

  /** Ends everything under way. The registrations go with the process: peers renew them with whoever comes next. */
  leave(): void {
    this.#checks.leave();
    this.#conversations.leave();
    for (const link of this.#inbound.keys()) this.#effects.close(link, "leaving");
    this.#inbound.clear();
    this.#nextLeaseCheckAt = Number.POSITIVE_INFINITY;
  }

  #register(now: number, link: LinkId, remote: Address, message: Registration): void {
    // The text may say 0.0.0.0 or an address that only means something to the peer itself; where it came from is a fact.
    const peer = withIp(message.address, splitAddress(remote).ip)!;
    if (this.#registry.size >= this.#config.registrationsMax && !this.#registry.has(peer)) {
      this.#effects.notify({ type: "refused", remote, what: "registration", why: "registrations-full" });
      this.#inbound.delete(link);
      this.#effects.close(link, "full");
      return;
    }
    const isNew = this.#registry.register(now, peer);
    const peers = this.#registry.listFor(peer, this.#config.maxListBytes, this.#random);
    this.#effects.send(link, { type: "peer-list", peers });
    this.#effects.notify({ type: isNew ? "registered" : "renewed", peer, dialect: "classic" });
  }

  #registerNative(
    now: number,
    contact: Contact,
    epoch: number,
    remote: Address,
  ): Omit<Registered, "type" | "observedIp"> | undefined {
    const { registrationsMax, leaseMs, sampleMax, classicSampleMax } = this.#config;
    if (this.#registry.size >= registrationsMax && !this.#registry.knows(contact)) {
      this.#effects.notify({ type: "refused", remote, what: "register", why: "registrations-full" });
      return undefined;
    }
    const outcome = this.#registry.registerNative(now, contact, epoch);
    const peer = contact.address;
    if (outcome.type === "stale") {
      this.#effects.notify({ type: "refused", remote, what: "register", why: "stale" });
      return undefined;
    }
    if (outcome.type === "moved") this.#effects.notify({ type: "moved", peer, from: outcome.from });
    else this.#effects.notify({ type: outcome.type === "new" ? "registered" : "renewed", peer, dialect: "native" });
    const contacts = this.#registry.sampleNatives(contact.id, sampleMax, this.#random, (other) =>
      this.#checks.has(other),
    );
    return { leaseMs, contacts, classic: this.#registry.sampleClassics(classicSampleMax, this.#random) };
  }

  /** Who is registered, for whoever wants to know. */
  #page(now: number, after: string): DirectoryPage | undefined {
    if (!this.#questions.take(now, this.#registry.size)) return undefined;
    return pageAfter(this.#registry.views(), after, ({ id, address, epoch, since, renewedAt }) => ({
      id,
      address,
      dialect: id === undefined ? "classic" : "native",
      status: this.#checks.has(address) ? "suspect" : "alive",
      epoch,
      incarnation: 0,
      forMs: Math.max(0, now - since),
      seenAgoMs: Math.max(0, now - renewedAt),
      rttMs: undefined,
      tags: noTags,
    }));
  }

  #reported(now: number, remote: Address, report: DeathReport): void {
    const known = this.#registry.has(report.dead);
    if (known && this.#checks.isFull && !this.#checks.has(report.dead)) {
      this.#effects.notify({ type: "refused", remote, what: "death-report", why: "reports-full" });
      return;
    }
    this.#effects.notify({ type: "reported", report, remote, known });
    if (known) this.#checks.report(now, report.dead, `${splitAddress(remote).ip} ${report.reporterIp}`);
  }

  /** At most one ended lease each `leaseCheckIntervalMs`: many idle registrations must not cost more than few. */
  #checkNextLease(now: number): void {
    if (this.#nextLeaseWake() > now) return;
    this.#nextLeaseCheckAt = now + this.#config.leaseCheckIntervalMs;
    const { address } = this.#registry.nextToEnd()!;
    // A lease of its own while it is being tested, so that the next one in line gets its turn.
    this.#registry.renew(now, address);
    this.#checks.leaseEnded(now, address);
  }

  #nextLeaseWake(): number {
    if (this.#checks.isFull) return Number.POSITIVE_INFINITY;
    const next = this.#registry.nextToEnd();
    return next === undefined ? Number.POSITIVE_INFINITY : Math.max(next.leaseEndsAt, this.#nextLeaseCheckAt);
  }

  #foundAlive(now: number, peer: Address, reporters: number, roundTripMs: number): void {
    this.#registry.renew(now, peer);
    if (reporters > 0) this.#effects.notify({ type: "kept", peer, reporters, roundTripMs });
  }

  #remove(peer: Address, evidence: Evidence, reporters: number): void {
    if (this.#registry.remove(peer)) this.#effects.notify({ type: "removed", peer, evidence, reporters });
  }
}

const noTags = Object.freeze({});
