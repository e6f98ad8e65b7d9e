/**
 * The messages of this peer's own life: their numbers, and who else speaks in its name.
 *
 * Nothing on the wire is signed, so any peer can publish in another's name. The one whose name it is notices: it passes such
 * messages on to nobody, and does not use their numbers any more, because others would take its own message of that
 * number for one they have already.
 */
import type { History } from "./history.js";
import type { Envelope, MessageId } from "./message.js";
import type { PeerSelf } from "./peer-effects.js";

/** Numbers that are given up for one forgery, at most: a lie about the largest number must not use up all of them. */
const skippedMax = 1_000;

/** One process's life as an origin. */
export class OwnLife {
  readonly #self: PeerSelf;
  readonly #epoch: number;
  readonly #history: History;
  #seq = 0;

  constructor(self: PeerSelf, history: History) {
    this.#self = self;
    this.#epoch = self.epoch;
    this.#history = history;
  }

  /** The next message, with room for all that it will ever have: objects that grow are slow. */
  next(publishedAt: number, topic: string, payload: Uint8Array): Envelope {
    const { epoch, contact } = this.#self;
    const { id: origin, address } = contact;
    this.#seq++;
    return { origin, epoch, seq: this.#seq, publishedAt, address, topic, payload, bytes: undefined, frame: undefined };
  }

  /** Whether a message is of this life. */
  has({ origin, epoch }: MessageId): boolean {
    return epoch === this.#epoch && origin === this.#self.contact.id;
  }

  /** Whether a message is in this life's name, and was not published here. Its number is not used any more then. */
  isForged(now: number, envelope: Envelope): boolean {
    if (!this.has(envelope)) return false;
    const { origin, epoch, seq } = envelope;
    if (seq <= this.#seq) return false;
    if (seq - this.#seq <= skippedMax) {
      this.#history.skip(now, origin, epoch, [this.#seq + 1, seq]);
      this.#seq = seq;
    }
    return true;
  }
}
