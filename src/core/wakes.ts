/**
 * When the parts of a peer want to be woken.
 *
 * A driver asks for a peer's next wake after every input, and most inputs concern one part or two. To ask all of them each time
 * would cost more than many a message does: in a simulation of a thousand peers each part is somewhere else in memory, and
 * nothing of it is in the processor's cache. So their answers are kept, side by side, and only those are asked again that
 * an input has touched.
 */
import type { ClassicSide } from "./bridge/classic-side.js";
import type { Broadcast } from "./broadcast.js";
import type { Presence } from "./directory/presence.js";
import type { Entrance } from "./entrance.js";
import type { History } from "./history.js";
import type { LinkWatch } from "./link-watch.js";
import type { Overlay } from "./overlay.js";
import type { Publisher } from "./publisher.js";
import type { Reconciler } from "./reconcile.js";

/** The parts of a peer that want to be woken. */
export interface WokenParts {
  readonly watch: LinkWatch;
  readonly overlay: Overlay;
  readonly publisher: Publisher;
  readonly entrance: Entrance;
  readonly classic: ClassicSide;
  readonly presence: Presence;
  readonly broadcast: Broadcast;
  readonly reconciler: Reconciler;
  readonly history: History;
}

/** The places of the parts: also the order in which those that are due are woken. */
export const wakePlaces = {
  watch: 0,
  overlay: 1,
  publisher: 2,
  entrance: 3,
  classic: 4,
  presence: 5,
  broadcast: 6,
  reconciler: 7,
  history: 8,
} as const satisfies Record<keyof WokenParts, number>;

/** What most inputs do not concern, as bits. */
export const calmBits =
  (1 << wakePlaces.overlay) | (1 << wakePlaces.publisher) | (1 << wakePlaces.entrance) | (1 << wakePlaces.classic);
/** The overlay's bit. */
export const overlayBit = 1 << wakePlaces.overlay;
/** That of the watch over links. */
export const watchBit = 1 << wakePlaces.watch;
/** That of the directory. */
export const presenceBit = 1 << wakePlaces.presence;
/** That of the broadcast. */
export const broadcastBit = 1 << wakePlaces.broadcast;
/** That of the reconciliation. */
export const reconcilerBit = 1 << wakePlaces.reconciler;
/** What has been seen, and what waits to be repaired or given up for that. */
export const memoryBits = reconcilerBit | (1 << wakePlaces.history);
/** The bits of all parts. */
export const allBits = 0x1ff;

/** The next wakes of one peer's parts. */
export class Wakes {
  readonly #parts: WokenParts;
  /** By place. All of them doubles, one after the other in memory. */
  readonly #times = [never, never, never, never, never, never, never, never, never];
  /** Whose answers may have changed, as bits. */
  #stale = allBits;
  /** Those that the input which is being dealt with concerns. Somebody may ask in the middle of it. */
  #touched = 0;

  constructor(parts: WokenParts) {
    this.#parts = parts;
  }

  /** The soonest of all. */
  get next(): number {
    if ((this.#stale | this.#touched) !== 0) this.#ask();
    const times = this.#times;
    let next = times[0]!;
    for (let place = 1; place < times.length; place++) if (times[place]! < next) next = times[place]!;
    return next;
  }

  /** The same, by asking all of them anew: what {@link next} must always say. For tests; slow. */
  get nextOfAll(): number {
    const { watch, overlay, publisher, entrance, classic, presence, broadcast, reconciler, history } = this.#parts;
    const all = [watch, overlay, publisher, entrance, classic, presence, broadcast, reconciler, history];
    return Math.min(...all.map(({ nextWake }) => nextWake));
  }

  /** Whether a part is to be woken by now. */
  isDue(place: number, now: number): boolean {
    if ((this.#stale | this.#touched) !== 0) this.#ask();
    return this.#times[place]! <= now;
  }

  /** The input that is being dealt with concerns these, as bits. */
  touch(bits: number): void {
    this.#touched |= bits;
  }

  /** An input has been dealt with. */
  inputOver(): void {
    this.#stale |= this.#touched;
    this.#touched = 0;
  }

  #ask(): void {
    const bits = this.#stale | this.#touched;
    this.#stale = 0;
    const times = this.#times;
    const parts = this.#parts;
    // Written out: one loop over parts of nine kinds could not be compiled for any of them.
    if ((bits & watchBit) !== 0) times[wakePlaces.watch] = parts.watch.nextWake;
    if ((bits & overlayBit) !== 0) times[wakePlaces.overlay] = parts.overlay.nextWake;
    if ((bits & calmBits & ~overlayBit) !== 0) {
      times[wakePlaces.publisher] = parts.publisher.nextWake;
      times[wakePlaces.entrance] = parts.entrance.nextWake;
      times[wakePlaces.classic] = parts.classic.nextWake;
    }
    if ((bits & presenceBit) !== 0) times[wakePlaces.presence] = parts.presence.nextWake;
    if ((bits & broadcastBit) !== 0) times[wakePlaces.broadcast] = parts.broadcast.nextWake;
    if ((bits & memoryBits) !== 0) {
      times[wakePlaces.reconciler] = parts.reconciler.nextWake;
      if ((bits & ~reconcilerBit & memoryBits) !== 0) times[wakePlaces.history] = parts.history.nextWake;
    }
  }
}

const never = Number.POSITIVE_INFINITY;
