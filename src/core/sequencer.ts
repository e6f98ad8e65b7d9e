/**
 * Gives each message its turn: the messages of one life in the order of their numbers, each once.
 *
 * Nothing is counted here. A message's turn has come when the history knows of no hole below it, and holes close when a
 * message comes or is given up. What came too early waits here, even when the history keeps it no longer.
 */
import type { HistoryConfig } from "./config.js";
import type { History } from "./history.js";
import type { PeerId } from "./identity.js";
import { type Envelope, type MessageId, payloadBytesOf } from "./message.js";

/** Whom a {@link Sequencer} tells. */
export interface SequencerOwner {
  /** The message's turn has come. */
  ordered(envelope: Envelope): void;
}

interface Waiting {
  readonly origin: PeerId;
  readonly epoch: number;
  readonly envelopes: Map<number, Envelope>;
  lowest: number;
}

/** What a waiting message weighs beside its payload. */
const overheadBytes = 100;

/** The order of one peer's messages. */
export class Sequencer {
  readonly #config: HistoryConfig;
  readonly #history: History;
  readonly #owner: SequencerOwner;
  /** The life that has waited for longest first. */
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;
  #bytes = 0;
  /** Whether a hole has been given up for room, and its gap is still to be told. */
  #isRelieved = false;

  constructor(config: HistoryConfig, history: History, owner: SequencerOwner) {
    this.#config = config;
    this.#history = history;
    this.#owner = owner;
  }

  /** How many messages wait for their turn. */
  get size(): number {
    return this.#count;
  }

  /** A message that the history has just taken. */
  arrived(now: number, envelope: Envelope): void {
    const { origin, epoch, seq } = envelope;
    const frontier = this.#history.frontier(origin, epoch);
    const waiting = this.#count === 0 ? undefined : this.#waiting.get(keyOf(origin, epoch));
    if (seq > frontier) this.#hold(now, waiting, envelope);
    else if (waiting === undefined) this.#owner.ordered(envelope);
    else if (seq < waiting.lowest) {
      this.#owner.ordered(envelope);
      this.#release(waiting, frontier);
    } else {
      // Below it stands what a gap has freed that is still to be told.
      this.#put(waiting, envelope);
      this.#release(waiting, frontier);
    }
  }

  /** Numbers of a life have been given up, and that has been told. */
  skipped(_now: number, origin: PeerId, epoch: number): void {
    this.#isRelieved = false;
    if (this.#count === 0) return;
    const waiting = this.#waiting.get(keyOf(origin, epoch));
    if (waiting === undefined) return;
    // Of a life that the history has let go nothing will come: what waits is all there is.
    const isLetGo = this.#history.life(origin, epoch) === undefined;
    this.#release(waiting, isLetGo ? Number.POSITIVE_INFINITY : this.#history.frontier(origin, epoch));
  }

  /** Whether the turn of a message has come, or of a gap in its place. */
  hasReleased({ origin, epoch, seq }: MessageId): boolean {
    return seq <= this.#history.frontier(origin, epoch);
  }

  #hold(now: number, known: Waiting | undefined, envelope: Envelope): void {
    const { origin, epoch } = envelope;
    let waiting = known;
    if (waiting === undefined) {
      waiting = { origin, epoch, envelopes: new Map(), lowest: Number.POSITIVE_INFINITY };
      this.#waiting.set(keyOf(origin, epoch), waiting);
    }
    this.#put(waiting, envelope);
    const { reorderMax, reorderMaxBytes } = this.#config;
    if ((this.#count > reorderMax || this.#bytes > reorderMaxBytes) && !this.#isRelieved) this.#relieve(now);
  }

  /** Gives up the lowest hole of the life that has waited for longest. What waits behind it goes when the gap is told. */
  #relieve(now: number): void {
    const [longest] = this.#waiting.values();
    const { origin, epoch } = longest!;
    const hole = this.#history.life(origin, epoch)?.seen.lowestHole;
    this.#isRelieved = true;
    if (hole !== undefined) this.#history.giveUp(now, origin, epoch, ...hole);
  }

  #put(waiting: Waiting, envelope: Envelope): void {
    waiting.envelopes.set(envelope.seq, envelope);
    envelope.hold?.();
    waiting.lowest = Math.min(waiting.lowest, envelope.seq);
    this.#count++;
    this.#bytes += payloadBytesOf(envelope) + overheadBytes;
  }

  #release(waiting: Waiting, frontier: number): void {
    if (waiting.lowest > frontier) return;
    const { envelopes } = waiting;
    const seqs = [...envelopes.keys()].sort((a, b) => a - b);
    const due = seqs.filter((seq) => seq <= frontier);
    waiting.lowest = seqs[due.length] ?? Number.POSITIVE_INFINITY;
    if (due.length === seqs.length) this.#waiting.delete(keyOf(waiting.origin, waiting.epoch));
    for (const seq of due) {
      const envelope = envelopes.get(seq)!;
      envelopes.delete(seq);
      this.#count--;
      this.#bytes -= payloadBytesOf(envelope) + overheadBytes;
      // The next one holds it before this one lets go.
      this.#owner.ordered(envelope);
      envelope.release?.();
    }
  }
}

function keyOf(origin: PeerId, epoch: number): string {
  return `${origin}/${epoch}`;
}
