/**
 * How a seed finds out whether a peer still lives: it asks, in the classic dialect, which peers of both dialects answer
 * on their port.
 *
 * Nobody is removed on hearsay: a death report only makes the seed test the accused at once. A refused connection is
 * proof; silence has to happen more than once.
 */
import type { Address } from "../address.js";
import { Exchanges, type Outcome } from "../classic/exchange.js";
import { type ClassicMessage, classicTimestamp } from "../classic/message.js";
import type { DownReason, Effects, LinkId } from "../effects.js";
import type { SeedConfig } from "./config.js";

/** How a test of a peer by the seed ended. */
export type Evidence = "answered" | "refused" | "silent";

/** Whom the tests tell. */
export interface ChecksOwner {
  /** The peer answered. `reporters`: how many reports led to the test; 0 when its lease had ended. */
  alive(now: number, peer: Address, reporters: number, roundTripMs: number): void;
  /** It did not, often enough. */
  gone(peer: Address, evidence: Evidence, reporters: number): void;
}

/** A test of one peer, of up to `silencesMax` silent tries. */
interface Check {
  readonly peer: Address;
  readonly pauseMs: number;
  silencesMax: number;
  /** Who has reported it, each once. */
  readonly reporters: Set<string>;
  silences: number;
  /** Infinity while a try is under way. */
  nextTryAt: number;
}

/** Reporters of one peer that are told apart. */
const reportersMax = 64;

/** All tests that one seed has under way or in mind. */
export class Checks {
  readonly #ownIp: string;
  readonly #config: SeedConfig;
  readonly #owner: ChecksOwner;
  readonly #exchanges: Exchanges;
  readonly #all = new Map<Address, Check>();

  /** @param ownIp - what this seed calls itself when it asks */
  constructor(ownIp: string, config: SeedConfig, effects: Effects<ClassicMessage, never>, owner: ChecksOwner) {
    this.#ownIp = ownIp;
    this.#config = config;
    this.#owner = owner;
    this.#exchanges = new Exchanges(effects);
  }

  /** Whether no further peer can be tested now. */
  get isFull(): boolean {
    return this.#all.size >= this.#config.reportsMax;
  }

  /** When the next try is, or the next deadline of one. */
  get nextWake(): number {
    let next = this.#exchanges.nextWake;
    if (this.#exchanges.size < this.#config.checksMax) {
      for (const check of this.#all.values()) next = Math.min(next, check.nextTryAt);
    }
    return next;
  }

  /** Whether the peer is being tested. */
  has(peer: Address): boolean {
    return this.#all.has(peer);
  }

  /**
   * Somebody says that the peer is dead. Not to be called for a peer that is not tested yet when {@link isFull}.
   *
   * @param reporter - the same text for reports of the same reporter: they count once
   */
  report(now: number, peer: Address, reporter: string): void {
    const check = this.#all.get(peer);
    const silencesMax = this.#config.reportedSilencesMax;
    if (check === undefined) {
      this.#all.set(peer, {
        peer,
        pauseMs: 0,
        silencesMax,
        reporters: new Set([reporter]),
        silences: 0,
        nextTryAt: now,
      });
    } else {
      if (check.reporters.size < reportersMax) check.reporters.add(reporter);
      check.silencesMax = silencesMax;
      if (check.nextTryAt !== Number.POSITIVE_INFINITY) check.nextTryAt = now;
    }
  }

  /** The peer's lease has ended. */
  leaseEnded(now: number, peer: Address): void {
    if (this.#all.has(peer)) return;
    const { recheckMs: pauseMs, leaseSilencesMax: silencesMax } = this.#config;
    this.#all.set(peer, { peer, pauseMs, silencesMax, reporters: new Set(), silences: 0, nextTryAt: now });
  }

  /** Whether the link belongs to a test. */
  owns(link: LinkId): boolean {
    return this.#exchanges.has(link);
  }

  /** The tested peer has taken the connection. */
  linkUp(now: number, link: LinkId): void {
    this.#exchanges.linkUp(now, link);
  }

  /** The connection to a tested peer has ended, or could not be made. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.#exchanges.linkDown(now, link, reason);
  }

  /** A tested peer says something. */
  receive(now: number, link: LinkId, message: ClassicMessage): void {
    this.#exchanges.receive(now, link, message);
  }

  /** Tries whoever is due, and gives up what has taken too long. `latenessMs`: by how much this wake comes too late. */
  wake(now: number, latenessMs: number): void {
    this.#exchanges.wake(now, latenessMs);
    for (const check of [...this.#all.values()]) if (check.nextTryAt <= now) this.#try(now, check);
  }

  /** Ends everything under way. */
  leave(): void {
    this.#exchanges.abandonAll();
    this.#all.clear();
  }

  #try(now: number, check: Check): void {
    if (this.#exchanges.size >= this.#config.checksMax) return;
    check.nextTryAt = Number.POSITIVE_INFINITY;
    this.#exchanges.begin(now, {
      to: check.peer,
      message: { type: "liveness-request", timestamp: classicTimestamp(now), ip: this.#ownIp },
      limitMs: this.#config.checkTimeoutMs,
      onOutcome: (at, outcome) => this.#checked(at, check, outcome),
    });
  }

  #checked(now: number, check: Check, outcome: Outcome): void {
    if (outcome.type === "answered") {
      this.#all.delete(check.peer);
      this.#owner.alive(now, check.peer, check.reporters.size, outcome.roundTripMs);
    } else if (outcome.type === "not-tried") {
      check.nextTryAt = now + this.#config.recheckMs;
    } else {
      check.silences++;
      if (outcome.type === "refused") this.#end(check, "refused");
      else if (check.silences >= check.silencesMax) this.#end(check, "silent");
      else check.nextTryAt = now + check.pauseMs;
    }
  }

  #end(check: Check, evidence: Evidence): void {
    this.#all.delete(check.peer);
    this.#owner.gone(check.peer, evidence, check.reporters.size);
  }
}
