/**
 * One peer's own eyes: at whom it looks, why, and when what it sees, or does not see, is held against somebody.
 */
import type { CloseReason, DownReason, LinkId } from "../effects.js";
import type { Contact, PeerId } from "../identity.js";
import type { Hello, Message } from "../message.js";
import type { OwnHealth } from "../own-health.js";
import type { Random } from "../random.js";
import type { Neighbor } from "../views.js";
import type { DirectoryConfig } from "./config.js";
import { IndirectProbes } from "./indirect-probes.js";
import { Inquiries, type Inquiry } from "./inquiries.js";
import type { ProbeRequest, ProbeResult, Summary } from "./messages.js";
import type { Evidence, PeerRecord } from "./record.js";
import type { Stillness } from "./stillness.js";
import { Sweep } from "./sweep.js";
import type { DirectoryTable } from "./table.js";

/** What an observer needs, and whom it tells. */
export interface ObserverOwner {
  /** The neighbors, by their links. */
  neighbors(): readonly Neighbor[];
  /** Opens a link in the native dialect. */
  dial(address: PeerRecord["address"]): LinkId;
  send(link: LinkId, message: Message): void;
  close(link: LinkId, reason: CloseReason): void;
  /** What this peer says of itself on a fresh link. */
  hello(): Hello;
  /** When something last came from the neighbor on a slot. */
  heardAt(slot: number): number;
  /** Since when it answers no probe; Infinity when none waits for its ack. */
  unansweredSince(slot: number): number;
  /** Whether it speaks, and has not answered for some time. */
  isDeaf(now: number, slot: number): boolean;
  /** A peer does not answer. */
  accuse(now: number, record: PeerRecord, evidence: Evidence): void;
  /** A peer that was looked at is there. */
  found(now: number, record: PeerRecord): void;
  /** A random peer has told the sum over its directory. */
  compared(now: number, record: PeerRecord, theirs: Summary): void;
  /** Whether enough accuse it by now. */
  isDecided(id: PeerId): boolean;
}

/** What was last learned of a peer by looking. */
export interface Sighting {
  readonly seenAt: number;
  readonly rttMs: number;
}

/** The most sightings that are remembered. */
const sightingsMax = 4_096;
/** A neighbor heard from within this time is there. */
const freshMs = 1_500;

/** One peer's looks at others. */
export class Observer {
  readonly #ownId: PeerId;
  readonly #config: DirectoryConfig;
  readonly #table: DirectoryTable;
  readonly #health: OwnHealth;
  readonly #owner: ObserverOwner;
  readonly #inquiries: Inquiries;
  readonly #indirectProbes: IndirectProbes;
  readonly #sweep: Sweep;
  readonly #sightings = new Map<PeerId, Sighting>();

