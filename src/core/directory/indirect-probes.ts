/**
 * Asking others to look at a peer as well (SWIM's indirect probes): they tell a dead peer from a bad way to a living one.
 * Those who get through say so; those who don't accuse it in their own name.
 */
import type { PeerId } from "../identity.js";
import { type Random, sample } from "../random.js";
import type { Neighbor } from "../views.js";
import type { DirectoryConfig } from "./config.js";
import type { ProbeRequest } from "./messages.js";

/** Nobody is asked about the same peer again so soon. */
const askPauseMs = 1_000;
/** Peers that others were asked about; the one asked about first is forgotten. */
const askedMax = 1_024;

interface Asked {
  readonly askedAt: number;
  /** The slots that were asked, as bits: of others no answer counts. */
  slots: number;
  vouchedAt: number;
}

/** The help that one peer asks of its neighbors. */
export class IndirectProbes {
  readonly #config: DirectoryConfig;
  readonly #random: Random;
  readonly #send: (slot: number, message: ProbeRequest) => void;
  readonly #asked = new Map<PeerId, Asked>();

  constructor(config: DirectoryConfig, random: Random, send: (slot: number, message: ProbeRequest) => void) {
    this.#config = config;
    this.#random = random;
    this.#send = send;
  }

  /** Asks some of the neighbors to look at a peer. */
  ask(now: number, subject: PeerId, neighbors: readonly Neighbor[]): void {
    const before = this.#asked.get(subject);
    if (before !== undefined && now - before.askedAt < askPauseMs) return;
    const others = neighbors.filter(({ contact }) => contact.id !== subject);
    const chosen = sample(this.#random, others, this.#config.indirectProbesMax);
    let slots = 0;
    for (const { slot } of chosen) slots |= 1 << slot;
    this.#asked.delete(subject);
    this.#asked.set(subject, { askedAt: now, slots, vouchedAt: before?.vouchedAt ?? Number.NEGATIVE_INFINITY });
    if (this.#asked.size > askedMax) this.#asked.delete(this.#asked.keys().next().value!);
    for (const { slot } of chosen) this.#send(slot, { type: "probe-request", subject });
  }

  /** A neighbor says that it gets through to a peer. */
  vouched(now: number, slot: number, subject: PeerId): void {
    const asked = this.#asked.get(subject);
    if (asked !== undefined && (asked.slots & (1 << slot)) !== 0) asked.vouchedAt = now;
  }

  /** Whether anybody who was asked has got through since then. */
  hasVouched(subject: PeerId, since: number): boolean {
    return (this.#asked.get(subject)?.vouchedAt ?? Number.NEGATIVE_INFINITY) >= since;
  }

  /** There is news of a peer: what others saw before is of no use. */
  forget(subject: PeerId): void {
    this.#asked.delete(subject);
  }

  /** A neighbor is gone: whoever takes its slot was not asked. */
  neighborDown(slot: number): void {
    for (const asked of this.#asked.values()) asked.slots &= ~(1 << slot);
  }
}
