/**
 * The search for neighbors, when there are too few of them, when lost ones may be back, and (seldom) for a change. See
 * `overlay.ts` for why.
 */
import type { Address } from "./address.js";
import type { OverlayConfig } from "./config.js";
import type { DownReason } from "./effects.js";
import type { Greeting, Greetings } from "./greetings.js";
import type { Contact, PeerId } from "./identity.js";
import type { Random } from "./random.js";
import { type ActiveView, LostNeighbors, type Neighbor, type PassiveView } from "./views.js";

/** How much longer each pause before a recall is than the one before: after a partition of 30 s they are below 5 s. */
const recallPauseFactor = 1.15;

/** How much longer the pause before the second mixing is than the one before the first. */
const secondMixFactor = 6;

/** So much lost within so long is a disaster: more than half of a full view. */
const disasterMs = 10_000;
/** From one visit of a roll call to the next; and how many may be under way, so that the search itself has room. */
const rollCallPauseMs = 150;
const visitsMax = 3;

/** Addresses of possible contacts that are kept until one of them has taken this peer in. */
const addressesMax = 64;

/** Decides whom one peer dials to become a neighbor, and when. */
export class Search {
  readonly #config: OverlayConfig;
  readonly #random: Random;
  readonly #active: ActiveView;
  readonly #passive: PassiveView;
  readonly #greetings: Greetings;
  readonly #lonely: (now: number) => void;
  readonly #lost: LostNeighbors;
  /** Where to join, until that has happened, and who is next. */
  #addresses: Address[] = [];
  #addressNext = 0;
  #started = false;
  #refusals = 0;
  #fruitless = 0;
  #fillAt = Number.POSITIVE_INFINITY;
  #recallAt = Number.POSITIVE_INFINITY;
  #recallPauseMs: number;
  #mixAt = Number.POSITIVE_INFINITY;
  #mixPauseMs: number;
  /** Neighbors lost since then. */
  #losses = 0;
  #lossesSince = Number.NEGATIVE_INFINITY;
  /** Contacts still to be visited in a roll call. */
  #rollCall: Contact[] = [];
  #rollCallAt = Number.POSITIVE_INFINITY;

  constructor(
    config: OverlayConfig,
    random: Random,
    active: ActiveView,
    passive: PassiveView,
    greetings: Greetings,
    lonely: (now: number) => void,
  ) {
    this.#config = config;
    this.#random = random;
    this.#active = active;
    this.#passive = passive;
    this.#greetings = greetings;
    this.#lonely = lonely;
    this.#lost = new LostNeighbors(config.lostMax, config.recallsMax);
    this.#recallPauseMs = config.recallMinMs;
    this.#mixPauseMs = config.mixMinMs;
  }

