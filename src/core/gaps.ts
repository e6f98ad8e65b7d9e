/**
 * Decides that a message will not come any more, so that those behind it can have their turn.
 *
 * - **Gone.** A neighbor has seen it and keeps it no longer. When it is still unseen here after `goneAfterMs`, and every
 *   neighbor has been compared with meanwhile, and none keeps it, it is given up.
 * - **Lost.** Nobody has told anything of it, but a later message has come. It is given up after `holeAfterMs`; after four
 *   times as long even if a neighbor claims to keep it, and never sends it.
 *
 * Only holes are given up: numbers below one that has come. A neighbor that claims to have seen a billion messages more
 * than anybody else can't make this peer skip them. What a lying neighbor can do: make a hole count as gone that would
 * have been filled from farther away a little later; or, with a message of its own making, open a hole, for messages
 * are not signed.
 */
import { holesOf, intersect, subtract } from "./bounds.js";
import type { ReconcileConfig } from "./config.js";
import type { Gap, History, LifeView } from "./history.js";
import type { PeerId } from "./identity.js";
import type { Bounds } from "./message.js";
import { allOf, type Lack } from "./wants.js";

/** What the gaps ask, and whom they tell. */
export interface GapsOwner {
  /** Whether every neighbor has been compared with since then; if not, sees to it. */
  hasComparedSince(now: number, since: number): boolean;
  /** What neighbors keep of a life that is lacking here. */
  fetchable(origin: PeerId, epoch: number): Bounds;
  gap(now: number, gap: Gap): void;
  skipped(now: number, origin: PeerId, epoch: number): void;
}

interface Hole {
  /** When these were all seen to be holes. */
  readonly since: number;
  readonly holes: Bounds;
}

/** How long until a decision that could not be made is tried again. */
const againMs = 100;
/** Holes are looked at so many times before they are given up. */
const looks = 30;
/** How many times longer a hole stays that a neighbor claims to be able to fill. */
const patience = 4;

/** What one peer gives up. */
export class Gaps {
  readonly #config: ReconcileConfig;
  readonly #history: History;
  readonly #owner: GapsOwner;
  readonly #holes = new Map<LifeView, Hole>();
  #lookedAt = 0;

  constructor(config: ReconcileConfig, history: History, owner: GapsOwner) {
    this.#config = config;
    this.#history = history;
    this.#owner = owner;
  }

  /** When {@link wake} is wanted next. */
  get nextWake(): number {
    const isIdle = this.#history.holedCount === 0 && this.#holes.size === 0;
    const lookAt = isIdle ? Number.POSITIVE_INFINITY : this.#lookedAt + this.#config.holeAfterMs / looks;
    return Math.min(lookAt, this.#history.gapsSince);
  }

  /** Tells what the history had to give up, and looks at holes. */
  wake(now: number): void {
    for (const gap of this.#history.takeGaps()) {
      this.#owner.gap(now, gap);
      this.#owner.skipped(now, gap.origin, gap.epoch);
    }
    if (this.#lookedAt + this.#config.holeAfterMs / looks > now) return;
    this.#lookedAt = now;
    for (const life of this.#holes.keys()) {
      if (life.seen.isWhole || this.#history.life(life.origin, life.epoch) !== life) this.#holes.delete(life);
    }
    for (const life of this.#history.holed) this.#look(now, life);
  }

  /** Neighbors have seen something that none of them is known to keep. @returns when to look again; Infinity: no more */
  gone(now: number, lack: Lack): number {
    const { goneAfterMs, holeAfterMs } = this.#config;
    const life = this.#history.life(lack.origin, lack.epoch);
    const holes = intersect(allOf(lack.gone), life === undefined ? [] : holesOf(life.seen.bounds));
    if (holes.length === 0 || now >= lack.goneSince + holeAfterMs) return Number.POSITIVE_INFINITY;
    const hasCompared = this.#owner.hasComparedSince(now, lack.goneSince);
    if (now < lack.goneSince + goneAfterMs) return lack.goneSince + goneAfterMs;
    if (!hasCompared) return now + againMs;
    this.#giveUp(now, lack, holes);
    return Number.POSITIVE_INFINITY;
  }

  /** For a peer that wants no past: begins every life where it is now, and tells nobody. */
  forgive(now: number): void {
    for (const { origin, epoch, seen } of [...this.#history.holed]) {
      this.#history.skip(now, origin, epoch, holesOf(seen.bounds));
      this.#owner.skipped(now, origin, epoch);
    }
  }

  #look(now: number, life: LifeView): void {
    const { holeAfterMs } = this.#config;
    const { origin, epoch, seen } = life;
    const holes = holesOf(seen.bounds);
    const known = this.#holes.get(life);
    if (known === undefined) {
      this.#holes.set(life, { since: now, holes });
      return;
    }
    if (now < known.since + holeAfterMs) return;
    const lasting = intersect(known.holes, holes);
    const isPatient = now < known.since + patience * holeAfterMs;
    const fetchable = isPatient ? this.#owner.fetchable(origin, epoch) : [];
    const kept = intersect(lasting, fetchable);
    if (kept.length === 0) this.#holes.set(life, { since: now, holes });
    this.#giveUp(now, life, subtract(lasting, fetchable));
  }

  #giveUp(now: number, { origin, epoch }: { origin: PeerId; epoch: number }, holes: Bounds): void {
    for (let i = 0; i < holes.length; i += 2) {
      const first = holes[i]!;
      const last = holes[i + 1]!;
      this.#history.skip(now, origin, epoch, [first, last]);
      // Who wants no past is not told of a life's beginning.
      const isPast = this.#config.history === "none" && first === 1;
      if (!isPast) this.#owner.gap(now, { origin, epoch, first, last, count: last - first + 1 });
      this.#owner.skipped(now, origin, epoch);
    }
  }
}