  constructor(
    ownId: PeerId,
    config: DirectoryConfig,
    table: DirectoryTable,
    health: OwnHealth,
    stillness: Stillness,
    random: Random,
    owner: ObserverOwner,
  ) {
    this.#ownId = ownId;
    this.#config = config;
    this.#table = table;
    this.#health = health;
    this.#owner = owner;
    this.#inquiries = new Inquiries(config, {
      patience: () => health.patience,
      dial: (address) => owner.dial(address),
      send: (link, message) => owner.send(link, message),
      close: (link, reason) => owner.close(link, reason),
      hello: () => owner.hello(),
      answered: (now, look, epochThere, rttMs) => this.#answered(now, look, epochThere, rttMs),
      failed: (now, look, evidence) => this.#failed(now, look, evidence),
      summary: () => {
        const { lower, upper, count } = table.sums;
        return { type: "summary", lower, upper, count };
      },
      compared: (now, { record }, theirs) => owner.compared(now, record, theirs),
      undecided: () => {},
    });
    this.#indirectProbes = new IndirectProbes(config, random, (slot, message) => this.#send(slot, message));
    this.#sweep = new Sweep(config, stillness, random);
  }

  /** When {@link wake} is wanted. */
  get nextWake(): number {
    return Math.min(this.#inquiries.nextWake, this.#sweep.nextWake);
  }

  /** What was last learned by looking at a peer. */
  sightingOf(id: PeerId): Sighting | undefined {
    return this.#sightings.get(id);
  }

  /** From now on random peers are looked at. */
  start(now: number): void {
    this.#sweep.start(now);
  }

  /** Something has changed after a long time: looks are taken more often. */
  stirred(now: number): void {
    this.#sweep.stirred(now);
  }

  /** No more looks. */
  stop(): void {
    this.#inquiries.leave();
    this.#sweep.stop();
  }

  /** Looks at a peer, with a reason to; `hasSpoken`: it has just closed its link, or had gone on speaking without an answer. */
  look(now: number, record: PeerRecord, hasSpoken = false): void {
    const look = this.#inquiries.begin(now, record);
    if (look === undefined) return;
    look.isUrgent = true;
    look.hasSpoken ||= hasSpoken;
  }

  /** Looks at a neighbor whose link has fallen silent, and asks others to look. */
  doubt(now: number, record: PeerRecord): void {
    this.look(now, record);
    this.#indirectProbes.ask(now, record.id, this.#owner.neighbors());
  }

  /** A dial to somebody who was believed to be there came to nothing. */
  dialFailed(now: number, { id, address }: Contact, reason: DownReason): void {
    const record = this.#table.get(id);
    if (record === undefined || record.address !== address || !this.#table.isPresent(id)) return;
    if (reason === "refused") this.#accuse(now, record, "refused", true);
    else if (reason === "timeout") this.look(now, record);
  }

  /** A neighbor wants to know whether this peer gets through to another. */
  requested(now: number, slot: number, subject: PeerId): void {
    const record = this.#table.get(subject);
    if (record === undefined || !this.#table.isPresent(subject)) return;
    const neighbor = this.#neighbor(subject);
    const isHeard = neighbor !== undefined && now - this.#owner.heardAt(neighbor.slot) < freshMs;
    if (subject === this.#ownId || isHeard) {
      this.#send(slot, { type: "probe-result", subject });
      return;
    }
    const look = this.#inquiries.begin(now, record);
    if (look !== undefined) look.askers |= 1 << slot;
  }

  /** A neighbor that was asked says that it gets through. */
  vouched(now: number, slot: number, subject: PeerId): void {
    this.#indirectProbes.vouched(now, slot, subject);
  }

  /** A neighbor is gone. */
  neighborDown(slot: number): void {
    this.#indirectProbes.neighborDown(slot);
  }

  /** There is a newer record of a peer: what was seen before says nothing of it. */
  forget(id: PeerId): void {
    this.#indirectProbes.forget(id);
  }

  /** A peer is dead. */
  died(now: number, id: PeerId): void {
    this.#sightings.delete(id);
    this.#sweep.died(now, this.#table.present);
  }

  /** Whether the link was dialed to look at somebody. */
  owns(link: LinkId): boolean {
    return this.#inquiries.owns(link);
  }

  /** Such a link is up. */
  linkUp(now: number, link: LinkId): void {
    this.#inquiries.linkUp(now, link);
  }

  /** Its other side says nothing more. */
  linkEnded(now: number, link: LinkId): void {
    this.#inquiries.linkEnded(now, link);
  }

  /** It is gone, or could not be made. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.#inquiries.linkDown(now, link, reason);
  }

  /** Somebody says something on it. */
  receive(now: number, link: LinkId, message: Message): void {
    this.#inquiries.receive(now, link, message);
  }

  /** Does what is due. */
  wake(now: number): void {
    if (this.#inquiries.nextWake <= now) this.#inquiries.wake(now);
    if (this.#sweep.nextWake > now) return;
    const isExempt = ({ id }: PeerRecord) => id === this.#ownId || this.#neighbor(id) !== undefined;
    const record = this.#sweep.next(now, this.#table, isExempt);
    if (record === undefined) return;
    const look = this.#inquiries.begin(now, record);
    if (look === undefined) return;
    look.isUrgent = true;
    look.isComparing = true;
  }

  #answered(now: number, { record, askers, begunAt }: Inquiry, epoch: number, rttMs: number): void {
    this.#health.heard(now);
    if (now - begunAt <= this.#config.checkTimeoutMs / 3) this.#health.answered();
    this.#sweep.found(now);
    this.#sighted(record.id, { seenAt: now, rttMs });
    // Another life of it will make itself known.
    if (epoch !== record.epoch) return;
    this.#owner.found(now, record);
    for (let slot = 0; slot < 8; slot++) {
      if ((askers & (1 << slot)) !== 0) this.#send(slot, { type: "probe-result", subject: record.id });
    }
  }

  #failed(now: number, look: Inquiry, evidence: Evidence): void {
    const { record, begunAt, isUrgent } = look;
    const current = this.#table.get(record.id);
    if (current === undefined || !this.#table.isPresent(record.id)) return;
    if (current.address !== record.address || current.epoch !== record.epoch) return;
    this.#sweep.missed(now);
    if (evidence !== "silent") {
      this.#accuse(now, current, evidence, isUrgent);
      return;
    }
    if (this.#health.isDoubtful(now) || this.#indirectProbes.hasVouched(record.id, begunAt)) return;
    const neighbor = this.#neighbor(record.id);
    const isHeard = neighbor !== undefined && this.#owner.heardAt(neighbor.slot) >= begunAt;
    // On its link it is there, and a fresh one may fail for other reasons: unless nothing is answered on either.
    if (isHeard && this.#owner.unansweredSince(neighbor.slot) > begunAt) return;
    // Whose machine takes up links hears: it has stopped since it spoke.
    const isDeaf =
      (look.hasSpoken && !look.isReached) || (neighbor !== undefined && this.#owner.isDeaf(now, neighbor.slot));
    this.#accuse(now, current, isDeaf ? "deaf" : "silent", isUrgent);
  }

  #accuse(now: number, record: PeerRecord, evidence: Evidence, isUrgent: boolean): void {
    this.#owner.accuse(now, record, evidence);
    if (isUrgent && !this.#owner.isDecided(record.id))
      this.#indirectProbes.ask(now, record.id, this.#owner.neighbors());
  }

  #sighted(id: PeerId, sighting: Sighting): void {
    this.#sightings.delete(id);
    this.#sightings.set(id, sighting);
    if (this.#sightings.size > sightingsMax) this.#sightings.delete(this.#sightings.keys().next().value!);
  }

  #neighbor(id: PeerId): Neighbor | undefined {
    return this.#owner.neighbors().find(({ contact }) => contact.id === id);
  }

  #send(slot: number, message: ProbeRequest | ProbeResult): void {
    const neighbor = this.#owner.neighbors().find((one) => one.slot === slot);
    if (neighbor !== undefined) this.#owner.send(neighbor.link, message);
  }
}
