/** One seed, as an endpoint shows it. */
import type { Address } from "../core/address.js";
import type { SeedEvent } from "../core/seed/seed.js";
import { now } from "../net/clock.js";
import type { Seed } from "../net/seed.js";
import type { NameOf } from "./peer-pages.js";
import type { RegistrationAnswer, Someone, StreamEvent } from "./schemas.js";
import type { SeedPages, Subject } from "./subject.js";

/** Reads a running seed. */
export function seedPagesOf(seed: Seed, name: string | null, nameOf: NameOf): SeedPages {
  return {
    who: { id: null, name, address: seed.address },
    registrations: () =>
      seed
        .registrations()
        .map(
          ({ id, address, epoch, since, renewedAt }): RegistrationAnswer => ({
            id: id ?? null,
            name: nameOf(address),
            address,
            epoch,
            since,
            renewedAt,
          }),
        )
        .sort((a, b) => (a.address < b.address ? -1 : 1)),
    config: () => ({ ...seed.config }),
  };
}

/** Shows a seed; it is told what happens there. */
export class SeedSubject implements Subject {
  readonly kind = "seed";
  readonly #seed: Seed;
  readonly #pages: SeedPages;
  readonly #startedAt = now();
  readonly #listeners = new Set<(event: StreamEvent) => void>();
  #registrations = 0;
  #removals = 0;

  constructor(seed: Seed) {
    this.#seed = seed;
    this.#pages = seedPagesOf(seed, null, () => null);
  }

  /** Something happened at the seed. */
  event(event: SeedEvent): void {
    if (event.type === "registered") this.#registrations++;
    if (event.type === "removed" || event.type === "unregistered") this.#removals++;
    if (this.#listeners.size === 0) return;
    const streamed = registrationEvent(event, this.#pages.who, () => null);
    if (streamed === undefined) return;
    for (const tell of this.#listeners) tell(streamed);
  }

  self(): ReturnType<Subject["self"]> {
    const { address, network } = this.#seed;
    const actions: [] = [];
    return { id: null, address, network, dialect: "mixed", tags: {}, startedAt: this.#startedAt, actions };
  }

  notReady(): string[] {
    return [];
  }

  counters(): ReturnType<Subject["counters"]> {
    const { size: registered, connections } = this.#seed;
    const counts = { registered, connections, registrations: this.#registrations, removals: this.#removals };
    return { kind: "seed", at: now(), upMs: now() - this.#startedAt, ...counts };
  }

  peers(): [] {
    return [];
  }

  seeds(): SeedPages[] {
    return [this.#pages];
  }

  listen(tell: (event: StreamEvent) => void): () => void {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  }
}

/** What happened at a seed, in the words of the stream; undefined for what happens all the time. */
export function registrationEvent(event: SeedEvent, seed: Someone, nameOf: NameOf): StreamEvent | undefined {
  const about = (address: Address) => ({
    type: "registration" as const,
    at: now(),
    seed,
    peer: { id: null, name: nameOf(address), address },
  });
  switch (event.type) {
    case "registered":
      return { ...about(event.peer), change: "added", reason: null };
    case "removed":
      return { ...about(event.peer), change: "removed", reason: event.evidence };
    case "unregistered":
      return { ...about(event.peer), change: "removed", reason: "it left" };
    case "kept":
      return { ...about(event.peer), change: "kept", reason: null };
    default:
      return undefined;
  }
}
