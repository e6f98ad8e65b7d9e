/**
 * What neighbors have and this peer lacks, and whom to ask for it.
 *
 * What a comparison shows as lacking is most likely on its way, so it is asked for only after a while. Then one neighbor
 * is asked at a time; one that sends nothing is believed to keep it no longer, and the next is asked. While repairs flow
 * from a neighbor it is not silent, however long its queue. What neighbors have seen and keep no longer is noted too: it
 * is for the {@link Gaps} to give up.
 */
import { countOf, intersect, noBounds, rangesMax, subtract, union } from "./bounds.js";
import type { ReconcileConfig } from "./config.js";
import type { History } from "./history.js";
import type { PeerId } from "./identity.js";
import type { Bounds, LifeMarks, MessageId, Want } from "./message.js";

/** What is lacking of one life. */
export interface Lack {
  readonly origin: PeerId;
  readonly epoch: number;
  /** When something of it was first found gone; Infinity if nothing is. */
  goneSince: number;
  /** When to ask, or to look again. */
  dueAt: number;
  /** The slot that has been asked; -1 for none. */
  askedOf: number;
  askedAt: number;
  /** How many messages the slot was asked for and has not sent. */
  open: number;
  /** Whether all who keep it have too many questions open. */
  isHeldBack: boolean;
  /** By slot: what that neighbor keeps. */
  readonly kept: (Bounds | undefined)[];
  /** By slot: what it has seen and does not keep. */
  readonly gone: (Bounds | undefined)[];
}

/** Whom the wants tell. */
export interface WantsOwner {
  /** Asks the neighbor in a slot. */
  ask(slot: number, want: Want): void;
  /** Something has been seen by neighbors and nobody is known to keep it. @returns when to look again */
  gone(now: number, lack: Lack): number;
}

interface Source {
  /** Lives asked for and not sent. */
  open: number;
  repairedAt: number;
}

/** Repairs that flow keep other questions to the same neighbor open for at most so many times the usual wait. */
const patience = 10;
/** Ranges that all lacks together may hold: what others can make us remember. */
const heldRangesMax = 200_000;

/** One peer's table of what it lacks. */
export class Wants {
  readonly #config: ReconcileConfig;
  readonly #history: History;
  readonly #owner: WantsOwner;
  readonly #lacks = new Map<string, Lack>();
  readonly #sources: (Source | undefined)[] = [];
  #heldRanges = 0;
  #nextWake = Number.POSITIVE_INFINITY;
  /** Whether lives wait for a neighbor to have fewer questions open. */
  #isHeldBack = false;

  constructor(config: ReconcileConfig, history: History, owner: WantsOwner) {
    this.#config = config;
    this.#history = history;
    this.#owner = owner;
  }

  /** When {@link wake} is wanted next. */
  get nextWake(): number {
    return this.#nextWake;
  }

  /** Lives with something lacking. */
  get size(): number {
    return this.#lacks.size;
  }

  /** A new neighbor in this slot. */
  neighborUp(slot: number): void {
    this.#sources[slot] = { open: 0, repairedAt: Number.NEGATIVE_INFINITY };
  }

  /** The slot's neighbor is gone: what it was asked for is asked of others. */
  neighborDown(now: number, slot: number): void {
    this.#sources[slot] = undefined;
    for (const lack of this.#lacks.values()) {
      this.#set(lack, slot, undefined, undefined);
      if (lack.askedOf !== slot) continue;
      lack.askedOf = -1;
      this.#dueAt(lack, now);
    }
  }

