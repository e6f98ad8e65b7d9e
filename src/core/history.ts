/**
 * What a peer remembers: which messages it has seen, and the latest of them whole, to answer those who lack them.
 *
 * Messages are numbered by their origin, so "seen" is a few numbers for each life of an origin, whatever it has published,
 * and can be remembered for long. What is kept whole is bounded in count, weight and age. Age counts from when a message
 * first came to the network, as far as can be told: one that was repaired late is kept no longer than others keep it, or
 * it would travel in circles. All peers let go at multiples of the same interval, so that their sums stay the same.
 *
 * Numbers that will not come any more are given up: they count as seen from then on. Nothing is given up in silence
 * (see {@link History.takeGaps}), but for a life that begins in the middle because nobody wants its past.
 */
import { holesOf } from "./bounds.js";
import type { HistoryConfig } from "./config.js";
import { Digests, Summand } from "./digests.js";
import { type Guess, guess } from "./guess.js";
import type { PeerId } from "./identity.js";
import { type Kept, KeptMessages } from "./kept-messages.js";
import type { Bounds, DigestPart, Envelope, MessageId } from "./message.js";
import { SequenceRanges } from "./sequence-ranges.js";
import { Shelves } from "./shelves.js";

/** A message that is kept, and how far it had come. */
export interface Retained extends Kept {
  /** When it first came to the network, as far as is known here; milliseconds since 1970. */
  readonly arrivedAt: number;
}

/** Messages that will never come: numbers `first` to `last` of one life. */
export interface Gap {
  readonly origin: PeerId;
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** What is remembered of one life of an origin. */
export interface LifeView {
  readonly origin: PeerId;
  readonly epoch: number;
  /** When its last message came. */
  readonly heardAt: number;
  /** Seen, kept or not, or given up. Its bounds change: copy what is to last. */
  readonly seen: SequenceRanges;
  /** Kept whole. */
  readonly kept: SequenceRanges;
}

class Life extends Summand implements LifeView {
  readonly seen = new SequenceRanges();
  readonly kept = new SequenceRanges();
  readonly messages = new KeptMessages();
  heardAt = 0;
  /** Whether more than one message has come since its origin got its place in the order. */
  isLively = false;
  /** The origin's next older life. */
  older: Life | undefined = undefined;
  readonly begunAt: number;

  constructor(now: number, origin: PeerId, epoch: number) {
    super(origin, epoch);
    this.begunAt = now;
  }
}

/** Lives of one origin that are told apart: a process that crashes at each start is not worth more. */
const livesMax = 8;
/** Ranges of kept numbers of one life; with more the lowest goes. What fits into one message. */
const keptRangesMax = 250;
/** Given up and not told yet. One input gives up one or two; this many wait only if nobody takes them. */
const gapsMax = 4_096;
/** Messages dropped in one call for their age. */
const forgottenMax = 10_000;
/** The retention is counted in so many steps. */
const ageSteps = 128;

/** The messages that one peer has seen. */
export class History {
  readonly #config: HistoryConfig;
  /** The latest life of each, roughly in order of last message: see {@link History.#forgetOrigin}. */
  readonly #origins = new Map<PeerId, Life>();
  /** Of lives up to this one everything counts as seen: for the few origins that had too many lives. */
  readonly #floorEpochs = new Map<PeerId, number>();
  readonly #digests = new Digests<Life>();
  readonly #shelves: Shelves<Life>;
  readonly #holed = new Set<Life>();
  #recent: Life | undefined;
  #bytes = 0;
  #gaps: Gap[] = [];
  #gapsSince = Number.POSITIVE_INFINITY;

  constructor(config: HistoryConfig) {
    this.#config = config;
    this.#shelves = new Shelves(Math.max(1, Math.ceil(config.retainedMaxAgeMs / ageSteps)), ageSteps);
  }

  /** How many messages are kept whole. */
  get size(): number {
    return this.#shelves.size;
  }

  /** What they weigh: payloads, and 100 bytes for each. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether no message has ever come. */
  get isBlank(): boolean {
    return this.#origins.size === 0;
  }

  /** When {@link forget} is wanted next. */
  get nextWake(): number {
    return this.#shelves.nextDueAt;
  }

  /** Since when gaps wait to be taken; Infinity when none do. */
  get gapsSince(): number {
    return this.#gapsSince;
  }

  /** The lives that have holes: numbers unseen below others that were. */
  get holed(): Iterable<LifeView> {
    return this.#holed;
  }

  /** How many lives have holes. */
  get holedCount(): number {
    return this.#holed.size;
  }

  /** Whether the message has been seen, kept or not, or given up. */
  has(id: MessageId): boolean {
    const life = this.#find(id.origin, id.epoch);
    return life === undefined ? this.#isBelowFloor(id.origin, id.epoch) : life.seen.has(id.seq);
  }

  /** The message, if it is still kept. */
  get(id: MessageId): Retained | undefined {
    const life = this.#find(id.origin, id.epoch);
    const kept = life?.messages.get(id.seq);
    return kept && { ...kept, arrivedAt: life!.begunAt + kept.sinceMs };
  }

