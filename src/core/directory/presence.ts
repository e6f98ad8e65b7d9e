/**
 * Who is there, and who is not: one peer's directory, and its part in keeping that of all others true.
 *
 * - **Neighbors are the observers.** Links are few and two-way, so each peer is watched by some five others, without any
 *   traffic but what is on the links anyway. A link that breaks without a goodbye, or falls silent, makes its other side
 *   look again over a fresh connection, and ask others to look as well.
 * - **One accuser decides nothing**; see `suspicions.ts`. Who is accused hears of it, and refutes.
 * - **Sweep.** When many die at once, some have no living neighbor. So each peer now and then looks at a random one; more
 *   often when such looks fail.
 * - **Goodbye.** Who leaves says so: it has left, and was never dead.
 *
 * What is known travels by rumor (`rumors.ts`) and is compared now and then (`comparison.ts`).
 */
import type { DownReason, LinkId } from "../effects.js";
import type { Contact, PeerId } from "../identity.js";
import type { Message } from "../message.js";
import type { OwnHealth } from "../own-health.js";
import { Pace } from "../pace.js";
import type { Random } from "../random.js";
import type { Neighbor } from "../views.js";
import { Comparison } from "./comparison.js";
import type { DirectoryConfig } from "./config.js";
import { Islands } from "./islands.js";
import { Jury } from "./jury.js";
import type { DirectoryMessage, News } from "./messages.js";
import { Observer, type Sighting } from "./observer.js";
import { OwnRecord } from "./own-record.js";
import type { Parting, PresenceOwner, PresenceSelf } from "./presence-owner.js";
import { Probation } from "./probation.js";
import { Pulse } from "./pulse.js";
import { type Accusation, isNewer, type PeerRecord, type Tags } from "./record.js";
import { Returns } from "./returns.js";
import { Rumors } from "./rumors.js";
import { Stillness } from "./stillness.js";
import { Strangers } from "./strangers.js";
import { isAbout, isOfDeafness } from "./suspicions.js";
import { DirectoryTable } from "./table.js";

export type { Sighting } from "./observer.js";
export type { Parting, PresenceOwner, PresenceSelf } from "./presence-owner.js";

/** One peer's directory. */
export class Presence {
  readonly #config: DirectoryConfig;
  readonly #owner: PresenceOwner;
  readonly #own: OwnRecord;
  readonly #table: DirectoryTable;
  readonly #jury: Jury;
  readonly #rumors: Rumors;
  readonly #comparison: Comparison;
  readonly #observer: Observer;
  readonly #probation: Probation;
  readonly #strangers: Strangers;
  readonly #islands = new Islands();
  readonly #stillness = new Stillness();
  readonly #returns = new Returns();
  readonly #pulse: Pulse;
  readonly #pace = new Pace();
  readonly #isFull: boolean;
  /** Since when there is no neighbor. */
  #aloneSince = Number.POSITIVE_INFINITY;
  #isOver = true;

