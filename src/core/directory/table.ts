/**
 * Who exists, as far as one peer knows: the newest record of each, and whether it is alive.
 *
 * The dead and the left are remembered for a time, or the memory of a slow peer would bring them back. In the first half
 * of that time they are told to those who don't know of them; in the second they only stand in the way of old news. So
 * all forget at about the same time, whenever each of them heard of the end.
 */
import type { PeerId } from "../identity.js";
import type { DirectoryConfig } from "./config.js";
import { type Accusation, isNewer, type PeerRecord, type PeerStatus } from "./record.js";
import { VersionSums, versionOf } from "./version.js";

/** What happened to an entry. */
export type ChangeType = "join" | "update" | "suspect" | "alive" | "dead" | "leave";

/** Whom the table tells of every change. */
export type Changed = (now: number, type: ChangeType, record: PeerRecord) => void;

/** What is to be remembered of a peer beside its record; of most nothing is. */
interface Note {
  status: "suspect" | "dead" | "left";
  since: number;
  /** What a death rests on. */
  accusations: readonly Accusation[];
  /** Whether it is in the sums, and told. */
  isTold: boolean;
}

/** How long may pass until what was known before is heard anew. */
const doubtMs = 15_000;
/** The ended are looked through at multiples of this, at all peers in the same moments. */
const lookMs = 10_000;

/** The entries of one directory. */
export class DirectoryTable {
  readonly sums = new VersionSums();
  readonly #config: DirectoryConfig;
  readonly #changed: Changed;
  readonly #records = new Map<PeerId, PeerRecord>();
  readonly #notes = new Map<PeerId, Note>();
  /** How many are dead or have left. */
  #ended = 0;
  #lookAt = Number.POSITIVE_INFINITY;
  /** What was known before this peer was away, and has not been heard anew. */
  readonly #doubtful = new Map<PeerId, PeerRecord>();
  #doubtUntil = Number.POSITIVE_INFINITY;
  #cursor = this.#records.values();

  constructor(config: DirectoryConfig, changed: Changed) {
    this.#config = config;
    this.#changed = changed;
  }

  /** How many are alive, suspects included. */
  get present(): number {
    return this.#records.size - this.#ended;
  }

