/**
 * The classic neighbors of a Hearsay peer.
 *
 * To a classic peer it is one of its own kind: it accepts links, passes texts on, answers liveness tests and makes them,
 * and reports the dead to the seeds. Texts that come from there are told to the owner, who sees to it that they go on in
 * the other dialect. Where no classic peer is known this costs nothing: no timer, no connection.
 *
 * **Why nobody is cut off.** The Hearsay peers are one network by their own overlay: call them the mainland. What has to
 * be shown is that every classic peer hangs together with it.
 *
 * - Classic peers of this project build a ladder (`neighbors.ts`): each keeps a link to one with a lower address, of
 *   either kind, since the seeds list both. From each of them the ladder leads down to the mainland, or to the lowest
 *   classic peer. If that one lies above the lowest Hearsay peer, its own next rung is the mainland. If it lies below,
 *   the **lowest Hearsay peer** keeps a link to a lower classic one, and does not take no for an answer: from that one,
 *   in turn, the ladder leads down to the lowest of all, or was on the mainland already. A Hearsay peer that knows of a
 *   lower one need not care; the lowest knows of none.
 * - Original peers build no ladder. They link to some on the list, which names Hearsay peers, and those accept; but one
 *   that came first waits to be asked. So each classic peer has a few Hearsay peers that are **called** to have a link to
 *   it (`callers.ts`), and ask while it has room. That also gives every classic peer two ways to the mainland as a rule.
 *
 * **Why nobody is stormed.** A thousand peers must not ask three. For a peer that knows 35 others, one classic peer in 18
 * is its business, so that some fifty ask, and few are the lowest of all they know. A refusal stands for half a minute,
 * and each fruitless round is followed by a pause twice as long as the one before, up to ten minutes.
 */
import { type Address, splitAddress } from "../address.js";
import { type ClassicPeerConfig, classicPeerDefaults } from "../classic/config.js";
import type { ClassicMessage, Gossip } from "../classic/message.js";
import { Neighborhood, type NeighborhoodEvent, type NeighborhoodOwner } from "../classic/neighborhood.js";
import { Registrations, type RegistrationsOwner, type SeedFailure } from "../classic/registrations.js";
import type { DownReason, Effects, LinkId } from "../effects.js";
import type { Random } from "../random.js";
import { calledFor } from "./callers.js";

/** What a Hearsay peer's classic side is tuned by; it makes no messages of its own. */
export type ClassicSideConfig = Omit<ClassicPeerConfig, "messages" | "messageIntervalMs">;

const { messages: _messages, messageIntervalMs: _messageIntervalMs, ...shared } = classicPeerDefaults;

/** The classic network's pace, but a long patience with those who refuse: this peer does not depend on them. */
export const classicSideDefaults: ClassicSideConfig = {
  ...shared,
  retryMinMs: 1_000,
  retryMaxMs: 600_000,
};

/** What the classic side tells its owner. */
export type ClassicSideEvent =
  | NeighborhoodEvent
  /** A classic seed answered. `peers`, of which nobody knows the dialect, ends with this peer itself. */
  | { readonly type: "listed"; readonly seed: Address; readonly peers: readonly Address[]; readonly renewal: boolean }
  /** A classic seed did not answer. */
  | { readonly type: "seed-failed"; readonly seed: Address; readonly failure: SeedFailure; readonly retryInMs: number };

/** What the classic side needs, and whom it tells. All dials are in the classic dialect. No method may call back into it, but `heard` may call `spread`. */
export interface ClassicSideOwner extends Effects<ClassicMessage, ClassicSideEvent> {
  /** A text from a classic peer, seen here for the first time. Classic neighbors have been told already. */
  heard(now: number, gossip: Gossip): void;
  /** The Hearsay peers that this one knows to exist: its neighbors, and those it keeps in reserve. */
  nativePeers(): Iterable<Address>;
}

/** A classic neighbor, as it is known now. A snapshot. */
export interface ClassicNeighbor {
  readonly address: Address;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** The last round trip in milliseconds; undefined before the first. */
  readonly rttMs: number | undefined;
  /** Whether it failed its last test. */
  readonly isSilent: boolean;
  /** Texts that wait to be sent to it. */
  readonly waiting: number;
  /** It is a program of this project, and may speak the native dialect as well. */
  readonly isHearsay: boolean;
}

