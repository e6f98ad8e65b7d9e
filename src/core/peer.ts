/**
 * A Hearsay peer: who it is linked to, how messages spread, what is remembered, and how all of that is repaired.
 *
 * This file composes the parts, each of which stands in a file of its own, and holds the only switch over incoming
 * messages. A link is a neighbor's, a seed's, or a stranger's; what comes from a neighbor is a sign of life first, and
 * then belongs to one of: overlay, broadcast, reconciliation, watch.
 */
import type { Address } from "./address.js";
import type { ClassicSide } from "./bridge/classic-side.js";
import { Crossing } from "./bridge/crossing.js";
import { Broadcast } from "./broadcast.js";
import { CalmParts } from "./calm-parts.js";
import type { ClassicMessage } from "./classic/message.js";
import type { Core, Dialect, DownReason, LinkId } from "./effects.js";
import { History } from "./history.js";
import type { Contact } from "./identity.js";
import { Joining } from "./joining.js";
import { LinkWatch } from "./link-watch.js";
import type { Envelope, Message } from "./message.js";
import { type Neighbor, Overlay } from "./overlay.js";
import { OwnLife } from "./own-life.js";
import type { PeerConfig } from "./peer-config.js";
import type { Beginning, PeerCounters, PeerEffects, PeerSelf } from "./peer-effects.js";
import type { NeighborState, PeerEvent } from "./peer-events.js";
import { Publisher, type PublishRequest, type Spread } from "./publisher.js";
import type { Random } from "./random.js";
import { Reconciler } from "./reconcile.js";
import { Registration } from "./registration.js";
import { Sequencer } from "./sequencer.js";

export type { Beginning, PeerCounters, PeerEffects, PeerSelf } from "./peer-effects.js";

/** A peer. Reads no clock, opens no socket: see {@link Core}. */
export class PeerCore implements Core<Message | ClassicMessage> {
  readonly #self: PeerSelf;
  readonly #config: PeerConfig;
  readonly #effects: PeerEffects;
  readonly #overlay: Overlay;
  readonly #history: History;
  readonly #own: OwnLife;
  readonly #sequencer: Sequencer;
  readonly #broadcast: Broadcast;
  readonly #reconciler: Reconciler;
  readonly #watch: LinkWatch;
  readonly #publisher: Publisher;
  readonly #registration: Registration;
  readonly #crossing: Crossing;
  readonly #classic: ClassicSide;
  readonly #joining: Joining;
  readonly #calm: CalmParts;
  readonly #counters = { delivered: 0, published: 0, duplicates: 0, gaps: 0 };
  #now = 0;
  /** What the last seed that failed had to say, as the end of a sentence: most likely why there is nobody. */
  #seedFailure = "";
  /** How old the message is that is just being repaired. */
  #repairAgeMs = 0;
  #hasLeft = false;
  #unlinkReason: Extract<PeerEvent, { type: "unlink" }>["reason"] = "gone";

