/**
 * The classic peer: registers with a majority of the seeds, links to a few peers, gossips each message once, tests its
 * neighbors' liveness, and reports to the seeds whoever was silent three times.
 *
 * This file is the only switch over incoming messages; what each of them leads to stands in the file of its subject.
 */
import { type Address, isWildcard, joinAddress, splitAddress, withIp } from "../address.js";
import type { Core, DownReason, Effects, LinkId } from "../effects.js";
import type { Random } from "../random.js";
import type { ClassicPeerConfig } from "./config.js";
import { Exchanges } from "./exchange.js";
import { Liveness, type LivenessOwner } from "./liveness.js";
import { type ClassicMessage, classicTimestamp, type DeathReport, type Gossip, ipField } from "./message.js";
import { Neighbors, type NeighborsOwner, type UnlinkReason } from "./neighbors.js";
import { Outbox } from "./outbox.js";
import { Registrations, type RegistrationsOwner, type SeedFailure } from "./registrations.js";
import { SeenTexts } from "./seen.js";

/** What a classic peer tells its owner. */
export type ClassicPeerEvent =
  /** A seed answered a registration. `peers` ends with this peer itself. */
  | { readonly type: "listed"; readonly seed: Address; readonly peers: readonly Address[]; readonly renewal: boolean }
  /** A seed did not answer. `answering` of `majority` wanted seeds do. */
  | {
      readonly type: "seed-failed";
      readonly seed: Address;
      readonly failure: SeedFailure;
      readonly answering: number;
      readonly majority: number;
      readonly retryInMs: number;
    }
  /** The peer is part of the network: it has a neighbor, or there is nobody to be a neighbor. Told once. */
  | { readonly type: "joined"; readonly own: Address; readonly alone: boolean }
  /** A two-way link. `asked`: this side made the request. */
  | { readonly type: "linked"; readonly peer: Address; readonly asked: boolean }
  /** A link ended; `undelivered` messages for that neighbor were given up. */
  | { readonly type: "unlinked"; readonly peer: Address; readonly reason: UnlinkReason; readonly undelivered: number }
  /** Peers are known, and none of them can be linked to. */
  | { readonly type: "alone"; readonly retryInMs: number }
  /** A message seen for the first time; `own`: this peer made it. `seen`: how long the Message List has grown. */
  | { readonly type: "gossip"; readonly gossip: Gossip; readonly own: boolean; readonly seen: number }
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
  /** A seed knows this peer by another address than the one it uses: others will take it for two. */
  | { readonly type: "two-names"; readonly seed: Address; readonly own: Address; readonly also: Address }
  /** This process was away for that long, and makes sure that its links and registrations still stand. */
  | { readonly type: "was-away"; readonly lateMs: number };

/** Thrown when a peer is asked for what it can't do (yet). */
export class PeerError extends Error {
  /** `not-joined`: no seed has answered so far, so the peer does not know its own address. `bad-text`: see the message. */
  readonly code: "not-joined" | "bad-text";

  constructor(code: PeerError["code"], message: string) {
    super(message);
    this.name = "PeerError";
    this.code = code;
  }
}

/** Where a peer listens, and what it calls itself. */
export interface ClassicSelf {
  /** The port it listens on. */
  readonly port: number;
  /** The IP that others reach it by. Without it the peer takes what the first seed tells it. */
  readonly advertiseIp?: string;
}

/** What one read of the original takes: a longer text would be cut. */
const maxTextBytes = 1_024;

/**
 * What a peer has heard in this time is told to a new neighbor as well. While a link is being made, one side counts it
 * before the other, and peers that start together form islands for a moment: without this, what is published just then
 * would stop at the shore. No history: whoever comes later than this has missed it.
 */
const overlapMs = 2_000;
const overlapMax = 1_000;

/** Peers started in the same moment have found each other after this time. */
const formingMs = 1_000;