  /** A neighbor has told what it has of a life. What of that is lacking here is asked for after the delay. */
  learn(now: number, slot: number, { origin, epoch, seen, kept }: LifeMarks, delayMs: number): void {
    const key = keyOf(origin, epoch);
    const lacking = subtract(seen, this.#history.seen(origin, epoch));
    let lack = this.#lacks.get(key);
    if (lack === undefined) {
      if (lacking.length === 0 || this.#lacks.size >= this.#config.lackingLivesMax) return;
      const goneSince = Number.POSITIVE_INFINITY;
      const dueAt = now + delayMs;
      const isHeldBack = false;
      lack = { origin, epoch, goneSince, dueAt, askedOf: -1, askedAt: 0, open: 0, isHeldBack, kept: [], gone: [] };
      this.#lacks.set(key, lack);
      this.#nextWake = Math.min(this.#nextWake, dueAt);
    } else if (lack.askedOf < 0) this.#dueAt(lack, Math.min(lack.dueAt, now + delayMs));
    if (this.#heldRanges + lacking.length > heldRangesMax) return;
    this.#set(lack, slot, intersect(lacking, kept), subtract(lacking, kept));
    if (lack.gone[slot] !== undefined) lack.goneSince = Math.min(lack.goneSince, now);
  }

  /** A repair came. @returns whether it had been asked for here, and of this neighbor */
  repaired(now: number, slot: number, { origin, epoch }: MessageId): boolean {
    const source = this.#sources[slot];
    if (source !== undefined) source.repairedAt = now;
    const lack = this.#lacks.get(keyOf(origin, epoch));
    if (lack === undefined || lack.askedOf !== slot) return false;
    lack.open--;
    if (lack.open > 0) return true;
    this.#answered(lack);
    this.#look(now, lack);
    return true;
  }

  /** What neighbors are known to keep of a life and this peer lacks. */
  fetchable(origin: PeerId, epoch: number): Bounds {
    const lack = this.#lacks.get(keyOf(origin, epoch));
    return lack === undefined ? noBounds : allOf(lack.kept);
  }

  /** Asks for what is due. */
  wake(now: number): void {
    this.#nextWake = Number.POSITIVE_INFINITY;
    this.#isHeldBack = false;
    for (const lack of this.#lacks.values()) {
      if (lack.dueAt <= now) this.#look(now, lack);
      this.#nextWake = Math.min(this.#nextWake, lack.dueAt);
    }
  }

  /** Finds out what is still lacking of a life, and does something about it. */
  #look(now: number, lack: Lack): void {
    this.#update(lack);
    lack.isHeldBack = false;
    if (lack.askedOf >= 0 && !this.#giveUpOn(now, lack)) return;
    if (lack.kept.some((bounds) => bounds !== undefined)) this.#ask(now, lack);
    else if (lack.gone.some((bounds) => bounds !== undefined)) this.#dueAt(lack, this.#owner.gone(now, lack));
    else lack.dueAt = Number.POSITIVE_INFINITY;
    if (lack.dueAt !== Number.POSITIVE_INFINITY) return;
    this.#forget(lack);
  }

  /** What came in the meantime is lacking no more. */
  #update(lack: Lack): void {
    const { origin, epoch, kept, gone } = lack;
    const life = this.#history.life(origin, epoch);
    const seen = life === undefined ? this.#history.seen(origin, epoch) : life.seen.bounds;
    for (let slot = 0; slot < this.#sources.length; slot++) {
      this.#set(lack, slot, subtract(kept[slot] ?? noBounds, seen), subtract(gone[slot] ?? noBounds, seen));
    }
    if (gone.every((bounds) => bounds === undefined)) lack.goneSince = Number.POSITIVE_INFINITY;
  }

  /** Whether the neighbor that was asked has had its time. */
  #giveUpOn(now: number, lack: Lack): boolean {
    const { wantRetryMs } = this.#config;
    const slot = lack.askedOf;
    const { repairedAt } = this.#sources[slot]!;
    const until = Math.min(Math.max(lack.askedAt, repairedAt) + wantRetryMs, lack.askedAt + patience * wantRetryMs);
    if (lack.kept[slot] !== undefined && now < until) {
      this.#dueAt(lack, until);
      return false;
    }
    this.#answered(lack);
    this.#set(lack, slot, undefined, lack.gone[slot]);
    return true;
  }

  #ask(now: number, lack: Lack): void {
    const slot = this.#sourceFor(lack);
    if (slot < 0) {
      // Somebody answers and makes room, or falls silent: each of the two looks here again.
      this.#isHeldBack = true;
      lack.isHeldBack = true;
      this.#dueAt(lack, now + this.#config.wantRetryMs);
      return;
    }
    const { origin, epoch } = lack;
    const seqs = lack.kept[slot]!.slice(0, 2 * rangesMax);
    this.#owner.ask(slot, { type: "want", origin, epoch, seqs });
    this.#sources[slot]!.open++;
    lack.askedOf = slot;
    lack.askedAt = now;
    lack.open = countOf(seqs);
    this.#dueAt(lack, now + this.#config.wantRetryMs);
  }

  /** The neighbor with the fewest open questions among those that keep some of it; -1 when all have too many. */
  #sourceFor({ kept }: Lack): number {
    let best = -1;
    let fewest = this.#config.openWantsMax;
    for (let slot = 0; slot < this.#sources.length; slot++) {
      const source = this.#sources[slot];
      if (source === undefined || kept[slot] === undefined || source.open >= fewest) continue;
      best = slot;
      fewest = source.open;
    }
    return best;
  }

  /** The question is open no longer, whatever came of it. */
  #answered(lack: Lack): void {
    const source = this.#sources[lack.askedOf];
    lack.askedOf = -1;
    if (source === undefined) return;
    source.open--;
    if (!this.#isHeldBack || source.open > this.#config.openWantsMax / 2) return;
    this.#isHeldBack = false;
    for (const other of this.#lacks.values()) if (other.isHeldBack) this.#dueAt(other, Number.NEGATIVE_INFINITY);
  }

  #set(lack: Lack, slot: number, kept: Bounds | undefined, gone: Bounds | undefined): void {
    const before = (lack.kept[slot]?.length ?? 0) + (lack.gone[slot]?.length ?? 0);
    lack.kept[slot] = kept?.length ? kept : undefined;
    lack.gone[slot] = gone?.length ? gone : undefined;
    this.#heldRanges += (lack.kept[slot]?.length ?? 0) + (lack.gone[slot]?.length ?? 0) - before;
  }

  #dueAt(lack: Lack, dueAt: number): void {
    lack.dueAt = dueAt;
    this.#nextWake = Math.min(this.#nextWake, dueAt);
  }

  #forget(lack: Lack): void {
    for (let slot = 0; slot < this.#sources.length; slot++) this.#set(lack, slot, undefined, undefined);
    this.#lacks.delete(keyOf(lack.origin, lack.epoch));
  }
}

/** What is in the bounds of any slot. */
export function allOf(bySlot: readonly (Bounds | undefined)[]): Bounds {
  return bySlot.reduce<Bounds>((all, bounds) => (bounds === undefined ? all : union(all, bounds)), noBounds);
}

function keyOf(origin: PeerId, epoch: number): string {
  return `${origin}/${epoch}`;
}