  /** When something is due. */
  get nextWake(): number {
    return Math.min(this.#fillAt, this.#recallAt, this.#mixAt, this.#rollCallAt);
  }

  /** From now on there are searches. */
  start(now: number): void {
    this.#started = true;
    this.#mixAt = now + this.#jittered(this.#mixPauseMs);
  }

  /** No more searches. */
  stop(): void {
    this.#started = false;
    this.#fillAt = this.#mixAt = this.#recallAt = this.#rollCallAt = Number.POSITIVE_INFINITY;
  }

  /** Mixes like a young peer once more. */
  mixSoon(now: number): void {
    this.#mixPauseMs = this.#config.mixMinMs;
    this.#mixAt = Math.min(this.#mixAt, now + this.#jittered(this.#mixPauseMs));
  }

  /** Does what is due. */
  wake(now: number): void {
    if (this.#mixAt <= now) this.#mix(now);
    if (this.#recallAt <= now) this.#recall(now);
    if (this.#rollCallAt <= now) this.#callTheRoll(now);
    if (this.#fillAt <= now) this.anew(now);
  }

  /** An address where the network may be joined. */
  addAddress(address: Address): void {
    if (!this.#addresses.includes(address) && this.#addresses.length < addressesMax) this.#addresses.push(address);
  }

  /** There is a new neighbor. */
  found(now: number, id: PeerId): void {
    this.#lost.remove(id);
    this.#addresses.length = 0;
    this.#addressNext = 0;
    this.#fruitless = 0;
    // Not at once: others are on their way to a newcomer.
    if (this.#active.neighbors.length >= this.#config.activeViewMax) this.#fillAt = Number.POSITIVE_INFINITY;
    else if (this.#fillAt === Number.POSITIVE_INFINITY) this.#fillLater(now);
  }

  /** A neighbor is gone without a goodbye: it is to be replaced at once, and called again later. */
  lost(now: number, { contact, epoch }: Neighbor): void {
    this.#lost.add(contact, epoch);
    this.#recallPauseMs = this.#config.recallMinMs;
    this.#recallAt = Math.min(this.#recallAt, now + this.#jittered(this.#recallPauseMs));
    if (now - this.#lossesSince > disasterMs) {
      this.#lossesSince = now;
      this.#losses = 0;
    }
    if (++this.#losses === (this.#config.activeViewMax >> 1) + 1) this.#beginRollCall(now);
    this.anew(now);
  }

  /** Somebody was asked, and has no room or need. */
  refused(now: number, id: PeerId): void {
    this.#refusals++;
    this.#passive.markTried(id);
    this.go(now);
  }

  /** Somebody answered, but is a neighbor already, or no longer wanted. */
  spared(now: number, { purpose, contact }: Greeting): void {
    if (purpose === "join") this.#addressNext++;
    this.#passive.markTried(contact!.id);
    this.go(now);
  }

  /** Whether this peer is to be asked with priority: one that was cut off, or one dialed for a change. */
  isUrgent({ purpose, contact, epoch }: Greeting): boolean {
    if (purpose === "mix") return true;
    const lost = this.#lost.find(contact!.id);
    if (lost === undefined) return false;
    this.#lost.remove(contact!.id);
    return lost.epoch === epoch && purpose === "recall";
  }

  /** No neighbors; or fewer than half, and refused before: two or three short peers may be all there is to their part. */
  isNeedy(): boolean {
    const { length } = this.#active.neighbors;
    return length === 0 || (length * 2 < this.#config.activeViewMax && this.#refusals > 0);
  }

  /** Begins anew: something has changed. */
  anew(now: number, butNot?: PeerId): void {
    this.#fillAt = Number.POSITIVE_INFINITY;
    this.#refusals = 0;
    this.#addressNext = 0;
    this.#passive.newRound();
    if (butNot !== undefined) this.#passive.markTried(butNot);
    this.go(now);
  }

  /** Asks whoever is next, as long as there is need. */
  go(now: number): void {
    const { activeViewMax, searchesMax, refusalsMax } = this.#config;
    if (!this.#started || this.#active.neighbors.length >= activeViewMax || this.#fillAt !== Number.POSITIVE_INFINITY)
      return;
    let searches = this.#greetings.count("fill") + this.#greetings.count("join");
    if (this.#active.neighbors.length === 0 && searches === 0 && this.#addressNext < this.#addresses.length) {
      if (this.#greetings.dial(now, "join", this.#addresses[this.#addressNext]!)) return;
    }
    while (searches < searchesMax && this.#active.neighbors.length + searches < activeViewMax) {
      if (this.#refusals >= refusalsMax && this.#active.neighbors.length > 0) break;
      const contact = this.#passive.try();
      if (contact === undefined) {
        // What the seeds gave to a peer that has a neighbor, but no reserve.
        const address = this.#active.neighbors.length === 0 ? undefined : this.#addresses.pop();
        if (address === undefined || !this.#greetings.dial(now, "fill", address)) break;
        searches++;
        continue;
      }
      if (this.#greetings.isSearching(contact.id)) continue;
      if (!this.#greetings.dial(now, "fill", contact.address, contact)) break;
      searches++;
    }
    if (searches > 0) return;
    this.#fillLater(now);
    if (this.#active.neighbors.length === 0 || this.#passive.contacts.length === 0) this.#lonely(now);
  }

  #fillLater(now: number): void {
    const { retryMinMs, retryMaxMs, retryAloneMaxMs } = this.#config;
    const maxMs = this.#active.neighbors.length === 0 ? retryAloneMaxMs : retryMaxMs;
    this.#fillAt = now + this.#jittered(Math.min(maxMs, retryMinMs * 2 ** Math.min(this.#fruitless, 20)));
    this.#fruitless++;
  }

  /** A dial came to nothing. */
  failed(now: number, greeting: Greeting, reason: DownReason | "mismatched" | "self"): void {
    const { purpose, contact, state, address } = greeting;
    if (purpose === "accepted") return;
    if (purpose === "join") {
      if (reason === "self" || reason === "mismatched")
        this.#addresses = this.#addresses.filter((one) => one !== address);
      else this.#addressNext++;
    }
    if (contact !== undefined) {
      // Who has said hello is alive, and may have closed because our requests crossed. A lack of our own tells nothing.
      if (reason === "local" || state === "asked") this.#passive.markTried(contact.id);
      else this.#passive.remove(contact.id);
    }
    this.go(now);
  }

  #recall(now: number): void {
    this.#recallAt = Number.POSITIVE_INFINITY;
    const lost = this.#lost.next();
    if (lost === undefined) return;
    const { contact } = lost;
    if (this.#active.find(contact.id) !== undefined) this.#lost.remove(contact.id);
    else if (!this.#greetings.isSearching(contact.id)) this.#greetings.dial(now, "recall", contact.address, contact);
    this.#recallPauseMs = Math.min(this.#config.recallMaxMs, Math.ceil(this.#recallPauseMs * recallPauseFactor));
    if (this.#lost.count > 0) this.#recallAt = now + this.#jittered(this.#recallPauseMs);
  }

  #mix(now: number): void {
    this.#mixAt = now + this.#jittered(this.#mixPauseMs);
    const { mixMinMs, mixMaxMs } = this.#config;
    this.#mixPauseMs = this.#mixPauseMs === mixMinMs ? Math.min(mixMaxMs, mixMinMs * secondMixFactor) : mixMaxMs;
    const contact = this.#passive.any();
    if (contact === undefined || this.#active.neighbors.length < this.#config.activeViewMax) return;
    if (!this.#greetings.isSearching(contact.id)) this.#greetings.dial(now, "mix", contact.address, contact);
  }

  /**
   * Most neighbors were lost at once, so most contacts may be dead as well. Who has nobody alive among its own may still
   * be known to others, and small groups may be full before they have found the rest: so all contacts are visited once,
   * and then this peer mixes like a young one.
   */
  #beginRollCall(now: number): void {
    this.#rollCall = this.#passive.contacts.slice();
    this.#rollCallAt = now + this.#jittered(rollCallPauseMs);
    this.mixSoon(now);
  }

  #callTheRoll(now: number): void {
    this.#rollCallAt = Number.POSITIVE_INFINITY;
    if (this.#greetings.count("visit") < visitsMax) {
      const contact = this.#rollCall.pop();
      if (contact === undefined) return;
      const isNear = this.#active.find(contact.id) !== undefined || this.#greetings.isSearching(contact.id);
      if (!isNear) this.#greetings.dial(now, "visit", contact.address, contact);
    }
    this.#rollCallAt = now + this.#jittered(rollCallPauseMs);
  }

  #jittered(ms: number): number {
    const half = Math.ceil(ms / 2);
    return half + this.#random.below(half * 2 + 1);
  }
}
