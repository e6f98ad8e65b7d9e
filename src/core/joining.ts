/**
 * The way into the network, and back into it: whom to ask when there is nobody, and when to say that there is nobody.
 *
 * The overlay calls for help when it has run out of contacts. The seeds are asked then, and the peers that this one was
 * started with: every time, because who was cut off for hours has no other way back.
 */
import type { Address } from "./address.js";

/** Addresses that may be asked without any seed, at most. */
const entrancesMax = 64;

/** What the joining needs to know, and whom it tells. */
export interface JoiningOwner {
  /** Whether the seeds have all answered or failed by now. */
  seedsSettled(): boolean;
  /** Whether there is a neighbor, somebody being asked to become one, or somebody in reserve. */
  hasProspects(): boolean;
  /** Asks the seeds. */
  askSeeds(now: number): void;
  /** Gives the overlay addresses to ask. */
  meet(now: number, addresses: readonly Address[]): void;
  /** There is nobody. */
  alone(now: number): void;
  /** Part of the network, or the first of it. Told once. */
  joined(alone: boolean): void;
}

/** One peer's joining. */
export class Joining {
  readonly #owner: JoiningOwner;
  #entrances: readonly Address[] = [];
  #meetAt = Number.POSITIVE_INFINITY;
  #isJoined = false;
  #isAlone = false;

  constructor(owner: JoiningOwner) {
    this.#owner = owner;
  }

  /** Whether there is nobody, and nobody to turn to. */
  get isAlone(): boolean {
    return this.#isAlone;
  }

  /** When {@link wake} is wanted. */
  get nextWake(): number {
    return this.#meetAt;
  }

  /** Peers that may be asked without any seed. */
  start(entrances: readonly Address[]): void {
    this.#entrances = entrances.slice(0, entrancesMax);
  }

  /** No more of it. */
  stop(): void {
    this.#meetAt = Number.POSITIVE_INFINITY;
    this.#entrances = [];
  }

  /** One more address that may be asked. */
  addEntrance(address: Address): void {
    if (this.#entrances.length >= entrancesMax || this.#entrances.includes(address)) return;
    this.#entrances = [...this.#entrances, address];
  }

  /** The overlay has nobody left to turn to. What it is given comes a moment later: it must not be called back from here. */
  lonely(now: number): void {
    this.#owner.askSeeds(now);
    this.#meetAt = now;
  }

  /** There is a neighbor. */
  found(): void {
    this.#isAlone = false;
    this.#nowJoined(false);
  }

  /** A seed has answered, or has not. */
  seedsHeard(now: number): void {
    if (this.#isAlone || !this.#owner.seedsSettled() || this.#owner.hasProspects()) return;
    this.#isAlone = true;
    this.#owner.alone(now);
    this.#nowJoined(true);
  }

  /** Asks whom there is to ask. */
  wake(now: number): void {
    this.#meetAt = Number.POSITIVE_INFINITY;
    this.seedsHeard(now);
    this.#owner.meet(now, this.#entrances);
  }

  #nowJoined(alone: boolean): void {
    if (this.#isJoined) return;
    this.#isJoined = true;
    this.#owner.joined(alone);
  }
}
