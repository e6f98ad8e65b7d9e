/**
 * The parts that a peer is made of, each of which stands in a file of its own, and how they work together: what one of them
 * tells, and to whom it matters. The inputs come in at `peer.ts`.
 */
import type { Address } from "./address.js";
import type { ClassicSide } from "./bridge/classic-side.js";
import { Crossing } from "./bridge/crossing.js";
import { Broadcast } from "./broadcast.js";
import { pageAfter } from "./directory/page.js";
import { type Parting, Presence } from "./directory/presence.js";
import { Questions } from "./directory/questions.js";
import type { PeerRecord, PeerState } from "./directory/record.js";
import { classicStateOf, entryOf, stateOf } from "./directory/states.js";
import type { LinkId } from "./effects.js";
import { Entrance } from "./entrance.js";
import { nativeVersion } from "./greetings.js";
import { History } from "./history.js";
import type { Contact } from "./identity.js";
import { LinkWatch } from "./link-watch.js";
import type { Envelope, Message } from "./message.js";
import { type Neighbor, Overlay } from "./overlay.js";
import type { Loss } from "./overlay-owner.js";
import { OwnHealth } from "./own-health.js";
import { OwnLife } from "./own-life.js";
import type { PeerConfig } from "./peer-config.js";
import type { PeerEffects, PeerSelf } from "./peer-effects.js";
import type { PeerEvent } from "./peer-events.js";
import { Publisher, type PublishRequest, type Spread } from "./publisher.js";
import type { Random } from "./random.js";
import { Reconciler } from "./reconcile.js";
import { Sequencer } from "./sequencer.js";
import {
  allBits,
  broadcastBit,
  calmBits,
  memoryBits,
  overlayBit,
  presenceBit,
  reconcilerBit,
  Wakes,
  watchBit,
} from "./wakes.js";

/** The parts of one peer. */
export class PeerParts {
  // What nearly every input needs comes first: it is one place in memory.
  readonly overlay: Overlay;
  readonly watch: LinkWatch;
  /** When they want to be woken. */
  readonly wakes: Wakes;
  /** The time of the input that is being dealt with. */
  now = 0;
  readonly broadcast: Broadcast;
  readonly reconciler: Reconciler;
  readonly presence: Presence;
  readonly own: OwnLife;
  readonly effects: PeerEffects;
  readonly history: History;
  readonly sequencer: Sequencer;
  readonly classic: ClassicSide;
  readonly entrance: Entrance;
  readonly publisher: Publisher;
  readonly crossing: Crossing;
  readonly self: PeerSelf;
  readonly config: PeerConfig;
  /** What has happened so far. */
  readonly counters = { delivered: 0, published: 0, duplicates: 0, gaps: 0 };
  /** How old the message is that is just being repaired. */
  #repairAgeMs = 0;
  readonly #questions = new Questions();
  #unlinkReason: Extract<PeerEvent, { type: "unlink" }>["reason"] = "gone";

