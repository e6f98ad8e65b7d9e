/**
 * Who a classic peer is linked to, and how it finds them.
 *
 * In the original a refused requester believes itself linked, peers that came early fill up among themselves, and with
 * 20 peers almost every network has members that can't hear everyone. Here a link exists when both sides say so, and
 * three rules keep the overlay in one piece using the classic messages alone:
 *
 * 1. **The ladder.** Addresses have an order that everybody agrees on. Every peer keeps at least one link to a peer
 *    lower in that order; the lowest keeps one to the second lowest. From any peer the ladder leads down to the lowest:
 *    so the overlay is connected, whatever else happens, and each peer can see for itself whether it does its part. (The
 *    lowest may be new, and not yet known to the one above it: that is why it has a part as well.)
 * 2. **Room is left.** Beyond the ladder a peer looks for company only up to `neighborsWanted`, but accepts up to
 *    `neighborsMax`: those who come later find room. In a network small enough everybody links to everybody.
 * 3. **Whoever comes back is in need.** A full peer refuses, as the original does. But who asks again after a refusal
 *    has found no room anywhere else, and is let in, up to `neighborsInNeedMax`.
 *
 * A link must not be one-way. Doubt arises where only one side knows how a conversation ended: a request was sent and
 * no answer came in time, or a neighbor was given up as dead and may have been cut off only. Whoever has the doubt asks
 * again, until it gets a definite answer: a neighbor always says yes to a neighbor, and then both know.
 */
import type { Address } from "../address.js";
import { type Random, sample } from "../random.js";
import type { ClassicPeerConfig } from "./config.js";
import type { Exchanges, Outcome } from "./exchange.js";
import { Marks } from "./marks.js";
import { Outbox, type OutboxOwner } from "./outbox.js";

/** A peer that this one is linked to. */
export interface Neighbor {
  readonly address: Address;
  /** What waits to be sent to it. */
  readonly outbox: Outbox;
  /** Liveness tests in a row that stayed without an answer. */
  silences: number;
  readonly linkedAt: number;
  /** It has answered something that this side asked; until then its address may be made up. */
  hasAnswered: boolean;
  /**
   * It is one of ours: it ends its side of a connection before it hears the answer. It may be asked as often as need be
   * whether the link stands; an original would count each time as one neighbor more.
   */
  isHearsay: boolean;
  /** It has answered, and then refused a connection: the process has changed, and knows nothing of this link. */
  hasRefused: boolean;
  /** When this side last said yes to it. */
  acceptedAt: number;
  /** The last liveness test's; undefined before the first. */
  rttMs: number | undefined;
  /** False from the first failed test until the next good one: it may be dead, so its place is not counted. */
  reachable: boolean;
}

/** Why a link ended. */
export type UnlinkReason =
  /** Three silences. */
  | "dead"
  /** The other side says that it does not know this link. */
  | "disowned"
  /** Nobody has ever answered at that address: somebody made it up. */
  | "never-there";

/** What the neighbors tell the peer. */
export interface NeighborsOwner extends OutboxOwner {
  /** Two-way from now on. `asked`: this side made the request. */
  linked(now: number, peer: Address, asked: boolean): void;
  /** No longer a neighbor; `undelivered` messages for it were given up. */
  unlinked(now: number, peer: Address, reason: UnlinkReason, undelivered: number): void;
  /** Everybody known has been asked, and nobody is linked. */
  alone(now: number, retryInMs: number): void;
  /** Peers that could be linked to; own addresses and neighbors may be among them. */
  candidates(): Iterable<Address>;
  /** The peers of which the ladder needs one. The candidates, unless that is said. */
  rungs?(): Iterable<Address>;
  /**
   * Whether this peer belongs to the network by other links already. Then it is here for the candidates' sake: others
   * don't count as company, it takes no for an answer where only company is meant, and it is never alone.
   */
  isElsewhere?(): boolean;
  /** Whether this is an address of this very peer. */
  isOwn(address: Address): boolean;
  /** The address that others know this peer by; undefined until a seed has said so. */
  own(): Address | undefined;
}

/** Lower rungs that have refused before one of them is asked a second time. */
const refusalsBeforeInsisting = 4;

/** Neighbors in all, those that may be dead included. */
const neighborsMaxEver = 16;

/** How long after its request a peer may take to listen. */
const listeningLimitMs = 5_000;

/** Longest list of peers in doubt, and how often each of them is asked. */
const doubtsMax = 64;
const doubtTriesMax = 9;

interface Doubt {
  readonly tries: number;
  readonly askAt: number;
}

