/**
 * How a peer comes into its network, and back into it: its registrations with seeds, and what it does when there is nobody.
 */
import type { Address } from "./address.js";
import type { DownReason, LinkId } from "./effects.js";
import { Joining, type JoiningOwner } from "./joining.js";
import type { Message } from "./message.js";
import type { Beginning, PeerSelf } from "./peer-effects.js";
import type { Random } from "./random.js";
import { Registration, type RegistrationConfig, type RegistrationOwner } from "./registration.js";

/** What the entrance needs of its peer, and whom it tells. */
export interface EntranceOwner
  extends RegistrationOwner,
    Pick<JoiningOwner, "hasProspects" | "meet" | "alone" | "joined"> {}

/** One peer's entrance. */
export class Entrance {
  readonly #registration: Registration;
  readonly #joining: Joining;
  /** What the last seed that failed had to say, as the end of a sentence: most likely why there is nobody. */
  #seedFailure = "";

  constructor(self: PeerSelf, config: RegistrationConfig, random: Random, owner: EntranceOwner) {
    this.#registration = new Registration(self, config, random, {
      dial: (address) => owner.dial(address),
      send: (link, message) => owner.send(link, message),
      close: (link, reason) => owner.close(link, reason),
      registered: (now, seed, answer) => {
        this.#seedFailure = "";
        owner.registered(now, seed, answer);
        this.#joining.seedsHeard(now);
      },
      seedFailed: (now, seed, failure, retryInMs) => {
        this.#seedFailure = `; ${seed} ${failure}`;
        owner.seedFailed(now, seed, failure, retryInMs);
        this.#joining.seedsHeard(now);
      },
      mismatched: (now, seed, theirs) => owner.mismatched?.(now, seed, theirs),
      classicSeed: (now, seed) => owner.classicSeed(now, seed),
    });
    const registration = this.#registration;
    this.#joining = new Joining({
      seedsSettled: () => registration.settled,
      hasProspects: () => owner.hasProspects(),
      askSeeds: (now) => registration.ask(now),
      meet: (now, addresses) => owner.meet(now, addresses),
      alone: (now) => owner.alone(now),
      joined: (alone) => owner.joined(alone),
    });
  }

  /** Whether there is nobody, and nobody to turn to. */
  get isAlone(): boolean {
    return this.#joining.isAlone;
  }

  /** Why there may be nobody, as the end of a sentence; empty when the seeds answer. */
  get seedFailure(): string {
    return this.#seedFailure;
  }

  /** Whether a seed of Hearsay's own protocol answers. */
  get hasSeed(): boolean {
    return this.#registration.answering > 0;
  }

  /** Whether goodbyes to seeds are still on their way. */
  get isParting(): boolean {
    return this.#registration.openLinks > 0;
  }

  /** When {@link wake} is wanted. */
  get nextWake(): number {
    return Math.min(this.#registration.nextWake, this.#joining.nextWake);
  }

  /** Registers with the seeds. */
  start(now: number, { seeds, peers }: Beginning): void {
    this.#joining.start(peers);
    this.#registration.start(now, seeds);
  }

  /** Tells the seeds goodbye. */
  leave(now: number): void {
    this.#joining.stop();
    this.#registration.leave(now);
  }

  /** The overlay has nobody left to turn to. */
  lonely(now: number): void {
    this.#joining.lonely(now);
  }

  /** There is a neighbor. */
  found(): void {
    this.#joining.found();
  }

  /** Somebody who may be asked when there is nobody; not where a seed answers, which knows better. */
  addEntrance(address: Address): void {
    if (!this.hasSeed) this.#joining.addEntrance(address);
  }

  /** Whether the link leads to a seed, and was dialed here. */
  owns(link: LinkId): boolean {
    return this.#registration.owns(link);
  }

  /** A seed has taken the connection. */
  linkUp(now: number, link: LinkId): void {
    this.#registration.linkUp(now, link);
  }

  /** The seed will say nothing more. */
  linkEnded(now: number, link: LinkId): void {
    this.#registration.linkEnded(now, link);
  }

  /** The link to a seed is gone, or could not be made. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.#registration.linkDown(now, link, reason);
  }

  /** A seed says something. */
  receive(now: number, link: LinkId, message: Message): void {
    this.#registration.receive(now, link, message);
  }

  /** Does what is due. */
  wake(now: number): void {
    if (this.#registration.nextWake <= now) this.#registration.wake(now);
    if (this.#joining.nextWake <= now) this.#joining.wake(now);
  }
}