  constructor(self: PeerSelf, config: PeerConfig, random: Random, effects: PeerEffects) {
    this.self = self;
    this.config = config;
    this.effects = effects;
    const dial = (address: Address) => effects.dial(address, "native");
    const send = (link: LinkId, message: Message) => effects.send(link, message);
    const foreign = (address: Address, theirs: string) =>
      effects.notify({ type: "mismatched", address, ours: self.network, theirs });
    const close: PeerEffects["close"] = (link, reason) => effects.close(link, reason);
    this.history = new History(config.history);
    this.own = new OwnLife(self, this.history);
    this.sequencer = new Sequencer(config.history, this.history, {
      ordered: (envelope) => effects.ordered(envelope),
    });
    this.broadcast = new Broadcast(self.contact.id, config.broadcast, this.history, {
      send,
      deliver: (now, envelope, round) => this.#arrived(now, envelope, round),
      duplicate: () => {
        this.counters.duplicates++;
      },
      served: (now, slot, envelope) => this.#served(now, slot, envelope),
    });
    this.reconciler = new Reconciler(config.reconcile, this.history, random, {
      send: (link, message) => {
        send(link, message);
        if (message.type !== "repair") return;
        const slot = this.overlay.neighborOn(link)?.slot;
        if (slot !== undefined) this.#served(this.now, slot, message.envelope);
      },
      repaired: (now, slot, { envelope, round, ageMs }) => {
        this.#repairAgeMs = ageMs;
        const isNew = this.broadcast.repaired(now, slot, envelope, round, ageMs);
        this.#repairAgeMs = 0;
        if (!isNew) this.counters.duplicates++;
        return isNew;
      },
      probe: (now, slot) => this.#probe(now, slot),
      gap: (_now, gap) => {
        this.counters.gaps += gap.count;
        effects.notify({ type: "gap", ...gap });
      },
      skipped: (now, origin, epoch) => this.sequencer.skipped(now, origin, epoch),
    });
    const health = new OwnHealth();
    this.watch = new LinkWatch(config.links, health, {
      send,
      taken: (now, slot, mark) => {
        this.wakes.touch(calmBits);
        this.publisher.taken(now, slot, mark);
      },
      acked: (now, slot, rttMs, isInTime, askedAt) => {
        this.broadcast.measured(rttMs);
        if (this.reconciler.confirmed(now, slot, askedAt)) this.wakes.touch(reconcilerBit);
        if (this.presence.acked(now, slot, rttMs, isInTime)) this.wakes.touch(presenceBit);
      },
      doubted: (now, slot) => {
        this.wakes.touch(presenceBit);
        this.#onSlot(slot, (neighbor) => this.presence.doubted(now, neighbor));
      },
      lost: (now, slot, why) => this.drop(now, slot, why),
      wasAway: (now, forMs) => {
        this.wakes.touch(presenceBit);
        this.presence.wasAway(now, forMs);
      },
    });
    this.presence = this.#makePresence(health, random);
    this.publisher = this.#makePublisher();
    this.entrance = this.#makeEntrance(random, foreign);
    this.overlay = new Overlay(self, config.overlay, random, {
      dial,
      send,
      close,
      neighborUp: (now, neighbor) => this.#neighborUp(now, neighbor),
      neighborDown: (now, neighbor, why) => this.#neighborDown(now, neighbor, why),
      misbehaved: (_now, remote, said) =>
        effects.notify({ type: "turned-away", remote, reason: "misbehaved", message: `a ${said} has no place there` }),
      dialFailed: (now, contact, reason) => {
        this.wakes.touch(presenceBit);
        this.presence.dialFailed(now, contact, reason);
      },
      asked: (now, message) => this.#answer(now, message),
      lonely: (now) => {
        this.wakes.touch(calmBits);
        this.entrance.lonely(now);
      },
      usesOf: (now, { slot }) => this.broadcast.usesOf(now, slot),
      mismatched: (_now, _link, { self: { address }, network }) => foreign(address, network),
    });
    this.crossing = new Crossing(self.contact, config.classic, random, effects, {
      crossed: (now, envelope) => this.#crossed(now, envelope),
      nativePeers: () =>
        [...this.overlay.neighbors.map(({ contact }) => contact), ...this.overlay.passive].map(addressOf),
      mayBeNative: (address) => this.entrance.addEntrance(address),
    });
    this.classic = this.crossing.side;
    this.wakes = new Wakes(this);
  }

  /** The input that is being dealt with may concern everything but the traffic between neighbors. */
  touch(): void {
    this.wakes.touch(calmBits | presenceBit);
  }

  /** From now on links end because this peer leaves. */
  leaving(): void {
    this.#unlinkReason = "left";
  }

  /** Everybody in the directory, this peer included, and its classic neighbors. */
  peers(): readonly PeerState[] {
    const classic = new Map(this.crossing.neighbors().map((neighbor) => [neighbor.address, neighbor]));
    const states: PeerState[] = [];
    for (const record of this.presence.table.records()) {
      states.push(this.stateOf(record));
      // Linked to in the classic dialect for a while, and known by its own: one peer.
      if (classic.size > 0 && this.presence.table.isPresent(record.id)) classic.delete(record.address);
    }
    return [...states, ...[...classic.values()].map(classicStateOf)];
  }

  /** What a stranger asks. */
  #answer(now: number, message: Message): Message | undefined {
    if (message.type === "summary") {
      const { lower, upper, count } = this.presence.table.sums;
      return { type: "summary", lower, upper, count };
    }
    if (message.type !== "directory-request") return undefined;
    const classic = this.crossing.neighbors().map(classicStateOf);
    const known = [...this.presence.table.records(), ...classic];
    if (!this.#questions.take(now, known.length)) return undefined;
    return pageAfter(known, message.after, (one) => entryOf(now, "status" in one ? one : this.stateOf(one)));
  }