  constructor(
    { contact, epoch, tags }: PresenceSelf,
    config: DirectoryConfig,
    health: OwnHealth,
    random: Random,
    owner: PresenceOwner,
  ) {
    this.#config = config;
    this.#owner = owner;
    this.#isFull = config.directory === "full";
    this.#own = new OwnRecord(contact, epoch, tags);
    this.#table = new DirectoryTable(config, (now, type, record) => {
      this.#comparison.changed(now);
      this.#islands.changed(now);
      this.#stir(now);
      owner.changed(now, type, record);
    });
    this.#jury = new Jury(contact.id, config, this.#table, health, this.#pace, random, {
      accused: (now, accusation, from) => {
        if (this.#isFull) this.#rumors.addAccusation(now, accusation, this.#slotsBut(from));
      },
      unclear: (now, record) => this.#observer.look(now, record),
      died: (now, record, accusations) => this.#died(now, record, accusations),
      wasDeaf: (id) => this.#probation.wasDeaf(id),
    });
    this.#rumors = new Rumors(config.newsHoldMs, (slot, news) => this.#send(slot, news));
    this.#comparison = new Comparison(config, this.#table, this.#stillness, random, {
      send: (slot, message) => this.#send(slot, message),
      differs: (now) => this.#stir(now),
      accusationsOf: (id) => this.#jury.accusationsOf(id),
    });
    this.#observer = new Observer(contact.id, config, this.#table, health, this.#stillness, random, {
      neighbors: () => owner.neighbors(),
      dial: (address) => owner.dial(address),
      send: (link, message) => owner.send(link, message),
      close: (link, reason) => owner.close(link, reason),
      hello: () => owner.hello(),
      heardAt: (slot) => owner.heardAt(slot),
      unansweredSince: (slot) => owner.unansweredSince(slot),
      isDeaf: (now, slot) => owner.isDeaf(now, slot),
      accuse: (now, record, evidence) => this.#jury.accuse(now, record, evidence),
      found: (now, record) => this.#jury.found(now, record),
      compared: (now, record, theirs) => {
        const { lower, upper } = this.#table.sums;
        const isSame = lower === theirs.lower && upper === theirs.upper;
        if (!isSame) this.#stir(now);
        if (this.#islands.compared(now, isSame || this.#comparison.isOfNeighbor(theirs))) owner.call(now, record);
      },
      isDecided: (id) => this.#jury.isDecided(id),
    });
    this.#probation = new Probation(config, (now, slot) => owner.probe(now, slot));
    this.#strangers = new Strangers(contact.id, this.#table, random);
    this.#pulse = new Pulse(contact.id, this.#table, this.#stillness);
  }

  /** What this peer says of itself. */
  get own(): PeerRecord {
    return this.#own.record;
  }

  /** The entries. For reading only. */
  get table(): Pick<DirectoryTable, "get" | "isPresent" | "present" | "records" | "sinceOf" | "statusOf" | "sums"> {
    return this.#table;
  }

  /** When {@link wake} is wanted. */
  get nextWake(): number {
    if (this.#isOver) return Number.POSITIVE_INFINITY;
    return Math.min(
      this.#rumors.nextWake,
      this.#jury.nextWake,
      this.#observer.nextWake,
      this.#comparison.nextWake,
      this.#table.nextWake,
      this.#strangers.nextWake,
      this.#pulse.nextWake,
      this.#own.refuteAt,
    );
  }

  /** What was last learned by looking at a peer. */
  sightingOf(id: PeerId): Sighting | undefined {
    return this.#observer.sightingOf(id);
  }

  /** From now on this peer is in its directory. */
  start(now: number): void {
    this.#isOver = false;
    this.#aloneSince = now;
    this.#table.put(now, this.#own.record);
    if (!this.#isFull) return;
    this.#observer.start(now);
    this.#pulse.start(now);
  }

  /** Tells all neighbors that this peer leaves. Nothing happens after it. */
  leave(now: number): void {
    if (this.#isOver) return;
    this.#say(now, this.#own.change({ hasLeft: true }));
    this.#rumors.flush(now);
    this.#isOver = true;
    this.#observer.stop();
    this.#strangers.stop();
  }

  /** A seed has named these. */
  met(now: number, contacts: readonly Contact[]): void {
    if (this.#isFull && !this.#isOver) this.#strangers.met(now, contacts);
  }

  /** Changes what this peer says of itself. The tags are checked by the caller. */
  setTags(now: number, tags: Tags): void {
    if (!this.#isOver) this.#say(now, this.#own.change({ tags }));
  }

  /** Some peers that may be there, one after the other: for who has lost all others. */
  some(count: number): Contact[] {
    const found = new Map<PeerId, Contact>();
    for (let tries = 0; tries < 4 * count && found.size < count; tries++) {
      const record = this.#table.next();
      if (record === undefined) break;
      const { id, address, hasLeft } = record;
      if (id !== this.own.id && !hasLeft) found.set(id, { id, address });
    }
    return [...found.values()];
  }

  // Neighbors

  /** A new neighbor. */
  neighborUp(now: number, { slot, contact }: Neighbor): void {
    if (now - this.#aloneSince > this.#config.forgetAfterMs / 2) this.#distrust(now);
    this.#aloneSince = Number.POSITIVE_INFINITY;
    this.#send(slot, { type: "news", records: [this.own], ended: [], accusations: [] });
    if (this.#isFull) this.#comparison.neighborUp(now, slot, this.own.id < contact.id);
  }

  /** No longer a neighbor; `isDeaf`: it went on speaking, and has not answered for some time. */
  neighborDown(now: number, { slot, contact }: Neighbor, why: Parting, isDeaf = false): void {
    this.#rumors.neighborDown(slot);
    this.#comparison.neighborDown(slot);
    this.#observer.neighborDown(slot);
    this.#probation.end(slot);
    if (this.#owner.neighbors().length === 0) this.#aloneSince = now;
    const record = this.#table.get(contact.id);
    if (record === undefined || this.#isOver) return;
    if (why === "deaf" || (isDeaf && !this.#table.isPresent(contact.id))) this.#jury.accuse(now, record, "deaf");
    else if (!this.#table.isPresent(contact.id)) return;
    else if (why !== "ended") this.#observer.look(now, record, why === "closed" || isDeaf);
    else if (!this.#isFull) this.#table.remove(contact.id);
  }

  /** A neighbor's link has fallen silent: the first of several signs. */
  doubted(now: number, { slot, contact }: Neighbor): void {
    this.#probation.silent(now, slot);
    const record = this.#table.get(contact.id);
    if (record !== undefined && this.#table.isPresent(contact.id)) this.#observer.doubt(now, record);
  }

  /** A neighbor has answered a probe; `isInTime`: without delay. @returns whether that is news for the directory */
  acked(now: number, slot: number, rttMs: number, isInTime: boolean): boolean {
    // One that was busy says nothing of the way to it.
    if (isInTime) this.#pace.measured(rttMs);
    const record = this.#probation.acked(now, slot, isInTime);
    if (record === undefined) return false;
    this.#accept(now, record, slot);
    // Now what it says of others is believed as well.
    this.#comparison.compare(slot);
    return true;
  }

  /** A dial to somebody who was believed to be there came to nothing. */
  dialFailed(now: number, contact: Contact, reason: DownReason): void {
    if (!this.#isOver) this.#observer.dialFailed(now, contact, reason);
  }

  /** This process was stopped or blocked for so long, and has heard nothing. */
  wasAway(now: number, forMs: number): void {
    this.#jury.postpone(now, this.#config.silentGraceMs);
    if (forMs > this.#config.forgetAfterMs / 2) this.#distrust(now);
  }

  // Links that look

  /** Whether the link was dialed to look at somebody. */
  owns(link: LinkId): boolean {
    return this.#observer.owns(link);
  }

  /** Such a link is up. */
  linkUp(now: number, link: LinkId): void {
    this.#observer.linkUp(now, link);
  }

  /** Its other side says nothing more. */
  linkEnded(now: number, link: LinkId): void {
    this.#observer.linkEnded(now, link);
  }

  /** It is gone, or could not be made. */
  linkDown(now: number, link: LinkId, reason: DownReason): void {
    this.#observer.linkDown(now, link, reason);
  }

  /** Somebody says something on it. */
  receiveOn(now: number, link: LinkId, message: Message): void {
    this.#observer.receive(now, link, message);
  }

  /** A message of the directory's own from a neighbor. @returns false when it makes no sense */
  receive(now: number, neighbor: Neighbor, message: DirectoryMessage): boolean {
    const { slot } = neighbor;
    switch (message.type) {
      case "news":
        this.#news(now, neighbor, message);
        return true;
      case "summary":
      case "sums":
      case "versions":
      case "ask":
        return !this.#isFull || this.#comparison.receive(now, slot, message);
      case "probe-request":
        this.#observer.requested(now, slot, message.subject);
        return true;
      case "probe-result":
        this.#observer.vouched(now, slot, message.subject);
        return true;
    }
  }

  /** Does what is due. */
  wake(now: number): void {
    if (this.#isOver) return;
    if (this.#own.refuteAt <= now) this.#say(now, this.#own.refute(now));
    if (this.#pulse.nextWake <= now && this.#pulse.isDue(now)) this.#say(now, this.#own.change({}));
    if (this.#observer.nextWake <= now) this.#observer.wake(now);
    if (this.#jury.nextWake <= now) this.#jury.wake(now);
    if (this.#comparison.nextWake <= now) this.#comparison.wake(now);
    if (this.#table.nextWake <= now) this.#table.forget(now);
    if (this.#strangers.nextWake <= now) {
      const stranger = this.#strangers.next(now);
      if (stranger !== undefined) this.#owner.call(now, stranger);
    }
    if (this.#rumors.nextWake <= now) this.#rumors.flush(now);
  }

  // What others say

  #news(now: number, neighbor: Neighbor, { records, ended, accusations }: News): void {
    const endedIds = new Set(ended.map(({ record }) => record.id));
    for (const record of records) this.#record(now, neighbor, record);
    for (const { record, agoMs } of ended) {
      if (this.#table.get(record.id) !== undefined) this.#record(now, neighbor, record, agoMs);
      else if (this.#isFull && agoMs < this.#config.forgetAfterMs / 2) {
        const its = accusations.filter((accusation) => isAbout(accusation, record));
        if (record.hasLeft) this.#table.put(now, record, agoMs);
        else this.#table.putDead(now, record, its, agoMs);
      }
    }
    for (const accusation of accusations) {
      this.#accused(now, neighbor, accusation, endedIds.has(accusation.subject));
    }
  }

  #record(now: number, { slot, contact }: Neighbor, record: PeerRecord, agoMs = 0): void {
    const { id } = record;
    if (id === this.own.id) {
      if (isNewer(record, this.own)) this.#own.impersonated(now, record);
      return;
    }
    if (!this.#isFull && id !== contact.id) return;
    const known = this.#table.get(id);
    if (known !== undefined && !isNewer(record, known)) {
      if (id === contact.id) this.#correct(slot, known, record);
      return;
    }
    if (!this.#isBack(record)) this.#accept(now, record, slot, agoMs);
    else if (id === contact.id)
      this.#probation.begin(now, slot, record, this.#table.accusationsOf(id).some(isOfDeafness));
    // Nobody brings others back who is not believed to be there itself.
    else if (this.#table.isPresent(contact.id)) this.#accept(now, record, slot, agoMs);
  }

  /** Whether somebody who was taken for dead says that it lives, in the same life. */
  #isBack({ id, epoch, hasLeft }: PeerRecord): boolean {
    return !hasLeft && this.#table.statusOf(id) === "dead" && this.#table.get(id)!.epoch === epoch;
  }

  /** A neighbor does not know what is said of it: it will say something newer, and so be believed. */
  #correct(slot: number, known: PeerRecord, record: PeerRecord): void {
    if (isNewer(known, record)) this.#send(slot, { type: "news", records: [known], ended: [], accusations: [] });
    else {
      const isDead = this.#table.statusOf(known.id) === "dead";
      const accusations = (isDead ? this.#table : this.#jury).accusationsOf(known.id);
      if (accusations.length > 0) this.#send(slot, { type: "news", records: [], ended: [], accusations });
    }
  }

  /** Takes a record that is newer than what is known, and passes it on. */
  #accept(now: number, record: PeerRecord, from: number, agoMs = 0): void {
    const isBack = this.#isBack(record);
    this.#jury.renewed(now, record);
    this.#observer.forget(record.id);
    if (isBack && this.#returns.back(now, this.#table.present)) this.#owner.healed(now);
    if (this.#table.put(now, record, agoMs) && this.#isFull) {
      this.#rumors.addRecord(now, record, this.#slotsBut(from));
    }
  }

  /** @param isOver - it is told as what a death rests on: then its accuser may be dead by now */
  #accused(now: number, neighbor: Neighbor, accusation: Accusation, isOver: boolean): void {
    const { subject, accuser, incarnation } = accusation;
    const ownId = this.own.id;
    if (subject === ownId) this.#own.accused(now, incarnation);
    // What is said in this peer's own name it knows better.
    else if (!this.#isFull || accuser === ownId || accuser === subject) return;
    else if (isOver ? this.#table.get(accuser) !== undefined : this.#table.isPresent(accuser)) {
      this.#jury.weigh(now, accusation, neighbor.slot);
    }
  }

  #died(now: number, record: PeerRecord, accusations: readonly Accusation[]): void {
    this.#probation.died(now, record.id, accusations.some(isOfDeafness));
    this.#observer.died(now, record.id);
    if (accusations.some(({ accuser }) => accuser === this.own.id)) this.#owner.accusedDied(now, record);
    const neighbor = this.#owner.neighbors().find(({ contact }) => contact.id === record.id);
    if (neighbor !== undefined && this.#owner.isDeaf(now, neighbor.slot)) this.#jury.accuse(now, record, "deaf");
  }

  // All else

  /** This peer says something of itself. */
  #say(now: number, record: PeerRecord): void {
    this.#table.put(now, record);
    this.#rumors.addRecord(now, record, this.#slotsBut(-1));
  }

  /** Something is new here, or different elsewhere. */
  #stir(now: number): void {
    if (!this.#stillness.stir(now)) return;
    this.#comparison.stirred(now);
    this.#observer.stirred(now);
  }

  /** What is remembered is too old to be told as true: others know better. */
  #distrust(now: number): void {
    this.#jury.clear();
    this.#table.distrust(now, this.own.id);
  }

  #slotsBut(from: number): number {
    let mask = 0;
    for (const { slot } of this.#owner.neighbors()) if (slot !== from) mask |= 1 << slot;
    return mask;
  }

  #send(slot: number, message: Message): void {
    const neighbor = this.#owner.neighbors().find((one) => one.slot === slot);
    if (neighbor !== undefined) this.#owner.send(neighbor.link, message);
  }
}
