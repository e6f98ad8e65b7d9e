/**
 * The neighbors of one peer in the classic network, and all that passes between them: links, gossip, liveness tests, and
 * the reports of deaths. Where the peer has heard of the others, and what it has to say itself, is its owner's business:
 * a classic peer lives by the lists of its seeds ({@link ClassicPeerCore}), a Hearsay peer has classic neighbors beside
 * its own kind ({@link ClassicSide}).
 */
import { type Address, isWildcard, splitAddress, withIp } from "../address.js";
import type { DownReason, Effects, LinkId } from "../effects.js";
import type { Random } from "../random.js";
import type { ClassicPeerConfig } from "./config.js";
import { Exchanges } from "./exchange.js";
import { Liveness, type LivenessOwner } from "./liveness.js";
import { type ClassicMessage, classicTimestamp, type DeathReport, type Gossip, ipField } from "./message.js";
import { type Neighbor, Neighbors, type NeighborsOwner, type UnlinkReason } from "./neighbors.js";
import { Outbox } from "./outbox.js";
import { SeenTexts } from "./seen.js";

/** What happens among the neighbors. */
export type NeighborhoodEvent =
  /** A two-way link. `asked`: this side made the request. */
  | { readonly type: "linked"; readonly peer: Address; readonly asked: boolean }
  /** A link ended; `undelivered` messages for that neighbor were given up. */
  | { readonly type: "unlinked"; readonly peer: Address; readonly reason: UnlinkReason; readonly undelivered: number }
  /** Peers are known, and none of them can be linked to. */
  | { readonly type: "alone"; readonly retryInMs: number }
  /** A neighbor answered its liveness test. */
  | { readonly type: "alive"; readonly peer: Address; readonly roundTripMs: number }
  /** A neighbor did not answer, `silences` times in a row. */
  | { readonly type: "silent"; readonly peer: Address; readonly silences: number }
  /** A neighbor is dead; the report goes to every seed. */
  | { readonly type: "dead"; readonly peer: Address; readonly report: DeathReport }
  /** Messages for a peer or seed were given up: too many were waiting, or it failed too often. */
  | { readonly type: "dropped"; readonly to: Address; readonly count: number }
  /** A message came that no peer answers. */
  | { readonly type: "refused"; readonly remote: Address; readonly what: ClassicMessage["type"] }
  /** This process was away for that long, and makes sure that its links and registrations still stand. */
  | { readonly type: "was-away"; readonly lateMs: number };

/** What the neighborhood needs, and whom it tells. */
export interface NeighborhoodOwner
  extends Pick<NeighborsOwner, "candidates" | "rungs" | "isElsewhere" | "isOwn" | "own"> {
  /** The seeds to report deaths to. */
  seeds(): readonly Address[];
  /** A gossip from somebody else, seen for the first time. It has been passed on already. */
  heard(now: number, gossip: Gossip): void;
  /** There is a new neighbor. */
  linked(now: number): void;
  /** Everybody known has been asked, and nobody is linked. */
  alone(now: number): void;
  /** A neighbor is dead, whatever a list of some time ago says. */
  died(now: number, peer: Address): void;
  /** Tells what happened. */
  notify(event: NeighborhoodEvent): void;
}

/**
 * What a peer has heard in this time is told to a new neighbor as well. While a link is being made, one side counts it
 * before the other, and peers that start together form islands for a moment: without this, what is published just then
 * would stop at the shore. No history: whoever comes later than this has missed it.
 */
const overlapMs = 2_000;
const overlapMax = 1_000;

const reportLimits = { waitingMax: 100, limitMs: 3_000, retryMinMs: 500, retryMaxMs: 15_000, failuresMax: 8 };

/** The classic neighbors of one peer. */
export class Neighborhood {
  /** All conversations under way that this peer has begun; its owner may begin others. */
  readonly exchanges: Exchanges;
  readonly #config: ClassicPeerConfig;
  readonly #effects: Effects<ClassicMessage, never>;
  readonly #owner: NeighborhoodOwner;
  readonly #neighbors: Neighbors;
  readonly #liveness: Liveness;
  readonly #seen: SeenTexts;
  /** Heard within the last {@link overlapMs}, oldest first. */
  readonly #recent: { readonly at: number; readonly gossip: Gossip }[] = [];
  readonly #reports = new Map<Address, Outbox>();
  readonly #inbound = new Map<LinkId, Address>();
  /** Connect requests answered a moment later: by then it shows whether the requester ends its side, as ours do. */
  readonly #requests = new Map<LinkId, { readonly from: Address; readonly answerAt: number }>();