/** Classic peers remembered, of those that the seeds name; the one not named for longest goes first. */
const knownMax = 256;

/** A classic peer that no seed has named for so long is none any more. */
const knownForMs = 600_000;

/** Hearsay peers that are called for each classic peer: when one dies, it is not cut off for a moment. */
const callersMax = 2;

/** Messages that are older than this peer by so much have been told by the bridges of their time. */
const slackMs = 10_000;

/** The part of a Hearsay peer that speaks with classic ones. */
export class ClassicSide {
  readonly #address: Address;
  readonly #owner: ClassicSideOwner;
  readonly #neighborhood: Neighborhood;
  readonly #registrations: Registrations;
  /** Classic peers by address: when a seed has last named them. Named last is last. */
  readonly #known = new Map<Address, number>();
  readonly #own: Set<Address>;
  #seeds: readonly Address[] = [];
  #startedAt = Number.NEGATIVE_INFINITY;
  #hasLeft = false;

  constructor(self: { readonly address: Address }, config: ClassicSideConfig, random: Random, owner: ClassicSideOwner) {
    this.#address = self.address;
    this.#own = new Set([self.address]);
    this.#owner = owner;
    const full: ClassicPeerConfig = {
      ...config,
      messages: 0,
      messageIntervalMs: classicPeerDefaults.messageIntervalMs,
    };
    this.#neighborhood = new Neighborhood(full, random, owner, this.#neighborhoodOwner());
    const { exchanges } = this.#neighborhood;
    this.#registrations = new Registrations(exchanges, full, random, this.#registrationsOwner());
  }

  /** Whether there is nobody to tell, now or in a moment: then nothing need be put into classic form. */
  get isIdle(): boolean {
    return this.#neighborhood.all.length === 0 && this.#knowsNobody;
  }

  /** When {@link wake} is wanted next; Infinity where nothing classic is known. */
  get nextWake(): number {
    if (this.#hasLeft) return Number.POSITIVE_INFINITY;
    return Math.min(this.#neighborhood.nextWake, this.#registrations.nextWake);
  }

  /** The classic neighbors. */
  neighbors(): ClassicNeighbor[] {
    return this.#neighborhood.all.map(({ address, linkedAt, rttMs, reachable, outbox, isHearsay }) => {
      return { address, since: linkedAt, rttMs, isSilent: !reachable, waiting: outbox.size, isHearsay };
    });
  }

  /** @param seeds - those to report deaths to */
  start(now: number, seeds: readonly Address[]): void {
    this.#startedAt = now;
    this.#seeds = seeds;
    this.#neighborhood.start(now);
  }