  /** One entry of the directory. */
  stateOf(record: PeerRecord): PeerState {
    const neighbor = this.overlay.neighbors.find(({ contact }) => contact.id === record.id);
    if (neighbor === undefined) return stateOf(this.presence, record, undefined, undefined);
    return stateOf(this.presence, record, this.watch.stateOf(neighbor), this.watch.heardAt(neighbor.slot));
  }

  #arrived(now: number, envelope: Envelope, round: number): void {
    if (this.own.has(envelope)) this.counters.published++;
    else this.counters.delivered++;
    if (!this.classic.isIdle) {
      this.wakes.touch(calmBits);
      this.crossing.spread(now, envelope, this.#repairAgeMs);
    }
    this.effects.arrived(envelope, round);
    this.sequencer.arrived(now, envelope);
  }

  /** A message of a classic peer, heard here first. */
  #crossed(now: number, envelope: Envelope): void {
    if (this.history.has(envelope)) return;
    this.wakes.touch(broadcastBit | memoryBits);
    this.broadcast.publish(now, envelope);
    this.#arrived(now, envelope, 0);
  }

  #neighborUp(now: number, neighbor: Neighbor): void {
    this.wakes.touch(allBits);
    const { slot, link } = neighbor;
    this.watch.neighborUp(now, slot, link);
    this.broadcast.neighborUp(neighbor);
    this.reconciler.neighborUp(now, neighbor);
    this.effects.notify({ type: "link", neighbor: this.watch.stateOf(neighbor) });
    this.publisher.neighborUp(now);
    this.entrance.found();
    this.presence.neighborUp(now, neighbor);
    this.classic.becameNative(now, neighbor.contact.address);
  }

  #neighborDown(now: number, neighbor: Neighbor, how: Loss | undefined): void {
    this.wakes.touch(allBits);
    const why = how === "misbehaved" ? how : this.#unlinkReason;
    const state = this.watch.stateOf(neighbor);
    const isDeaf = this.watch.isDeaf(now, neighbor.slot);
    this.watch.neighborDown(neighbor.slot);
    this.broadcast.neighborDown(neighbor);
    this.reconciler.neighborDown(now, neighbor);
    this.effects.notify({ type: "unlink", neighbor: state, reason: why });
    this.publisher.neighborDown(now, neighbor.slot);
    this.presence.neighborDown(now, neighbor, partingOf(how, why), isDeaf);
  }

  /** Gives a neighbor up, by its slot. */
  drop(now: number, slot: number, why: "silent" | "slow" | "deaf" | "misbehaved"): void {
    this.wakes.touch(overlayBit);
    this.#onSlot(slot, (neighbor) => {
      this.#unlinkReason = why;
      this.overlay.drop(now, neighbor.link, why === "misbehaved" ? "misbehaved" : "timeout");
      this.#unlinkReason = "gone";
    });
  }

  #probe(now: number, slot: number): void {
    this.wakes.touch(watchBit);
    this.watch.probeNow(now, slot);
  }

  #onSlot(slot: number, act: (neighbor: Neighbor) => void): void {
    const neighbor = this.overlay.neighbors.find((other) => other.slot === slot);
    if (neighbor !== undefined) act(neighbor);
  }

  #makeEntrance(random: Random, foreign: (address: Address, theirs: string) => void): Entrance {
    const { effects } = this;
    return new Entrance(this.self, this.config.registration, random, {
      dial: (address) => effects.dial(address, "native"),
      send: (link, message) => effects.send(link, message),
      close: (link, reason) => effects.close(link, reason),
      hasProspects: () => {
        const { neighbors, passive, isSearching } = this.overlay;
        return isSearching || neighbors.length > 0 || passive.length > 0;
      },
      meet: (now, addresses) => {
        this.overlay.meet(now, this.presence.some(contactsInNeed));
        this.overlay.meet(now, addresses);
      },
      alone: (now) => {
        effects.notify({ type: "alone" });
        this.publisher.alone(now);
      },
      joined: (alone) => effects.notify({ type: "joined", alone }),
      registered: (now, seed, { contacts, classic }) => {
        effects.notify({ type: "registered", seed, contacts: contacts.length });
        this.overlay.meet(now, contacts);
        this.wakes.touch(presenceBit);
        this.presence.met(now, contacts);
        this.classic.know(now, classic);
      },
      seedFailed: (_now, seed, failure, retryInMs) => effects.notify({ type: "seed-failed", seed, failure, retryInMs }),
      mismatched: (_now, address, theirs) => foreign(address, theirs),
      classicSeed: (now, seed) => this.classic.registerWith(now, seed),
    });
  }

  #makePresence(health: OwnHealth, random: Random): Presence {
    const { contact, epoch, network, tags = {} } = this.self;
    const { effects } = this;
    return new Presence({ contact, epoch, tags }, this.config.directory, health, random, {
      neighbors: () => this.overlay.neighbors,
      dial: (address) => effects.dial(address, "native"),
      send: (link, message) => effects.send(link, message),
      close: (link, reason) => effects.close(link, reason),
      hello: () => ({ type: "hello", version: nativeVersion, network, capabilities: 0, self: contact, epoch }),
      heardAt: (slot) => this.watch.heardAt(slot),
      unansweredSince: (slot) => this.watch.unansweredSince(slot),
      isDeaf: (now, slot) => this.watch.isDeaf(now, slot),
      probe: (now, slot) => this.#probe(now, slot),
      changed: (_now, type, record) => {
        if (record.id !== contact.id) effects.notify({ type, peer: this.stateOf(record) });
      },
      call: (now, stranger) => {
        this.wakes.touch(overlayBit);
        return this.overlay.call(now, stranger);
      },
      healed: (now) => {
        this.wakes.touch(overlayBit);
        this.overlay.mix(now);
      },
      accusedDied: (now, { address }) => {
        this.wakes.touch(calmBits);
        this.classic.reportDeath(now, address);
      },
    });
  }

  #makePublisher(): Publisher {
    return new Publisher(this.config.publish, {
      isAlone: () => this.entrance.isAlone,
      slots: () => {
        let slots = 0;
        for (const { slot } of this.overlay.neighbors) slots |= 1 << slot;
        return slots;
      },
      hasRoom: () => this.overlay.neighbors.some(({ slot }) => !this.watch.isCongested(slot)),
      spread: (now, request) => this.#spread(now, request),
      resend: (_now, slot, envelope) => {
        const neighbor = this.overlay.neighbors.find((other) => other.slot === slot)!;
        this.effects.send(neighbor.link, { type: "repair", ageMs: 0, round: 1, envelope });
      },
      request: (now, slot, mark) => {
        this.wakes.touch(watchBit);
        this.watch.request(now, slot, mark);
      },
      published: (_now, token, envelope, neighbors) => {
        const { origin, epoch, seq, address, publishedAt } = envelope;
        this.effects.notify({ type: "published", token, id: { origin, epoch, seq }, address, publishedAt, neighbors });
      },
      failed: (_now, token, code, text) => {
        const message = code === "alone" ? text + this.entrance.seedFailure : text;
        this.effects.notify({ type: "publish-failed", token, code, message });
      },
    });
  }

  /** A neighbor that had asked for a message has been sent it: if it is one of this peer's own, it may count as published. */
  #served(now: number, slot: number, envelope: Envelope): void {
    if (!this.own.has(envelope)) return;
    this.wakes.touch(calmBits);
    this.publisher.served(now, slot, envelope.seq);
  }

  #spread(now: number, { topic, payload }: PublishRequest): Spread {
    this.wakes.touch(broadcastBit | memoryBits);
    const envelope = this.own.next(now, topic, payload);
    const slots = this.broadcast.publish(now, envelope);
    this.#arrived(now, envelope, 0);
    return { envelope, slots, isAnnounced: payload.length >= this.config.broadcast.announceFirstBytes };
  }
}

/** What the end of a link says of its other side. `why`: what the owner is told. */
function partingOf(how: Loss | undefined, why: Extract<PeerEvent, { type: "unlink" }>["reason"]): Parting {
  if (how === "closed") return how;
  if (how !== "lost") return "ended";
  return why === "gone" ? "lost" : why === "silent" || why === "deaf" ? why : "ended";
}

/** Peers of the directory that are turned to when nobody else is left. */
const contactsInNeed = 8;

function addressOf({ address }: Contact): Address {
  return address;
}