/** A peer of the classic network. Reads no clock, opens no socket: see {@link Core}. */
export class ClassicPeerCore implements Core<ClassicMessage> {
  readonly #self: ClassicSelf;
  readonly #config: ClassicPeerConfig;
  readonly #effects: Effects<ClassicMessage, ClassicPeerEvent>;
  readonly #exchanges: Exchanges;
  readonly #registrations: Registrations;
  readonly #neighbors: Neighbors;
  readonly #liveness: Liveness;
  readonly #seen: SeenTexts;
  /** Heard within the last {@link overlapMs}, oldest first. */
  readonly #recent: { readonly at: number; readonly gossip: Gossip }[] = [];
  readonly #reports = new Map<Address, Outbox>();
  readonly #inbound = new Map<LinkId, Address>();
  /** Connect requests answered a moment later: by then it shows whether the requester ends its side, as ours do. */
  readonly #requests = new Map<LinkId, { readonly from: Address; readonly answerAt: number }>();
  /** Every address that this peer is known by; the first is the one it uses. */
  readonly #own = new Set<Address>();
  #joined = false;
  #left = false;
  #generated = 0;
  #nextMessageAt = Number.POSITIVE_INFINITY;
  #sequence = 0;

  constructor(
    self: ClassicSelf,
    config: ClassicPeerConfig,
    random: Random,
    effects: Effects<ClassicMessage, ClassicPeerEvent>,
  ) {
    this.#self = self;
    this.#config = config;
    this.#effects = effects;
    this.#exchanges = new Exchanges(effects);
    this.#registrations = new Registrations(this.#exchanges, config, random, this.#registrationsOwner());
    this.#neighbors = new Neighbors(this.#exchanges, config, random, this.#neighborsOwner());
    this.#liveness = new Liveness(this.#exchanges, config, this.#neighbors, this.#livenessOwner());
    this.#seen = new SeenTexts(config.seenMax);
    if (self.advertiseIp !== undefined) {
      const own = joinAddress(self.advertiseIp, self.port);
      if (own !== undefined) this.#own.add(own);
    }
  }

  /** This peer's address; undefined until a seed has told it. */
  get own(): Address | undefined {
    return this.#own.values().next().value;
  }

  /** Whether the peer is part of the network. */
  get joined(): boolean {
    return this.#joined;
  }

  /** Neighbors that answered their last test. */
  neighbors(): Address[] {
    return this.#neighbors.all.filter(({ reachable }) => reachable).map(({ address }) => address);
  }

  /** Messages that this peer generated by itself so far. */
  get generated(): number {
    return this.#generated;
  }

  /** Registers with a majority of the seeds, and goes on from there. */
  start(now: number, seeds: readonly Address[]): void {
    this.#registrations.start(now, seeds);
    this.#liveness.start(now);
  }