  /** The slot of the neighbor that brought the message; -1 for one's own, and for what is not kept. */
  from(id: MessageId): number {
    return this.#find(id.origin, id.epoch)?.messages.from(id.seq) ?? -1;
  }

  /** What is remembered of a life; undefined when nothing is. */
  life(origin: PeerId, epoch: number): LifeView | undefined {
    return this.#find(origin, epoch);
  }

  /** All lives that are remembered, in no particular order. */
  *allLives(): Iterable<LifeView> {
    for (const latest of this.#origins.values()) {
      for (let life: Life | undefined = latest; life !== undefined; life = life.older) yield life;
    }
  }

  /** What has been seen of a life, given up included. A copy. */
  seen(origin: PeerId, epoch: number): Bounds {
    const life = this.#find(origin, epoch);
    if (life !== undefined) return life.seen.bounds.slice();
    return this.#isBelowFloor(origin, epoch) ? [1, Number.MAX_SAFE_INTEGER] : [];
  }

  /** What is kept whole of a life. A copy. */
  kept(origin: PeerId, epoch: number): Bounds {
    return this.#find(origin, epoch)?.kept.bounds.slice() ?? [];
  }

  /** The number up to which a life has no hole; 0 for one never heard of, Infinity for one that has been let go. */
  frontier(origin: PeerId, epoch: number): number {
    const life = this.#find(origin, epoch);
    if (life !== undefined) return life.seen.frontier;
    return this.#isBelowFloor(origin, epoch) ? Number.POSITIVE_INFINITY : 0;
  }

