/**
 * The classic seed: registers peers, hands out the list, and removes the dead.
 *
 * Two things are different from the original, and neither can be seen on the wire. A registration is a lease: a peer
 * that renews it (ours do) is known again by a restarted seed, and one that doesn't (the original) is tested by the
 * seed at the end of each lease and stays as long as it answers. And nobody is removed on hearsay: a death report only
 * makes the seed test the accused at once. A refused connection is proof; silence has to happen more than once.
 */
import { type Address, splitAddress, withIp } from "../address.js";
import type { Core, DownReason, Effects, LinkId } from "../effects.js";
import type { Random } from "../random.js";
import type { SeedConfig } from "./config.js";
import { Exchanges, type Outcome } from "./exchange.js";
import { type ClassicMessage, classicTimestamp, type DeathReport, type Registration } from "./message.js";
import { Registry } from "./registry.js";

/** How a test of a peer by the seed ended. */
export type Evidence = "answered" | "refused" | "silent";

/** What a seed tells its owner. */
export type SeedEvent =
  /** A peer that was not on the list asked to be. */
  | { readonly type: "registered"; readonly peer: Address }
  /** A peer on the list registered again: its lease starts anew. */
  | { readonly type: "renewed"; readonly peer: Address }
  /** Somebody says that a peer is dead. `known`: whether it is registered here; if so it is being tested now. */
  | { readonly type: "reported"; readonly report: DeathReport; readonly remote: Address; readonly known: boolean }
  /** A peer is off the list. `reporters`: how many reports led to the test; 0 when its lease had ended. */
  | { readonly type: "removed"; readonly peer: Address; readonly evidence: Evidence; readonly reporters: number }
  /** A reported peer answered the seed and stays. */
  | { readonly type: "kept"; readonly peer: Address; readonly reporters: number; readonly roundTripMs: number }
  /** Not taken: a message that no seed answers, or one for which there is no room. */
  | {
      readonly type: "refused";
      readonly remote: Address;
      readonly what: ClassicMessage["type"];
      readonly why: "unexpected" | "registrations-full" | "reports-full";
    };

/** A test of one peer, of up to `silencesMax` silent tries. */
interface Check {
  readonly peer: Address;
  readonly pauseMs: number;
  silencesMax: number;
  reporters: number;
  silences: number;
  /** Infinity while a try is under way. */
  nextTryAt: number;
}

/** A seed of the classic network. Reads no clock, opens no socket: see {@link Core}. */
export class SeedCore implements Core<ClassicMessage> {
  readonly #config: SeedConfig;
  readonly #random: Random;
  readonly #effects: Effects<ClassicMessage, SeedEvent>;
  readonly #registry: Registry;
  readonly #exchanges: Exchanges;
  readonly #checks = new Map<Address, Check>();
  /** Connections that others have opened to this seed: where from. */
  readonly #inbound = new Map<LinkId, Address>();
  /** Where this seed was reached: what it calls itself in its own liveness requests. */
  readonly #ownIp: string;
  #nextLeaseCheckAt = 0;

  constructor(
    self: { readonly ip: string },
    config: SeedConfig,
    random: Random,
    effects: Effects<ClassicMessage, SeedEvent>,
  ) {
    this.#ownIp = self.ip;
    this.#config = config;
    this.#random = random;
    this.#effects = effects;
    this.#registry = new Registry(config.leaseMs);
    this.#exchanges = new Exchanges(effects);
  }