  /** When {@link forget} is wanted. */
  get nextWake(): number {
    return Math.min(this.#lookAt, this.#doubtUntil);
  }

  /** All records, those of the ended included, in no order. */
  records(): Iterable<PeerRecord> {
    return this.#records.values();
  }

  /** The newest record of a peer. */
  get(id: PeerId): PeerRecord | undefined {
    return this.#records.get(id);
  }

  /** What is known of its life; undefined when nothing is. */
  statusOf(id: PeerId): PeerStatus | undefined {
    return this.#notes.get(id)?.status ?? (this.#records.has(id) ? "alive" : undefined);
  }

  /** Whether it is there, suspect or not. */
  isPresent(id: PeerId): boolean {
    // Of most there is no note, and mostly of nobody.
    const note = this.#notes.size === 0 ? undefined : this.#notes.get(id);
    return note === undefined ? this.#records.has(id) : note.status === "suspect";
  }

  /** Since when it is in its state: for the living, since its process began, by its own clock. */
  sinceOf(record: PeerRecord): number {
    return this.#notes.get(record.id)?.since ?? record.epoch;
  }

  /** What its death rests on. */
  accusationsOf(id: PeerId): readonly Accusation[] {
    return this.#notes.get(id)?.accusations ?? none;
  }

  /** 32 bits for what is known of it; undefined when nothing is that is told to others. */
  versionOf(id: PeerId): number | undefined {
    const record = this.#records.get(id);
    const note = this.#notes.get(id);
    return record === undefined || note?.isTold === false ? undefined : versionOf(record, note?.status === "dead");
  }

  /** Whether it is in the sums, and told to who lacks it: all but those that ended long ago. */
  isTold(id: PeerId): boolean {
    return this.#records.has(id) && this.#notes.get(id)?.isTold !== false;
  }

  /** How long ago it ended, if that is to be told to others. */
  endedAgo(now: number, id: PeerId): number | undefined {
    const note = this.#notes.get(id);
    if (note === undefined || note.status === "suspect" || !note.isTold) return undefined;
    return Math.max(0, now - note.since);
  }

  /** One after the other, round and round; undefined when there is none. */
  next(): PeerRecord | undefined {
    const step = this.#cursor.next();
    if (!step.done) return step.value;
    this.#cursor = this.#records.values();
    return this.#cursor.next().value;
  }

  /** Takes a record, if it is newer than what is known. @returns whether it was */
  put(now: number, record: PeerRecord, agoMs = 0): boolean {
    const { id } = record;
    const known = this.#records.get(id);
    if (known !== undefined && !isNewer(record, known)) return false;
    if (known === undefined && this.#isFull()) return false;
    const doubtful = this.#doubtful.get(id);
    this.#doubtful.delete(id);
    const before = doubtful === undefined ? this.statusOf(id) : "alive";
    this.#take(known);
    this.#notes.delete(id);
    this.#records.set(id, record);
    if (record.hasLeft)
      this.#note(now, record, { status: "left", since: now - agoMs, accusations: none, isTold: true });
    this.#give(record);
    this.#tellPut(now, known ?? doubtful, before, record);
    return true;
  }

  /** It is accused. */
  suspect(now: number, record: PeerRecord): void {
    if (this.statusOf(record.id) !== "alive") return;
    this.#notes.set(record.id, { status: "suspect", since: now, accusations: none, isTold: true });
    this.#changed(now, "suspect", record);
  }

  /** It is accused no longer. */
  clear(now: number, record: PeerRecord): void {
    if (this.statusOf(record.id) !== "suspect") return;
    this.#notes.delete(record.id);
    this.#changed(now, "alive", record);
  }

  /** It is dead, by these accusations. */
  bury(now: number, record: PeerRecord, accusations: readonly Accusation[], agoMs = 0): void {
    if (!this.isPresent(record.id)) return;
    this.#take(record);
    this.#note(now, record, { status: "dead", since: now - agoMs, accusations, isTold: true });
    this.#give(record);
    this.#changed(now, "dead", record);
  }

  /** Its death rests on this as well. */
  addAccusation(id: PeerId, accusation: Accusation): void {
    const note = this.#notes.get(id);
    if (note?.status === "dead") note.accusations = [...note.accusations, accusation];
  }

  /** Somebody who was dead before this peer knew of it: nobody is told. */
  putDead(now: number, record: PeerRecord, accusations: readonly Accusation[], agoMs: number): void {
    if (this.#records.has(record.id) || this.#isFull()) return;
    this.#records.set(record.id, record);
    this.#note(now, record, { status: "dead", since: now - agoMs, accusations, isTold: true });
    this.#give(record);
  }

  /**
   * Nothing that is known of others is told or believed any more until it is heard anew: this peer was away for so long
   * that the ended may have been forgotten meanwhile. Who is not heard of within a time is dead, as far as can be said.
   */
  distrust(now: number, self: PeerId): void {
    for (const [id, record] of this.#records) {
      if (id === self) continue;
      if (this.isPresent(id)) this.#doubtful.set(id, record);
      this.remove(id);
    }
    if (this.#doubtful.size > 0) this.#doubtUntil = now + doubtMs;
  }

  /** Forgets it in silence, dead or alive. */
  remove(id: PeerId): void {
    const record = this.#records.get(id);
    if (record === undefined) return;
    this.#take(record);
    this.#records.delete(id);
    this.#notes.delete(id);
  }

  /** Forgets those that ended long ago. */
  forget(now: number): void {
    if (this.#doubtUntil <= now) {
      this.#doubtUntil = Number.POSITIVE_INFINITY;
      for (const record of this.#doubtful.values()) this.#changed(now, "dead", record);
      this.#doubtful.clear();
    }
    if (this.#lookAt > now) return;
    const { forgetAfterMs } = this.#config;
    this.#lookAt = this.#ended > 0 ? nextLook(now) : Number.POSITIVE_INFINITY;
    for (const [id, note] of this.#notes) {
      if (note.status === "suspect") continue;
      if (note.isTold && now - note.since >= forgetAfterMs / 2) this.#untell(id, note);
      if (now - note.since >= forgetAfterMs) this.remove(id);
    }
  }

  #isFull(): boolean {
    return this.#records.size >= this.#config.entriesMax;
  }

  #note(now: number, { id }: PeerRecord, note: Note): void {
    this.#notes.set(id, note);
    if (now - note.since >= this.#config.forgetAfterMs / 2) note.isTold = false;
    this.#lookAt = Math.min(this.#lookAt, nextLook(now));
  }

  #untell(id: PeerId, note: Note): void {
    this.sums.remove(this.#records.get(id)!, note.status === "dead");
    note.isTold = false;
  }

  /** Out of the counts. */
  #take(record: PeerRecord | undefined): void {
    if (record === undefined) return;
    const note = this.#notes.get(record.id);
    const isEnded = note !== undefined && note.status !== "suspect";
    if (isEnded) this.#ended--;
    if (note?.isTold !== false) this.sums.remove(record, note?.status === "dead");
  }

  /** Into the counts. */
  #give(record: PeerRecord): void {
    const note = this.#notes.get(record.id);
    if (note !== undefined && note.status !== "suspect") this.#ended++;
    if (note?.isTold !== false) this.sums.add(record, note?.status === "dead");
  }

  #tellPut(now: number, known: PeerRecord | undefined, before: PeerStatus | undefined, record: PeerRecord): void {
    const wasPresent = before === "alive" || before === "suspect";
    if (record.hasLeft) {
      if (wasPresent) this.#changed(now, "leave", record);
      return;
    }
    if (known === undefined || known.epoch !== record.epoch) {
      // Another life of the same peer: the earlier one has ended, noticed or not.
      if (wasPresent) this.#changed(now, "dead", known!);
      this.#changed(now, "join", record);
      return;
    }
    if (before !== "alive") this.#changed(now, "alive", record);
    if (known.address !== record.address || !areEqual(known.tags, record.tags)) this.#changed(now, "update", record);
  }
}

const none: readonly Accusation[] = [];

function nextLook(now: number): number {
  return (Math.floor(now / lookMs) + 1) * lookMs;
}

function areEqual(one: PeerRecord["tags"], other: PeerRecord["tags"]): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