  /**
   * Gossips a message of this peer's own.
   *
   * @param body - must begin with `GOSSIP`: the original takes nothing else
   * @throws {@link PeerError} `not-joined` while the own address is unknown; `bad-text` when the body has another
   * beginning, or the whole text is longer than 1,024 bytes in UTF-8
   */
  publish(now: number, body: string): Gossip {
    const origin = this.own;
    if (origin === undefined) throw new PeerError("not-joined", "no seed has answered yet, so there is nobody to tell");
    if (!body.startsWith("GOSSIP")) throw new PeerError("bad-text", "a classic message begins with GOSSIP");
    const timestamp = classicTimestamp(now, this.#sequence++);
    const { ip, port } = splitAddress(origin);
    const text = `${timestamp}:${ipField(ip)}:${port}:${body}`;
    if (utf8Length(text) > maxTextBytes) {
      throw new PeerError(
        "bad-text",
        `a classic message has at most ${maxTextBytes} bytes; this one has ${utf8Length(text)}`,
      );
    }
    const gossip: Gossip = { type: "gossip", text, timestamp, origin, body };
    this.#spread(now, gossip, true);
    return gossip;
  }

  /** Ends everything under way. The classic protocol has no goodbye: neighbors find out by their liveness tests. */
  leave(): void {
    this.#left = true;
    this.#exchanges.abandonAll();
    for (const link of this.#inbound.keys()) this.#effects.close(link, "leaving");
    this.#inbound.clear();
    this.#requests.clear();
  }

  linkUp(now: number, link: LinkId, remote: Address): void {
    if (this.#exchanges.has(link)) this.#exchanges.linkUp(now, link);
    else this.#inbound.set(link, remote);
  }

  linkEnded(now: number, link: LinkId): void {
    if (!this.#inbound.has(link)) return;
    this.#answerRequest(now, link, true);
    if (this.#inbound.delete(link)) this.#effects.close(link, "done");
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.#requests.delete(link);
    if (!this.#inbound.delete(link)) this.#exchanges.linkDown(now, link, reason);
  }

  receive(now: number, link: LinkId, message: ClassicMessage): void {
    const remote = this.#inbound.get(link);
    if (remote === undefined) {
      this.#exchanges.receive(now, link, message);
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
        this.#spread(now, message, false);
        break;
      default:
        this.#effects.notify({ type: "refused", remote, what: message.type });
        this.#inbound.delete(link);
        this.#effects.close(link, "misbehaved");
    }
  }

  wake(now: number): void {
    if (this.#left) return;
    const lateness = now - this.nextWake;
    if (lateness >= 2 * this.#config.probeIntervalMs) this.#wasAway(now, lateness);
    this.#exchanges.wake(now, lateness);
    this.#registrations.wake(now);
    this.#neighbors.wake(now);
    this.#liveness.wake(now);
    for (const outbox of this.#reports.values()) if (outbox.nextWake <= now) outbox.wake(now);
    for (const [link, { answerAt }] of [...this.#requests]) if (answerAt <= now) this.#answerRequest(now, link, false);
    if (this.#nextMessageAt <= now) this.#generate(now);
  }

  get nextWake(): number {
    if (this.#left) return Number.POSITIVE_INFINITY;
    let next = Math.min(
      this.#exchanges.nextWake,
      this.#registrations.nextWake,
      this.#neighbors.nextWake,
      this.#liveness.nextWake,
      this.#nextMessageAt,
    );
    for (const outbox of this.#reports.values()) next = Math.min(next, outbox.nextWake);
    const oldest = this.#requests.values().next().value;
    return oldest === undefined ? next : Math.min(next, oldest.answerAt);
  }

  /** A peer that is known by two addresses looks like two peers to the others, and is linked and tested twice. */
  #knownAs(address: Address, seed: Address): void {
    const { own } = this;
    if (own !== undefined && !this.#own.has(address))
      this.#effects.notify({ type: "two-names", seed, own, also: address });
    this.#own.add(address);
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

  /** A message not seen before goes to every neighbor, the one it came from included: nobody can tell which that is. */
  #spread(now: number, gossip: Gossip, own: boolean): void {
    if (!this.#seen.add(gossip.text)) return;
    this.#effects.notify({ type: "gossip", gossip, own, seen: this.#seen.total });
    for (const { outbox } of this.#neighbors.all) outbox.push(now, gossip);
    const recent = this.#recent;
    while (recent.length >= overlapMax || (recent.length > 0 && recent[0]!.at < now - overlapMs)) recent.shift();
    recent.push({ at: now, gossip });
  }

  #generate(now: number): void {
    this.#generated++;
    this.#nextMessageAt =
      this.#generated < this.#config.messages ? now + this.#config.messageIntervalMs : Number.POSITIVE_INFINITY;
    this.publish(now, `GOSSIP${this.#generated}`);
  }

  /**
   * The first message goes out one interval from now: peers that are started together hear it from the first to the
   * last, and an overlay that is just being made is whole by then.
   */
  #nowJoined(now: number, alone: boolean): void {
    if (this.#joined) return;
    this.#joined = true;
    this.#effects.notify({ type: "joined", own: this.own!, alone });
    if (this.#config.messages > 0) this.#nextMessageAt = now + Math.max(this.#config.messageIntervalMs, formingMs);
  }

  /** Stopped, asleep, or blocked for so long that others may have given this peer up. */
  #wasAway(now: number, lateMs: number): void {
    this.#effects.notify({ type: "was-away", lateMs });
    this.#neighbors.confirm(now);
    this.#registrations.renewAll(now);
  }

  #report(now: number, peer: Address): void {
    const report: DeathReport = {
      type: "death-report",
      dead: peer,
      timestamp: classicTimestamp(now),
      reporterIp: this.#ownIp(),
    };
    this.#effects.notify({ type: "dead", peer, report });
    this.#registrations.forget(peer);
    // To every seed of the config, not only to those of this peer's own majority: the dead one had chosen others.
    for (const seed of this.#registrations.seeds) this.#outboxFor(seed).push(now, report);
  }

  #outboxFor(seed: Address): Outbox {
    let outbox = this.#reports.get(seed);
    if (outbox === undefined) {
      const limits = { waitingMax: 100, limitMs: 3_000, retryMinMs: 500, retryMaxMs: 15_000, failuresMax: 8 };
      outbox = new Outbox(seed, this.#exchanges, limits, {
        dropped: (_now, to, count) => this.#effects.notify({ type: "dropped", to, count }),
        failed: () => {},
      });
      this.#reports.set(seed, outbox);
    }
    return outbox;
  }

  #ownIp(): string {
    return this.own === undefined ? "0.0.0.0" : splitAddress(this.own).ip;
  }

  #registrationsOwner(): RegistrationsOwner {
    return {
      listed: (now, seed, peers, renewal) => {
        const own = peers.at(-1);
        // The seed sees this peer at the connection's source: that it is this port is all that can be checked.
        if (own !== undefined && splitAddress(own).port === this.#self.port) this.#knownAs(own, seed);
        this.#effects.notify({ type: "listed", seed, peers, renewal });
        this.#neighbors.seek(now);
        if (this.own !== undefined && this.#registrations.settled && !this.#hasCandidates()) this.#nowJoined(now, true);
      },
      seedFailed: (now, seed, failure, retryInMs) => {
        const { answering, majority } = this.#registrations;
        this.#effects.notify({ type: "seed-failed", seed, failure, answering, majority, retryInMs });
        const settled = answering > 0 && this.#registrations.settled;
        if (this.own !== undefined && settled && !this.#hasCandidates()) this.#nowJoined(now, true);
      },
      ownAddress: () => this.own ?? joinAddress("0.0.0.0", this.#self.port)!,
    };
  }

  #neighborsOwner(): NeighborsOwner {
    const core = this;
    return {
      linked: (now, peer, asked) => {
        core.#effects.notify({ type: "linked", peer, asked });
        const outbox = core.#neighbors.find(peer)?.outbox;
        for (const { at, gossip } of core.#recent) if (at >= now - overlapMs) outbox?.push(now, gossip);
        if (core.own !== undefined) core.#nowJoined(now, false);
      },
      unlinked: (_now, peer, reason, undelivered) => {
        core.#effects.notify({ type: "unlinked", peer, reason, undelivered });
      },
      alone: (now, retryInMs) => {
        core.#effects.notify({ type: "alone", retryInMs });
        core.#nowJoined(now, true);
      },
      dropped: (_now, to, count) => core.#effects.notify({ type: "dropped", to, count }),
      failed: (now, to, failure) => {
        const neighbor = core.#neighbors.find(to);
        if (failure === "refused" && neighbor !== undefined) core.#neighbors.refused(now, neighbor);
      },
      candidates: () => core.#registrations.union(),
      isOwn: (address) => core.#own.has(address),
      get own() {
        return core.own;
      },
    };
  }

  #livenessOwner(): LivenessOwner {
    const core = this;
    return {
      answered: (_now, peer, roundTripMs) => core.#effects.notify({ type: "alive", peer, roundTripMs }),
      silent: (_now, peer, silences) => core.#effects.notify({ type: "silent", peer, silences }),
      died: (now, peer) => core.#report(now, peer),
      get ownIp() {
        return ipField(core.#ownIp());
      },
    };
  }

  #hasCandidates(): boolean {
    for (const address of this.#registrations.union()) if (!this.#own.has(address)) return true;
    return false;
  }
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return length;
}