  /** Registered peers, in order of arrival. */
  peers(): Address[] {
    return [...this.#registry.addresses()];
  }

  /** How many peers are registered. */
  get size(): number {
    return this.#registry.size;
  }

  linkUp(now: number, link: LinkId, remote: Address): void {
    if (this.#exchanges.has(link)) this.#exchanges.linkUp(now, link);
    else this.#inbound.set(link, remote);
  }

  /**
   * Whoever has ended its side has said all it wants to say, and heard the answer by now or will on the way out: hang
   * up. An original keeps its side open, and closes it when it has read the answer.
   */
  linkEnded(_now: number, link: LinkId): void {
    if (this.#inbound.delete(link)) this.#effects.close(link, "done");
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    if (!this.#inbound.delete(link)) this.#exchanges.linkDown(now, link, reason);
  }

  receive(now: number, link: LinkId, message: ClassicMessage): void {
    const remote = this.#inbound.get(link);
    if (remote === undefined) this.#exchanges.receive(now, link, message);
    else if (message.type === "registration") this.#register(now, link, remote, message);
    else if (message.type === "death-report") this.#reported(now, remote, message);
    else {
      this.#effects.notify({ type: "refused", remote, what: message.type, why: "unexpected" });
      this.#inbound.delete(link);
      this.#effects.close(link, "misbehaved");
    }
  }

  wake(now: number): void {
    const lateness = now - this.nextWake;
    this.#exchanges.wake(now, lateness);
    this.#checkNextLease(now);
    for (const check of [...this.#checks.values()]) if (check.nextTryAt <= now) this.#try(now, check);
  }

  get nextWake(): number {
    let next = Math.min(this.#exchanges.nextWake, this.#nextLeaseWake());
    if (this.#exchanges.size < this.#config.checksMax) {
      for (const check of this.#checks.values()) next = Math.min(next, check.nextTryAt);
    }
    return next;
  }

  /** Ends everything under way. The registrations go with the process: peers renew them with whoever comes next. */
  leave(): void {
    this.#exchanges.abandonAll();
    for (const link of this.#inbound.keys()) this.#effects.close(link, "leaving");
    this.#inbound.clear();
    this.#checks.clear();
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
    this.#effects.notify({ type: isNew ? "registered" : "renewed", peer });
  }

  #reported(now: number, remote: Address, report: DeathReport): void {
    const known = this.#registry.has(report.dead);
    const check = this.#checks.get(report.dead);
    if (known && check === undefined && this.#checks.size >= this.#config.reportsMax) {
      this.#effects.notify({ type: "refused", remote, what: "death-report", why: "reports-full" });
      return;
    }
    this.#effects.notify({ type: "reported", report, remote, known });
    if (!known) return;
    if (check !== undefined) {
      check.reporters++;
      check.silencesMax = this.#config.reportedSilencesMax;
      if (check.nextTryAt !== Number.POSITIVE_INFINITY) check.nextTryAt = now;
    } else {
      this.#checks.set(report.dead, {
        peer: report.dead,
        pauseMs: 0,
        silencesMax: this.#config.reportedSilencesMax,
        reporters: 1,
        silences: 0,
        nextTryAt: now,
      });
    }
  }

  /** At most one ended lease each `leaseCheckIntervalMs`: many idle registrations must not cost more than few. */
  #checkNextLease(now: number): void {
    if (this.#nextLeaseWake() > now) return;
    this.#nextLeaseCheckAt = now + this.#config.leaseCheckIntervalMs;
    const { address } = this.#registry.nextToEnd()!;
    // A lease of its own while it is being tested, so that the next one in line gets its turn.
    this.#registry.renew(now, address);
    if (this.#checks.has(address)) return;
    this.#checks.set(address, {
      peer: address,
      pauseMs: this.#config.recheckMs,
      silencesMax: this.#config.leaseSilencesMax,
      reporters: 0,
      silences: 0,
      nextTryAt: now,
    });
  }

  #nextLeaseWake(): number {
    if (this.#checks.size >= this.#config.reportsMax) return Number.POSITIVE_INFINITY;
    const next = this.#registry.nextToEnd();
    return next === undefined ? Number.POSITIVE_INFINITY : Math.max(next.leaseEndsAt, this.#nextLeaseCheckAt);
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
      this.#checks.delete(check.peer);
      this.#registry.renew(now, check.peer);
      if (check.reporters > 0) {
        const { reporters } = check;
        this.#effects.notify({ type: "kept", peer: check.peer, reporters, roundTripMs: outcome.roundTripMs });
      }
    } else if (outcome.type === "not-tried") {
      check.nextTryAt = now + this.#config.recheckMs;
    } else {
      check.silences++;
      if (outcome.type === "refused") this.#remove(check, "refused");
      else if (check.silences >= check.silencesMax) this.#remove(check, "silent");
      else check.nextTryAt = now + check.pauseMs;
    }
  }

  #remove(check: Check, evidence: Evidence): void {
    this.#checks.delete(check.peer);
    if (this.#registry.remove(check.peer)) {
      this.#effects.notify({ type: "removed", peer: check.peer, evidence, reporters: check.reporters });
    }
  }
}