/** The neighbors of one peer. */
export class Neighbors {
  readonly #exchanges: Exchanges;
  readonly #config: ClassicPeerConfig;
  readonly #random: Random;
  readonly #owner: NeighborsOwner;
  readonly #neighbors: Neighbor[] = [];
  /** Requests under way. */
  readonly #asking = new Set<Address>();
  /** Who has refused this peer or could not be reached, lately. */
  readonly #marks: Marks;
  /** Whom this peer has refused, and until when a second request counts as need. */
  readonly #refused = new Map<Address, number>();
  /** Who may believe in a link that this side knows nothing of. */
  readonly #doubts = new Map<Address, Doubt>();
  #retryAt = Number.POSITIVE_INFINITY;
  #fruitless = 0;
  #confirmed = 0;

  constructor(exchanges: Exchanges, config: ClassicPeerConfig, random: Random, owner: NeighborsOwner) {
    this.#exchanges = exchanges;
    this.#config = config;
    this.#marks = new Marks(config);
    this.#random = random;
    this.#owner = owner;
  }

  /** All neighbors, also those that may be dead. */
  get all(): readonly Neighbor[] {
    return this.#neighbors;
  }

  /** When the search wants to go on. */
  get nextWake(): number {
    let next = this.#retryAt;
    const mayAsk = this.#owner.own() !== undefined;
    for (const [address, { askAt }] of this.#doubts)
      if (mayAsk && !this.#asking.has(address)) next = Math.min(next, askAt);
    for (const { outbox } of this.#neighbors) next = Math.min(next, outbox.nextWake);
    return next;
  }

  /** The neighbor of that address. */
  find(address: Address): Neighbor | undefined {
    return this.#neighbors.find((neighbor) => neighbor.address === address);
  }

  /** Somebody asks for a link: true when it is made, and the answer is yes. */
  requested(now: number, from: Address, isHearsay: boolean): boolean {
    if (this.#owner.isOwn(from)) return false;
    const known = this.find(from);
    if (known !== undefined) {
      // Asked again by a neighbor: it has restarted or is not sure. The link stands.
      known.isHearsay = isHearsay;
      known.acceptedAt = now;
      return true;
    }
    const inNeed = (this.#refused.get(from) ?? 0) > now;
    const { neighborsMax, neighborsInNeedMax } = this.#config;
    // Own requests under way may be accepted any moment; the last places are not promised twice.
    const full = inNeed
      ? this.#reachable() + this.#asking.size >= neighborsInNeedMax
      : this.#reachable() >= neighborsMax;
    // Those that don't answer make room for others, but are still being tested: they count here.
    if (full || this.#neighbors.length >= neighborsMaxEver) {
      this.#rememberRefusal(now, from);
      return false;
    }
    this.#refused.delete(from);
    this.#doubts.delete(from);
    this.#add(now, from, false, isHearsay);
    // Asking back tells the requester that this side is one of ours, too, and may be asked again.
    if (isHearsay) this.#doubt(now, from);
    return true;
  }

  /** Ends a link on this side. The classic protocol has no word for it; the other side finds out by itself. */
  drop(now: number, address: Address, reason: UnlinkReason): void {
    const index = this.#neighbors.findIndex((neighbor) => neighbor.address === address);
    if (index < 0) return;
    const [neighbor] = this.#neighbors.splice(index, 1);
    if (reason === "dead") {
      this.#marks.set(now, address, "gone");
      this.#doubt(now, address);
    }
    this.#owner.unlinked(now, address, reason, neighbor!.outbox.close());
    this.seek(now);
  }

  /** Asks every neighbor whether the link still stands: this process has been away, and may have been given up. */
  confirm(now: number): void {
    for (const { address } of this.#neighbors) {
      if (!this.#asking.has(address)) this.#ask(now, address);
    }
  }

  /**
   * Asks one neighbor, each time the next, whether the link still stands. One that was restarted between two liveness
   * tests answers them as if nothing had happened.
   */
  confirmNext(now: number): void {
    const certain = this.#neighbors.filter(({ isHearsay, reachable }) => isHearsay && reachable);
    const next = certain[this.#confirmed++ % Math.max(1, certain.length)];
    if (next !== undefined && !this.#asking.has(next.address)) this.#ask(now, next.address);
  }

  /** A neighbor has answered its liveness test. */
  answered(now: number, neighbor: Neighbor): void {
    neighbor.silences = 0;
    neighbor.hasAnswered = true;
    neighbor.reachable = true;
    if (neighbor.hasRefused && !this.#asking.has(neighbor.address)) this.#ask(now, neighbor.address);
    neighbor.hasRefused = false;
  }

  /**
   * Nobody listens at a neighbor's address. Three silences will say so too, but its place is free from now on; and one
   * that has never answered at all was not there in the first place. (An original asks for links a moment before it
   * listens.)
   */
  refused(now: number, neighbor: Neighbor): void {
    if (!neighbor.hasAnswered && now - neighbor.linkedAt > listeningLimitMs) {
      this.#marks.set(now, neighbor.address, "gone");
      this.drop(now, neighbor.address, "never-there");
    } else if (neighbor.reachable) {
      neighbor.reachable = false;
      neighbor.hasRefused = neighbor.hasAnswered;
      this.seek(now);
    }
  }

  /** Looks for neighbors, if some are missing. Cheap when none are. */
  seek(now: number): void {
    this.#retryAt = Number.POSITIVE_INFINITY;
    if (this.#owner.own() === undefined) return;
    const candidates = this.#others(this.#owner.candidates());
    const rungs = this.#owner.rungs === undefined ? candidates : this.#others(this.#owner.rungs());
    this.#seekRung(now, rungs);
    this.#seekCompany(now, candidates);
    if (this.#asking.size > 0) return;
    const company = this.#company(candidates);
    const short = company < this.#wanted(candidates) && candidates.some((address) => this.#isFree(address));
    const alone = company === 0 && this.#owner.isElsewhere?.() !== true;
    if (short || this.#missingRungs(now, rungs).length > 0) this.#retryLater(now, alone);
    else this.#fruitless = 0;
  }

  /** Looks again for what may have come to be missing, unless a search is under way or waits for its next round. */
  review(now: number): void {
    if (this.#asking.size === 0 && this.#retryAt === Number.POSITIVE_INFINITY) this.seek(now);
  }

  /** Time has passed. */
  wake(now: number): void {
    for (const { outbox } of this.#neighbors) if (outbox.nextWake <= now) outbox.wake(now);
    for (const [address, { askAt }] of [...this.#doubts]) {
      if (askAt <= now && !this.#asking.has(address)) this.#ask(now, address);
    }
    if (this.#retryAt <= now) this.seek(now);
  }

  /** Rule 1: one link down the ladder. */
  #seekRung(now: number, known: readonly Address[]): void {
    const rungs = this.#missingRungs(now, known);
    if (rungs.some((address) => this.#asking.has(address))) return;
    const free = rungs.filter((address) => this.#isFree(address));
    const refused = free.filter((address) => this.#marks.get(now, address)?.kind === "full");
    const untried = free.filter((address) => this.#marks.get(now, address) === undefined);
    if (untried.length > 0 && refused.length < refusalsBeforeInsisting) {
      this.#ask(now, this.#draw(untried));
    } else {
      const patient = refused.filter((address) => !this.#marks.get(now, address)!.insisted);
      if (patient.length > 0) this.#insist(now, this.#draw(patient));
      else if (untried.length > 0) this.#ask(now, this.#draw(untried));
    }
  }

  /** Rule 2: company, as far as it is wanted. */
  #seekCompany(now: number, candidates: readonly Address[]): void {
    const missing = this.#wanted(candidates) - this.#company(candidates) - this.#asking.size;
    if (missing <= 0) return;
    const untried = candidates.filter(
      (address) => this.#isFree(address) && this.#marks.get(now, address) === undefined,
    );
    for (const address of sample(this.#random, untried, missing)) this.#ask(now, address);
    if (untried.length > 0 || this.#reachable() > 0 || this.#asking.size > 0 || this.#owner.isElsewhere?.()) return;
    const patient = candidates.filter((address) => {
      const mark = this.#marks.get(now, address);
      return mark?.kind === "full" && !mark.insisted && this.#isFree(address);
    });
    if (patient.length > 0) this.#insist(now, this.#draw(patient));
  }

  #wanted(candidates: readonly Address[]): number {
    const { neighborsMax, neighborsWanted } = this.#config;
    return candidates.length < neighborsMax ? candidates.length : neighborsWanted;
  }

  #company(candidates: readonly Address[]): number {
    if (this.#owner.isElsewhere?.() !== true) return this.#reachable();
    return candidates.filter((address) => this.find(address)?.reachable).length;
  }

  /** The peers of which one must become a neighbor for the ladder to hold; empty when it does. */
  #missingRungs(now: number, known: readonly Address[]): Address[] {
    const present = known.filter((address) => this.#marks.get(now, address)?.kind !== "gone");
    const lower = present.filter((address) => this.#isLower(address));
    const hasLower = this.#neighbors.some(({ address, reachable }) => reachable && this.#isLower(address));
    if (hasLower) return [];
    if (lower.length > 0) return lower;
    if (present.length === 0) return [];
    const [next] = present.sort() as [Address];
    return this.find(next)?.reachable ? [] : [next];
  }

  #insist(now: number, address: Address): void {
    this.#marks.get(now, address)!.insisted = true;
    this.#ask(now, address);
  }

  #ask(now: number, address: Address): void {
    // Before a seed has told it, a peer has no name to ask under; it may have neighbors by then, for others know it.
    const from = this.#owner.own();
    if (from === undefined) return;
    this.#asking.add(address);
    this.#exchanges.begin(now, {
      to: address,
      message: { type: "connect-request", from },
      limitMs: this.#config.exchangeTimeoutMs,
      onOutcome: (at, outcome) => this.#answered(at, address, outcome, now),
    });
  }

  #answered(now: number, address: Address, outcome: Outcome, askedAt: number): void {
    this.#asking.delete(address);
    if (outcome.type === "not-tried") {
      this.#retryLater(now, false);
      return;
    }
    if (outcome.type === "answered") {
      this.#marks.delete(address);
      this.#fruitless = 0;
      const known = this.find(address);
      if (known === undefined) this.#add(now, address, true, false);
      else known.hasAnswered = true;
    } else if (outcome.type === "closed") {
      if (this.#marks.get(now, address) === undefined) this.#marks.set(now, address, "full");
      // Unless it asked in the meantime and was told yes: then the two requests crossed, and the link stands.
      const acceptedAt = this.find(address)?.acceptedAt ?? 0;
      if (acceptedAt < askedAt) this.drop(now, address, "disowned");
    } else this.#marks.set(now, address, "gone");
    const neighbor = this.find(address);
    if (outcome.type === "refused" && neighbor !== undefined) this.refused(now, neighbor);
    const isSettled = outcome.type !== "silent" && outcome.type !== "unreachable";
    const mayHaveArrived = outcome.type === "silent" && outcome.sent;
    if (isSettled) this.#doubts.delete(address);
    else if (mayHaveArrived || this.#doubts.has(address)) this.#doubt(now, address);
    this.seek(now);
  }

  #add(now: number, address: Address, asked: boolean, isHearsay: boolean): void {
    const { outboxMax, exchangeTimeoutMs } = this.#config;
    const limits = {
      waitingMax: outboxMax,
      limitMs: exchangeTimeoutMs,
      retryMinMs: 200,
      retryMaxMs: 4_000,
      failuresMax: Number.POSITIVE_INFINITY,
    };
    const outbox = new Outbox(address, this.#exchanges, limits, this.#owner);
    this.#neighbors.push({
      address,
      outbox,
      silences: 0,
      rttMs: undefined,
      reachable: true,
      isHearsay,
      linkedAt: now,
      hasAnswered: asked,
      hasRefused: false,
      acceptedAt: asked ? 0 : now,
    });
    this.#owner.linked(now, address, asked);
  }

  #retryLater(now: number, alone: boolean): void {
    const { retryMinMs, retryMaxMs } = this.#config;
    const pause = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(this.#fruitless, 20));
    this.#fruitless++;
    const retryInMs = Math.ceil(pause / 2) + this.#random.below(Math.ceil(pause / 2) + 1);
    this.#retryAt = now + retryInMs;
    // The next round starts with a clean slate: whoever was unreachable or full may not be so any more.
    if (alone) {
      this.#marks.clear();
      this.#owner.alone(now, retryInMs);
    }
  }

  #others(known: Iterable<Address>): Address[] {
    const others: Address[] = [];
    for (const address of known) if (!this.#owner.isOwn(address)) others.push(address);
    return others;
  }

  #isFree(address: Address): boolean {
    return !this.#asking.has(address) && this.find(address) === undefined;
  }

  #isLower(address: Address): boolean {
    return address < this.#owner.own()!;
  }

  #reachable(): number {
    let count = 0;
    for (const neighbor of this.#neighbors) if (neighbor.reachable) count++;
    return count;
  }

  #draw(from: readonly Address[]): Address {
    return from[this.#random.below(from.length)]!;
  }

  /** Asked again after 1 s, 2 s, 4 s, …: until a cut that lasted so long has made both sides give the link up. */
  #doubt(now: number, address: Address): void {
    const tries = (this.#doubts.get(address)?.tries ?? 0) + 1;
    this.#doubts.delete(address);
    if (tries > doubtTriesMax) return;
    if (this.#doubts.size >= doubtsMax) this.#doubts.delete(this.#doubts.keys().next().value!);
    this.#doubts.set(address, { tries, askAt: now + 1_000 * 2 ** (tries - 1) });
  }

  /** Bounded: an old refusal goes when there are too many, and at worst its peer has to ask once more. */
  #rememberRefusal(now: number, from: Address): void {
    this.#refused.delete(from);
    if (this.#refused.size >= 1_000) this.#refused.delete(this.#refused.keys().next().value!);
    this.#refused.set(from, now + this.#config.refusalMemoryMs);
  }
}