  /**
   * Classic peers, as a seed has just named them: candidates for neighbors. To be called after every answer of a seed,
   * also with none, and after the owner has taken in the Hearsay peers of the same answer: what this peer is called for
   * depends on whom it knows, and is looked at anew each time.
   */
  know(now: number, addresses: readonly Address[]): void {
    if (this.#hasLeft) return;
    let isNews = false;
    for (const address of addresses) {
      if (this.#own.has(address)) continue;
      isNews = !this.#known.delete(address) || isNews;
      this.#known.set(address, now);
    }
    for (const [address, namedAt] of this.#known) {
      if (namedAt >= now - knownForMs && this.#known.size <= knownMax) break;
      this.#known.delete(address);
    }
    if (isNews) this.#neighborhood.seek(now);
    else this.#neighborhood.review(now);
  }

  /** A peer has become a native neighbor: one link to it is enough. The other side finds the same. */
  becameNative(now: number, address: Address): void {
    this.#known.delete(address);
    this.#neighborhood.drop(now, address);
  }

  /**
   * Registers by text with a seed that speaks the classic dialect only. Its list becomes candidates: all but those that
   * the owner knows for Hearsay peers.
   */
  registerWith(now: number, seed: Address): void {
    if (!this.#hasLeft) this.#registrations.add(now, seed);
  }

  /**
   * Tells all classic neighbors, unless the text has been seen here before.
   *
   * @param ageMs - how long ago the message came to the network. One that is older than this peer stays where it is, or
   *   every newcomer would tell its neighbors the whole history that it catches up with
   */
  spread(now: number, gossip: Gossip, ageMs = 0): void {
    if (!this.#hasLeft && now - ageMs >= this.#startedAt - slackMs) this.#neighborhood.spread(now, gossip);
  }

  /** Tells all seeds, of either dialect, that a peer is dead. */
  reportDeath(now: number, peer: Address): void {
    if (!this.#hasLeft) this.#neighborhood.reportDeath(now, peer);
  }

  /** Ends everything under way. The classic protocol has no goodbye: neighbors find out by their liveness tests. */
  leave(): void {
    this.#hasLeft = true;
    this.#neighborhood.leave();
  }

  /** Whether the link is this side's: dialed here, or given to {@link linkUp}. */
  owns(link: LinkId): boolean {
    return this.#neighborhood.owns(link);
  }

  /** A classic link is up, dialed here or by somebody else. */
  linkUp(now: number, link: LinkId, remote: Address): void {
    if (this.#hasLeft) this.#owner.close(link, "leaving");
    else this.#neighborhood.linkUp(now, link, remote);
  }

  /** The other side of a link will send no more. */
  linkEnded(now: number, link: LinkId): void {
    this.#neighborhood.linkEnded(now, link);
  }

  /** A link is gone. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.#neighborhood.linkDown(now, link, reason);
  }

  /** A message arrived. */
  receive(now: number, link: LinkId, message: ClassicMessage): void {
    this.#neighborhood.receive(now, link, message);
  }

  /** Does what is due. */
  wake(now: number): void {
    if (this.#hasLeft) return;
    const wasAway = this.#neighborhood.wake(now, now - this.nextWake);
    if (wasAway) this.#registrations.renewAll(now);
    this.#registrations.wake(now);
  }

  get #knowsNobody(): boolean {
    return this.#known.size === 0 && this.#registrations.isEmpty;
  }

  /** Everybody who may be a classic peer. */
  #classicPeers(natives: ReadonlySet<Address>): Address[] {
    const all = this.#registrations.union();
    for (const address of this.#known.keys()) all.add(address);
    return [...all].filter((address) => !natives.has(address) && !this.#own.has(address));
  }

  #natives(): Set<Address> {
    const natives = new Set(this.#owner.nativePeers());
    natives.delete(this.#address);
    return natives;
  }

  /** A peer without its own kind is a classic peer like any other: all of them are its business. */
  #candidates(): Address[] {
    if (this.#knowsNobody) return [];
    const natives = this.#natives();
    const classic = this.#classicPeers(natives);
    return natives.size === 0 ? classic : calledFor(this.#address, natives, classic, callersMax);
  }

  #rungs(): Address[] {
    if (this.#knowsNobody) return [];
    const natives = this.#natives();
    for (const native of natives) if (native < this.#address) return [];
    const classic = this.#classicPeers(natives);
    return natives.size === 0 ? classic : classic.filter((address) => address < this.#address);
  }

  #neighborhoodOwner(): NeighborhoodOwner {
    return {
      heard: (now, gossip) => this.#owner.heard(now, gossip),
      linked: () => {},
      alone: () => {},
      died: (_now, peer) => {
        this.#known.delete(peer);
        this.#registrations.forget(peer);
      },
      notify: (event) => this.#owner.notify(event),
      candidates: () => this.#candidates(),
      rungs: () => this.#rungs(),
      isOwn: (address) => this.#own.has(address),
      isElsewhere: () => {
        for (const native of this.#owner.nativePeers()) if (native !== this.#address) return true;
        return false;
      },
      own: () => this.#address,
      seeds: () => [...new Set([...this.#seeds, ...this.#registrations.seeds])],
    };
  }

  #registrationsOwner(): RegistrationsOwner {
    return {
      listed: (now, seed, peers, renewal) => {
        const own = peers.at(-1);
        if (own !== undefined && splitAddress(own).port === splitAddress(this.#address).port) this.#own.add(own);
        this.#owner.notify({ type: "listed", seed, peers, renewal });
        this.#neighborhood.seek(now);
      },
      seedFailed: (_now, seed, failure, retryInMs) => {
        this.#owner.notify({ type: "seed-failed", seed, failure, retryInMs });
      },
      ownAddress: () => this.#address,
    };
  }
}