  /**
   * Takes a message.
   *
   * @param round - hops from its origin to here
   * @param from - the slot of the neighbor that brought it; -1 for one's own
   * @param ageMs - how long ago it first came to the network
   * @returns true the first time. One older than the retention is new too, but not kept
   */
  add(now: number, envelope: Envelope, round: number, from: number, ageMs = 0): boolean {
    const { origin, epoch, seq } = envelope;
    let life = this.#find(origin, epoch);
    if (life === undefined) {
      if (this.#isBelowFloor(origin, epoch)) return false;
      life = this.#begin(now, origin, epoch);
    }
    const isNext = seq === life.seen.last + 1;
    if (!life.seen.add(seq)) return false;
    life.isLively = life.heardAt > 0;
    life.heardAt = now;
    if (!isNext) this.#noteHoles(now, life);
    this.#digests.changed(life);
    this.#keep(life, envelope, round, from, now - ageMs, now);
    return true;
  }

  /** Gives numbers of a life up: they count as seen. Tells nobody; takes time in ranges, whatever they hold. */
  skip(now: number, origin: PeerId, epoch: number, bounds: Bounds): void {
    if (bounds.length === 0 || (this.#find(origin, epoch) === undefined && this.#isBelowFloor(origin, epoch))) return;
    const life = this.#find(origin, epoch) ?? this.#begin(now, origin, epoch);
    life.seen.addAll(bounds);
    this.#digests.changed(life);
    this.#noteHoles(now, life);
  }

  /** Gives the numbers up and notes the gap, for whoever takes the gaps. */
  giveUp(now: number, origin: PeerId, epoch: number, first: number, last: number): void {
    this.skip(now, origin, epoch, [first, last]);
    this.#noteGap(now, origin, epoch, first, last);
  }

  /** What had to be given up for the limits since this was last asked: to be told before what comes after. */
  takeGaps(): readonly Gap[] {
    const gaps = this.#gaps;
    this.#gaps = [];
    this.#gapsSince = Number.POSITIVE_INFINITY;
    return gaps;
  }

  /** Lets go of what is too old. */
  forget(now: number): void {
    for (let left = forgottenMax; left > 0; left--) {
      const oldest = this.#shelves.oldest(now);
      if (oldest === undefined) return;
      this.#drop(oldest.life, oldest.seq);
    }
  }

  /** The kept messages in order of arrival: those of one topic, or all. */
  retained(topic: string | undefined): Envelope[] {
    const all = [...this.#shelves.all()].sort((a, b) => a.turn - b.turn);
    const envelopes = all.map(({ life, seq }) => life.messages.get(seq)!.envelope);
    return topic === undefined ? envelopes : envelopes.filter((envelope) => envelope.topic === topic);
  }

  // The set that is compared with others: lives that keep a message

  /** How many lives are in it, of origins whose id begins with the prefix. */
  count(prefix: string): number {
    return this.#digests.count(prefix);
  }

  /** The sum over them. */
  digest(prefix: string): DigestPart {
    return { prefix, ...this.#digests.sum(prefix) };
  }

  /** The sums of all prefixes one digit longer that have lives. */
  children(prefix: string): DigestPart[] {
    return this.#digests.children(prefix);
  }

  /**
   * The one life that makes another history's sum differ from this one's, and who has more of it; undefined when it is not
   * one, or not by little.
   */
  guess({ prefix, lower, upper }: DigestPart): Guess<LifeView> | undefined {
    const own = this.#digests.sum(prefix);
    return guess(this.#digests.under(prefix), (lower - own.lower) >>> 0, (upper - own.upper) >>> 0);
  }

  /** The lives themselves. */
  lives(prefix: string): readonly LifeView[] {
    return this.#digests.under(prefix);
  }

  #find(origin: PeerId, epoch: number): Life | undefined {
    const recent = this.#recent;
    if (recent !== undefined && recent.epoch === epoch && recent.origin === origin) return recent;
    for (let life = this.#origins.get(origin); life !== undefined; life = life.older) {
      if (life.epoch !== epoch) continue;
      this.#recent = life;
      return life;
    }
    return undefined;
  }

  #isBelowFloor(origin: PeerId, epoch: number): boolean {
    return this.#floorEpochs.size > 0 && epoch <= (this.#floorEpochs.get(origin) ?? -1);
  }

  #begin(now: number, origin: PeerId, epoch: number): Life {
    const life = new Life(now, origin, epoch);
    let newer: Life | undefined;
    let older = this.#origins.get(origin);
    if (older === undefined && this.#origins.size >= this.#config.originsMax) this.#forgetOrigin(now);
    while (older !== undefined && older.epoch > epoch) {
      newer = older;
      older = older.older;
    }
    life.older = older;
    if (newer === undefined) this.#origins.set(origin, life);
    else newer.older = life;
    this.#limitLives(now, origin);
    return life;
  }

  #limitLives(now: number, origin: PeerId): void {
    let youngest = this.#origins.get(origin)!;
    if (youngest.older === undefined) return;
    for (let lives = 2; youngest.older!.older !== undefined; lives++) {
      if (lives === livesMax) {
        const oldest: Life = youngest.older!.older!;
        youngest.older!.older = undefined;
        this.#floorEpochs.set(origin, oldest.epoch);
        this.#letGo(now, oldest);
        return;
      }
      youngest = youngest.older!;
    }
  }

  /**
   * Forgets the origin unheard for longest, or nearly: one that was heard since it got its place goes to the end instead,
   * a few at a time. Moving each at every message would cost more than all the rest.
   */
  #forgetOrigin(now: number): void {
    let spared = 0;
    for (const [id, latest] of this.#origins) {
      this.#origins.delete(id);
      if (latest.isLively && spared++ < 32) {
        latest.isLively = false;
        this.#origins.set(id, latest);
        continue;
      }
      this.#floorEpochs.delete(id);
      for (let life: Life | undefined = latest; life !== undefined; life = life.older) this.#letGo(now, life);
      return;
    }
  }

  #letGo(now: number, life: Life): void {
    for (const seq of life.messages.seqs()) this.#drop(life, seq);
    const holes = holesOf(life.seen.bounds);
    for (let i = 0; i < holes.length; i += 2) this.#noteGap(now, life.origin, life.epoch, holes[i]!, holes[i + 1]!);
    this.#holed.delete(life);
    if (this.#recent === life) this.#recent = undefined;
  }

  #noteHoles(now: number, life: Life): void {
    if (life.seen.isWhole) {
      this.#holed.delete(life);
      return;
    }
    this.#holed.add(life);
    const holes = life.seen.size - (life.seen.first === 1 ? 1 : 0);
    if (holes <= this.#config.holesMax) return;
    const [first, last] = life.seen.lowestHole!;
    this.giveUp(now, life.origin, life.epoch, first, last);
  }

  #noteGap(now: number, origin: PeerId, epoch: number, first: number, last: number): void {
    if (this.#gaps.length >= gapsMax) this.#gaps.shift();
    this.#gaps.push({ origin, epoch, first, last, count: last - first + 1 });
    this.#gapsSince = Math.min(this.#gapsSince, now);
  }

  #keep(life: Life, envelope: Envelope, round: number, from: number, arrivedAt: number, now: number): void {
    if (this.#shelves.isDue(arrivedAt, now)) return;
    const { seq } = envelope;
    this.#bytes += life.messages.put(envelope, round, from, arrivedAt - life.begunAt);
    life.kept.add(seq);
    this.#shelves.put(arrivedAt, life, seq);
    if (!life.isSummed) this.#digests.insert(life);
    const { retainedMax, retainedMaxBytes, retainedPerOriginMax } = this.#config;
    if (life.messages.size > retainedPerOriginMax) this.#drop(life, life.kept.first);
    if (life.kept.size > keptRangesMax) this.#dropLowestRange(life);
    while (this.size > retainedMax || this.#bytes > retainedMaxBytes) {
      const oldest = this.#shelves.oldest()!;
      this.#drop(oldest.life, oldest.seq);
    }
  }

  #dropLowestRange(life: Life): void {
    const [first, last] = life.kept.bounds as [number, number];
    for (let seq = first; seq <= last; seq++) this.#drop(life, seq);
  }

  #drop(life: Life, seq: number): void {
    this.#bytes -= life.messages.remove(seq);
    life.kept.remove(seq);
    this.#shelves.removed(life, seq);
    if (life.messages.size === 0) this.#digests.remove(life);
  }
}