  constructor(self: PeerSelf, config: PeerConfig, random: Random, effects: PeerEffects) {
    this.#self = self;
    this.#config = config;
    this.#effects = effects;
    const dial = (address: Address) => effects.dial(address, "native");
    const send = (link: LinkId, message: Message) => effects.send(link, message);
    const foreign = (address: Address, theirs: string) =>
      effects.notify({ type: "mismatched", address, ours: self.network, theirs });
    const close: PeerEffects["close"] = (link, reason) => effects.close(link, reason);
    this.#history = new History(config.history);
    this.#own = new OwnLife(self, this.#history);
    this.#sequencer = new Sequencer(config.history, this.#history, {
      ordered: (envelope) => effects.ordered(envelope),
    });
    this.#broadcast = new Broadcast(self.contact.id, config.broadcast, this.#history, {
      send,
      deliver: (now, envelope, round) => this.#arrived(now, envelope, round),
      duplicate: () => {
        this.#counters.duplicates++;
      },
    });
    this.#reconciler = new Reconciler(config.reconcile, this.#history, random, {
      send: (link, message) => {
        send(link, message);
        if (message.type === "repair") this.#served(link, message.envelope);
      },
      repaired: (now, slot, { envelope, round, ageMs }) => {
        this.#repairAgeMs = ageMs;
        const isNew = this.#broadcast.repaired(now, slot, envelope, round, ageMs);
        this.#repairAgeMs = 0;
        if (!isNew) this.#counters.duplicates++;
        return isNew;
      },
      gap: (_now, gap) => {
        this.#counters.gaps += gap.count;
        effects.notify({ type: "gap", ...gap });
      },
      skipped: (now, origin, epoch) => this.#sequencer.skipped(now, origin, epoch),
    });
    this.#watch = new LinkWatch(config.links, {
      send,
      taken: (now, slot, mark) => {
        this.#calm.touch();
        this.#publisher.taken(now, slot, mark);
      },
      measured: (rttMs) => this.#broadcast.measured(rttMs),
      lost: (now, slot, why) => this.#drop(now, slot, why),
    });
    this.#publisher = this.#makePublisher();
    this.#joining = this.#makeJoining();
    this.#registration = new Registration(self, config.registration, random, {
      dial,
      send,
      close,
      registered: (now, seed, { contacts, classic }) => {
        effects.notify({ type: "registered", seed, contacts: contacts.length });
        this.#seedFailure = "";
        this.#overlay.meet(now, contacts);
        this.#classic.know(now, classic);
        this.#joining.seedsHeard(now);
      },
      seedFailed: (now, seed, failure, retryInMs) => {
        this.#seedFailure = `; ${seed} ${failure}`;
        effects.notify({ type: "seed-failed", seed, failure, retryInMs });
        this.#joining.seedsHeard(now);
      },
      mismatched: (_now, address, theirs) => foreign(address, theirs),
      classicSeed: (now, seed) => this.#classic.registerWith(now, seed),
    });
    this.#overlay = new Overlay(self, config.overlay, random, {
      dial,
      send,
      close,
      neighborUp: (now, neighbor) => this.#neighborUp(now, neighbor),
      neighborDown: (now, neighbor, why) => this.#neighborDown(now, neighbor, why),
      misbehaved: (_now, remote, said) =>
        effects.notify({ type: "turned-away", remote, reason: "misbehaved", message: `a ${said} has no place there` }),
      lonely: (now) => this.#joining.lonely(now),
      usesOf: (now, { slot }) => this.#broadcast.usesOf(now, slot),
      mismatched: (_now, _link, { self: { address }, network }) => foreign(address, network),
    });
    this.#crossing = new Crossing(self.contact, config.classic, random, effects, {
      crossed: (now, envelope) => this.#crossed(now, envelope),
      nativePeers: () =>
        [...this.#overlay.neighbors.map(({ contact }) => contact), ...this.#overlay.passive].map(addressOf),
      mayBeNative: (address) => {
        // Where a native seed answers, it tells which peers are.
        if (this.#registration.answering === 0) this.#joining.addEntrance(address);
      },
    });
    this.#classic = this.#crossing.side;
    const { side } = this.#crossing;
    this.#calm = new CalmParts([this.#overlay, this.#publisher, this.#registration, side, this.#joining]);
  }

  /** Who this peer is. */
  get self(): PeerSelf {
    return this.#self;
  }

  /** What has happened so far. A snapshot. */
  get counters(): PeerCounters {
    return { ...this.#counters };
  }

  /** Whether there is no neighbor, and nobody to turn to but the seeds. */
  get isAlone(): boolean {
    return this.#joining.isAlone;
  }

  /** When {@link wake} is wanted next. */
  get nextWake(): number {
    if (this.#hasLeft) return this.#registration.nextWake;
    return Math.min(
      this.#calm.nextWake,
      this.#broadcast.nextWake,
      this.#reconciler.nextWake,
      this.#watch.nextWake,
      this.#history.nextWake,
    );
  }

  /** Joins the network. With neither seeds nor peers this is the first peer, and others will come to it. */
  start(now: number, { seeds, peers }: Beginning): void {
    this.#calm.touch();
    this.#joining.start(peers);
    this.#classic.start(now, seeds);
    this.#registration.start(now, seeds);
    this.#overlay.start(now, peers);
    this.#calm.inputOver();
  }

  /** Whether goodbyes are still on their way after {@link leave}: links to seeds that are to be told. */
  get isParting(): boolean {
    return this.#registration.openLinks > 0;
  }

  /** Says goodbye to everybody. Nothing happens after it, but for a moment the seeds are told: see {@link isParting}. */
  leave(now: number): void {
    this.#calm.touch();
    this.#hasLeft = true;
    this.#unlinkReason = "left";
    this.#publisher.leave(now);
    this.#joining.stop();
    this.#registration.leave(now);
    this.#classic.leave();
    this.#overlay.leave(now);
    this.#calm.inputOver();
  }

  /**
   * Publishes a message. The answer is an event, `published` or `publish-failed`, with the request's token; it may come
   * before this returns.
   */
  publish(now: number, request: PublishRequest): void {
    this.#calm.touch();
    const { maxPayloadBytes } = this.#config;
    if (request.payload.length > maxPayloadBytes) {
      const message = `a payload of ${request.payload.length} bytes; this network takes ${maxPayloadBytes} at most`;
      this.#effects.notify({ type: "publish-failed", token: request.token, code: "too-large", message });
    } else this.#publisher.publish(now, request);
    this.#calm.inputOver();
  }

  /** The neighbors, as they are now. */
  neighbors(): readonly NeighborState[] {
    return [...this.#overlay.neighbors.map((neighbor) => this.#watch.stateOf(neighbor)), ...this.#crossing.neighbors()];
  }

  /**
   * The messages that are kept, in order of arrival.
   *
   * @param topic - undefined for every topic
   * @param order - `origin`: only those whose turn has come
   */
  retained(topic: string | undefined, order: "origin" | "any"): Envelope[] {
    const envelopes = this.#history.retained(topic);
    return order === "any" ? envelopes : envelopes.filter((envelope) => this.#sequencer.hasReleased(envelope));
  }

  linkUp(now: number, link: LinkId, remote: Address, dialect: Dialect): void {
    this.#calm.touch();
    if (dialect === "classic") this.#classic.linkUp(now, link, remote);
    else if (this.#registration.owns(link)) this.#registration.linkUp(now, link);
    else this.#overlay.linkUp(now, link, remote);
    this.#calm.inputOver();
  }

  linkEnded(now: number, link: LinkId): void {
    this.#calm.touch();
    if (this.#registration.owns(link)) this.#registration.linkEnded(now, link);
    else if (this.#classic.owns(link)) this.#classic.linkEnded(now, link);
    else this.#overlay.linkEnded(now, link);
    this.#calm.inputOver();
  }

  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.#calm.touch();
    if (this.#registration.owns(link)) this.#registration.linkDown(now, link, reason);
    else if (this.#classic.owns(link)) this.#classic.linkDown(now, link, reason);
    else this.#overlay.linkDown(now, link, reason);
    this.#calm.inputOver();
  }

  receive(now: number, link: LinkId, message: Message | ClassicMessage): void {
    const neighbor = this.#overlay.neighborOn(link);
    if (neighbor !== undefined) {
      this.#fromNeighbor(now, neighbor, message as Message);
      this.#calm.inputOver();
      return;
    }
    this.#calm.touch();
    if (this.#registration.owns(link)) this.#registration.receive(now, link, message as Message);
    else if (this.#classic.owns(link)) this.#classic.receive(now, link, message as ClassicMessage);
    else this.#overlay.receive(now, link, message as Message);
    this.#calm.inputOver();
  }

  congested(now: number, link: LinkId, isCongested: boolean): void {
    this.#calm.touch();
    const neighbor = this.#overlay.neighborOn(link);
    if (neighbor === undefined) return;
    const { slot } = neighbor;
    this.#watch.congested(now, slot, isCongested);
    this.#broadcast.congested(now, slot, isCongested);
    this.#reconciler.congested(now, slot, isCongested);
    this.#effects.notify({ type: "slow", neighbor: this.#watch.stateOf(neighbor), isSlow: isCongested });
    if (!isCongested) this.#publisher.roomMade(now);
    this.#calm.inputOver();
  }

  wake(now: number): void {
    this.#now = now;
    this.#calm.touch();
    if (this.#hasLeft) {
      this.#registration.wake(now);
      return;
    }
    this.#calm.wake(now);
    if (this.#broadcast.nextWake <= now) this.#broadcast.wake(now);
    if (this.#reconciler.nextWake <= now) this.#reconciler.wake(now);
    if (this.#watch.nextWake <= now) this.#watch.wake(now);
    if (this.#history.nextWake <= now) this.#history.forget(now);
    this.#calm.inputOver();
  }

  #fromNeighbor(now: number, neighbor: Neighbor, message: Message): void {
    this.#now = now;
    const { slot } = neighbor;
    this.#watch.heard(now, slot);
    if ((message.type === "gossip" || message.type === "repair") && this.#own.isForged(now, message.envelope)) return;
    switch (message.type) {
      case "gossip":
      case "ihave":
      case "graft":
      case "prune":
        this.#broadcast.receive(now, slot, message);
        break;
      case "digest":
      case "marks":
      case "want":
      case "repair":
        if (!this.#reconciler.receive(now, slot, message)) this.#drop(now, slot, "misbehaved");
        break;
      case "probe":
      case "ack":
        this.#watch.receive(now, slot, message);
        break;
      default:
        this.#calm.touch();
        if (!this.#overlay.receive(now, neighbor.link, message)) this.#drop(now, slot, "misbehaved");
    }
  }

  #arrived(now: number, envelope: Envelope, round: number): void {
    if (this.#own.has(envelope)) this.#counters.published++;
    else this.#counters.delivered++;
    if (!this.#classic.isIdle) {
      this.#calm.touch();
      this.#crossing.spread(now, envelope, this.#repairAgeMs);
    }
    this.#effects.arrived(envelope, round);
    this.#sequencer.arrived(now, envelope);
  }

  /** A message of a classic peer, heard here first. */
  #crossed(now: number, envelope: Envelope): void {
    this.#calm.touch();
    if (this.#history.has(envelope)) return;
    this.#broadcast.publish(now, envelope);
    this.#arrived(now, envelope, 0);
  }

  #neighborUp(now: number, neighbor: Neighbor): void {
    const { slot, link } = neighbor;
    this.#watch.neighborUp(now, slot, link);
    this.#broadcast.neighborUp(neighbor);
    this.#reconciler.neighborUp(now, neighbor);
    this.#effects.notify({ type: "link", neighbor: this.#watch.stateOf(neighbor) });
    this.#publisher.neighborUp(now);
    this.#joining.found();
    this.#classic.becameNative(now, neighbor.contact.address);
  }

  #neighborDown(now: number, neighbor: Neighbor, why = this.#unlinkReason): void {
    const state = this.#watch.stateOf(neighbor);
    this.#watch.neighborDown(neighbor.slot);
    this.#broadcast.neighborDown(neighbor);
    this.#reconciler.neighborDown(now, neighbor);
    this.#effects.notify({ type: "unlink", neighbor: state, reason: why });
    this.#publisher.neighborDown(now, neighbor.slot);
  }

  #drop(now: number, slot: number, why: "silent" | "slow" | "misbehaved"): void {
    this.#calm.touch();
    const neighbor = this.#overlay.neighbors.find((other) => other.slot === slot);
    if (neighbor === undefined) return;
    this.#unlinkReason = why;
    this.#overlay.drop(now, neighbor.link, why === "misbehaved" ? "misbehaved" : "timeout");
    this.#unlinkReason = "gone";
  }

  #makeJoining(): Joining {
    const core = this;
    return new Joining({
      get seedsSettled() {
        return core.#registration.settled;
      },
      get hasProspects() {
        const { neighbors, passive, isSearching } = core.#overlay;
        return isSearching || neighbors.length > 0 || passive.length > 0;
      },
      askSeeds: (now) => this.#registration.ask(now),
      meet: (now, addresses) => this.#overlay.meet(now, addresses),
      alone: (now) => {
        this.#effects.notify({ type: "alone" });
        this.#publisher.alone(now);
      },
      joined: (alone) => this.#effects.notify({ type: "joined", alone }),
    });
  }

  #makePublisher(): Publisher {
    const core = this;
    return new Publisher(this.#config.publish, {
      get isAlone() {
        return core.#joining.isAlone;
      },
      get slots() {
        let slots = 0;
        for (const { slot } of core.#overlay.neighbors) slots |= 1 << slot;
        return slots;
      },
      get hasRoom() {
        return core.#overlay.neighbors.some(({ slot }) => !core.#watch.isCongested(slot));
      },
      spread: (now, request) => this.#spread(now, request),
      resend: (_now, slot, envelope) => {
        const neighbor = this.#overlay.neighbors.find((other) => other.slot === slot)!;
        this.#effects.send(neighbor.link, { type: "repair", ageMs: 0, round: 1, envelope });
      },
      request: (now, slot, mark) => this.#watch.request(now, slot, mark),
      published: (_now, token, envelope, neighbors) => {
        const { origin, epoch, seq, address, publishedAt } = envelope;
        this.#effects.notify({ type: "published", token, id: { origin, epoch, seq }, address, publishedAt, neighbors });
      },
      failed: (_now, token, code, text) => {
        const message = code === "alone" ? text + this.#seedFailure : text;
        this.#effects.notify({ type: "publish-failed", token, code, message });
      },
    });
  }

  /** A neighbor that had asked for a message has been sent it: if it is one of this peer's own, it may count as published. */
  #served(link: LinkId, envelope: Envelope): void {
    const neighbor = this.#own.has(envelope) ? this.#overlay.neighborOn(link) : undefined;
    if (neighbor !== undefined) this.#publisher.served(this.#now, neighbor.slot, envelope.seq);
  }

  #spread(now: number, { topic, payload }: PublishRequest): Spread {
    const envelope = this.#own.next(now, topic, payload);
    const slots = this.#broadcast.publish(now, envelope);
    this.#arrived(now, envelope, 0);
    return { envelope, slots, isAnnounced: payload.length >= this.#config.broadcast.announceFirstBytes };
  }
}

function addressOf({ address }: Contact): Address {
  return address;
}