  constructor(
    config: ClassicPeerConfig,
    random: Random,
    effects: Effects<ClassicMessage, never>,
    owner: NeighborhoodOwner,
  ) {
    this.#config = config;
    this.#effects = effects;
    this.#owner = owner;
    this.exchanges = new Exchanges(effects);
    this.#neighbors = new Neighbors(this.exchanges, config, random, this.#neighborsOwner());
    this.#liveness = new Liveness(this.exchanges, config, this.#neighbors, this.#livenessOwner());
    this.#seen = new SeenTexts(config.seenMax);
  }

  /** All neighbors, also those that may be dead. */
  get all(): readonly Neighbor[] {
    return this.#neighbors.all;
  }

  /** How many different texts have been seen. */
  get seen(): number {
    return this.#seen.total;
  }

  /** When {@link wake} is wanted next; Infinity when nothing is under way and there is no neighbor. */
  get nextWake(): number {
    let next = Math.min(this.exchanges.nextWake, this.#neighbors.nextWake, this.#liveness.nextWake);
    for (const outbox of this.#reports.values()) next = Math.min(next, outbox.nextWake);
    const oldest = this.#requests.values().next().value;
    return oldest === undefined ? next : Math.min(next, oldest.answerAt);
  }

  /** Begins the liveness rounds. */
  start(now: number): void {
    this.#liveness.start(now);
  }

  /** There are new candidates: looks for neighbors, if some are missing. */
  seek(now: number): void {
    this.#neighbors.seek(now);
  }

  /** Ends the link to a neighbor, if there is one: there is no need for it any more. */
  drop(now: number, address: Address): void {
    this.#neighbors.drop(now, address, "disowned");
  }

  /** Looks for neighbors unless a search is under way already, or waits for its next round. */
  review(now: number): void {
    this.#neighbors.review(now);
  }

  /**
   * Gossips a message, unless it has been seen before. It goes to every neighbor, the one it came from included: nobody
   * can tell which that is. Returns whether it was new.
   */
  spread(now: number, gossip: Gossip): boolean {
    if (!this.#seen.add(gossip.text)) return false;
    for (const { outbox } of this.#neighbors.all) outbox.push(now, gossip);
    const recent = this.#recent;
    while (recent.length >= overlapMax || (recent.length > 0 && recent[0]!.at < now - overlapMs)) recent.shift();
    recent.push({ at: now, gossip });
    return true;
  }

  /** Ends everything under way. The classic protocol has no goodbye: neighbors find out by their liveness tests. */
  leave(): void {
    this.exchanges.abandonAll();
    for (const link of this.#inbound.keys()) this.#effects.close(link, "leaving");
    this.#inbound.clear();
    this.#requests.clear();
  }

  /** Whether the link is one of those that {@link linkUp} was told of, or is being dialed. */
  owns(link: LinkId): boolean {
    return this.#inbound.has(link) || this.exchanges.has(link);
  }

  /** A link is up: one that was dialed here, or somebody else's. */
  linkUp(now: number, link: LinkId, remote: Address): void {
    if (this.exchanges.has(link)) this.exchanges.linkUp(now, link);
    else this.#inbound.set(link, remote);
  }

  /** The other side will send no more. */
  linkEnded(now: number, link: LinkId): void {
    if (!this.#inbound.has(link)) return;
    this.#answerRequest(now, link, true);
    if (this.#inbound.delete(link)) this.#effects.close(link, "done");
  }

  /** A link is gone. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.#requests.delete(link);
    if (!this.#inbound.delete(link)) this.exchanges.linkDown(now, link, reason);
  }

  /** A message arrived. */
  receive(now: number, link: LinkId, message: ClassicMessage): void {
    const remote = this.#inbound.get(link);
    if (remote === undefined) {
      this.exchanges.receive(now, link, message);
      return;
    }
    switch (message.type) {
      case "connect-request":
        this.#requests.set(link, { from: message.from, answerAt: now + 1 });
        break;
      case "liveness-request": {
        const { timestamp, ip } = message;
        this.#effects.send(link, { type: "liveness-reply", timestamp, ip, ownIp: this.#ownIp() });
        break;
      }
      case "gossip":
        if (this.spread(now, message)) this.#owner.heard(now, message);
        break;
      default:
        this.#owner.notify({ type: "refused", remote, what: message.type });
        this.#inbound.delete(link);
        this.#effects.close(link, "misbehaved");
    }
  }

  /**
   * Does what is due.
   *
   * @param latenessMs - how much later than it was wanted. After two rounds' time this process was stopped, asleep, or
   *   blocked for so long that others may have given it up: it asks its neighbors
   * @returns whether it was away
   */
  wake(now: number, latenessMs: number): boolean {
    const wasAway = latenessMs >= 2 * this.#config.probeIntervalMs;
    if (wasAway) {
      this.#owner.notify({ type: "was-away", lateMs: latenessMs });
      this.#neighbors.confirm(now);
    }
    this.exchanges.wake(now, latenessMs);
    this.#neighbors.wake(now);
    this.#liveness.wake(now);
    for (const outbox of this.#reports.values()) if (outbox.nextWake <= now) outbox.wake(now);
    for (const [link, { answerAt }] of [...this.#requests]) if (answerAt <= now) this.#answerRequest(now, link, false);
    return wasAway;
  }

  /** Answers a connect request; `isHearsay`: the requester has ended its side already. */
  #answerRequest(now: number, link: LinkId, isHearsay: boolean): void {
    const request = this.#requests.get(link);
    const remote = this.#inbound.get(link);
    this.#requests.delete(link);
    if (request === undefined || remote === undefined) return;
    const from = isWildcard(request.from) ? withIp(request.from, splitAddress(remote).ip)! : request.from;
    if (this.#neighbors.requested(now, from, isHearsay)) {
      this.#effects.send(link, { type: "connect-accepted" });
      return;
    }
    this.#inbound.delete(link);
    this.#effects.close(link, "full");
  }

  /** Tells all seeds that a peer is dead. */
  reportDeath(now: number, peer: Address): void {
    this.#tellSeeds(now, this.#reportOf(now, peer));
  }

  #report(now: number, peer: Address): void {
    const report = this.#reportOf(now, peer);
    this.#owner.notify({ type: "dead", peer, report });
    this.#owner.died(now, peer);
    this.#tellSeeds(now, report);
  }

  #reportOf(now: number, peer: Address): DeathReport {
    return { type: "death-report", dead: peer, timestamp: classicTimestamp(now), reporterIp: this.#ownIp() };
  }

  /** Every seed of the config, not only those of this peer's own majority: the dead one had chosen others. */
  #tellSeeds(now: number, report: DeathReport): void {
    for (const seed of this.#owner.seeds()) this.#outboxFor(seed).push(now, report);
  }

  #outboxFor(seed: Address): Outbox {
    let outbox = this.#reports.get(seed);
    if (outbox === undefined) {
      outbox = new Outbox(seed, this.exchanges, reportLimits, {
        dropped: (_now, to, count) => this.#owner.notify({ type: "dropped", to, count }),
        failed: () => {},
      });
      this.#reports.set(seed, outbox);
    }
    return outbox;
  }

  #ownIp(): string {
    const own = this.#owner.own();
    return own === undefined ? "0.0.0.0" : splitAddress(own).ip;
  }

  #linked(now: number, peer: Address, asked: boolean): void {
    this.#liveness.linked(now);
    this.#owner.notify({ type: "linked", peer, asked });
    const outbox = this.#neighbors.find(peer)?.outbox;
    for (const { at, gossip } of this.#recent) if (at >= now - overlapMs) outbox?.push(now, gossip);
    this.#owner.linked(now);
  }

  #neighborsOwner(): NeighborsOwner {
    const owner = this.#owner;
    return {
      linked: (now, peer, asked) => this.#linked(now, peer, asked),
      unlinked: (_now, peer, reason, undelivered) => owner.notify({ type: "unlinked", peer, reason, undelivered }),
      alone: (now, retryInMs) => {
        owner.notify({ type: "alone", retryInMs });
        owner.alone(now);
      },
      dropped: (_now, to, count) => owner.notify({ type: "dropped", to, count }),
      failed: (now, to, failure) => {
        const neighbor = this.#neighbors.find(to);
        if (failure === "refused" && neighbor !== undefined) this.#neighbors.refused(now, neighbor);
      },
      candidates: () => owner.candidates(),
      rungs: () => owner.rungs?.() ?? owner.candidates(),
      isOwn: (address) => owner.isOwn(address),
      isElsewhere: () => owner.isElsewhere?.() === true,
      own: () => owner.own(),
    };
  }

  #livenessOwner(): LivenessOwner {
    return {
      answered: (_now, peer, roundTripMs) => this.#owner.notify({ type: "alive", peer, roundTripMs }),
      silent: (_now, peer, silences) => this.#owner.notify({ type: "silent", peer, silences }),
      died: (now, peer) => this.#report(now, peer),
      ownIp: () => ipField(this.#ownIp()),
    };
  }
}
