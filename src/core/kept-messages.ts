/**
 * The messages of one life that are kept whole, by number. Numbers come nearly in order and go nearly in order: a ring has
 * a place for each number of a window, a third of the cost of a Map. Numbers far apart from the others, which only losses
 * or lies bring, go into a Map. A single message needs no ring at all: most origins have published one lately, or two.
 *
 * In the ring a message is a few numbers in an array, not an object: collecting garbage among hundreds of thousands of
 * objects that live for minutes took longer than all the rest of a peer's work.
 */

import { inPlace } from "./bounds.js";
import { type Envelope, type EnvelopeSource, payloadBytesOf } from "./message.js";

/** A message that is kept. */
export interface Kept {
  readonly envelope: Envelope;
  /** Hops from its origin to here. */
  readonly round: number;
  /** The slot of the neighbor that brought it; -1 for a message of one's own. */
  readonly from: number;
  /** When it first came to the network, counted from the beginning of its life here, in milliseconds. */
  readonly sinceMs: number;
}

/** One that stands alone. Without a `place` its source is the envelope itself. */
interface Single {
  readonly seq: number;
  readonly source: Envelope | EnvelopeSource;
  readonly place: number;
  readonly round: number;
  readonly from: number;
  readonly sinceMs: number;
  readonly bytes: number;
}

/** A place for each number of a window, whose width is a power of two. */
interface Ring {
  readonly sources: (Envelope | EnvelopeSource | undefined)[];
  /** Of each message, in this order: its number, or 0 for none, and the other fields of a {@link Single}. */
  readonly fields: number[];
}

const placeAt = 1;
const roundAt = 2;
const fromAt = 3;
const sinceAt = 4;
const bytesAt = 5;
const fieldsEach = 6;

/** What a kept message weighs beside its payload: about what is remembered of it, its head in the bytes included. */
export const keptOverheadBytes = 100;

/** Kept messages by number. */
export class KeptMessages {
  /** The only message, while there is no ring. */
  #only: Single | undefined = undefined;
  #ring: Ring | undefined = undefined;
  #far: Map<number, Single> | undefined = undefined;
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Whether there is one of this number. */
  has(seq: number): boolean {
    const ring = this.#ring;
    if (ring === undefined) return this.#only?.seq === seq;
    return ring.fields[fieldsOf(ring, seq)] === seq || this.#far?.has(seq) === true;
  }

  /** The message of this number. */
  get(seq: number): Kept | undefined {
    const one = this.#single(seq);
    if (one === undefined) return undefined;
    const { source, place, round, from, sinceMs } = one;
    const envelope = place < 0 ? (source as Envelope) : (source as EnvelopeSource).envelopeAt(place);
    return { envelope, round, from, sinceMs };
  }

  /** The slot of the neighbor that brought the message of this number; -1 also without one. */
  from(seq: number): number {
    return this.#single(seq)?.from ?? -1;
  }

  /** Puts in a message whose number, from 1 on, none has yet. Returns what it weighs, in bytes. */
  put(envelope: Envelope, round: number, from: number, sinceMs: number): number {
    const seq = inPlace(envelope.seq);
    const source = envelope.source ?? envelope;
    const place = envelope.source === undefined ? -1 : envelope.place!;
    const bytes = payloadBytesOf(envelope) + keptOverheadBytes;
    envelope.source?.keep(place);
    this.#size++;
    if (this.#size === 1 && this.#ring === undefined) {
      this.#only = { seq, source, place, round, from, sinceMs, bytes };
      return bytes;
    }
    let ring = this.#ring ?? this.#begin();
    let at = fieldsOf(ring, seq);
    while (ring.fields[at] !== 0) {
      if (ring.sources.length > 4 * this.#size) {
        this.#far ??= new Map();
        this.#far.set(seq, { seq, source, place, round, from, sinceMs, bytes });
        return bytes;
      }
      ring = twiceAsWide(ring);
      this.#ring = ring;
      at = fieldsOf(ring, seq);
    }
    fill(ring, at, seq, source, place, round, from, sinceMs, bytes);
    return bytes;
  }

  /** Takes out the message of this number. Returns what it weighed; 0 when there is none. */
  remove(seq: number): number {
    const ring = this.#ring;
    const at = ring === undefined ? -1 : fieldsOf(ring, seq);
    if (ring === undefined || ring.fields[at] !== seq) return this.#removeSingle(seq);
    const source = ring.sources[at / fieldsEach]!;
    const place = ring.fields[at + placeAt]!;
    if (place >= 0) (source as EnvelopeSource).drop(place);
    ring.fields[at] = 0;
    ring.sources[at / fieldsEach] = undefined;
    this.#shrink();
    return ring.fields[at + bytesAt]!;
  }

  /** The numbers of all of them, in no order. */
  seqs(): number[] {
    const ring = this.#ring;
    if (ring === undefined) return this.#only === undefined ? [] : [this.#only.seq];
    const seqs = this.#far === undefined ? [] : [...this.#far.keys()];
    for (let at = 0; at < ring.fields.length; at += fieldsEach) if (ring.fields[at] !== 0) seqs.push(ring.fields[at]!);
    return seqs;
  }

  #single(seq: number): Single | undefined {
    const ring = this.#ring;
    if (ring === undefined) return this.#only?.seq === seq ? this.#only : undefined;
    const at = fieldsOf(ring, seq);
    const { fields, sources } = ring;
    if (fields[at] !== seq) return this.#far?.get(seq);
    return {
      seq,
      source: sources[at / fieldsEach]!,
      // Out of such a row all come as floating numbers. Were they passed on so, every message made of them would be of
      // another kind to the machine than those off the wire, and all of these would be rewritten, one by one.
      place: fields[at + placeAt]! | 0,
      round: fields[at + roundAt]! | 0,
      from: fields[at + fromAt]! | 0,
      sinceMs: fields[at + sinceAt]!,
      bytes: fields[at + bytesAt]! | 0,
    };
  }

  #removeSingle(seq: number): number {
    const one = this.#ring === undefined ? this.#only : this.#far?.get(seq);
    if (one === undefined || one.seq !== seq) return 0;
    if (one.place >= 0) (one.source as EnvelopeSource).drop(one.place);
    this.#only = undefined;
    this.#far?.delete(seq);
    this.#shrink();
    return one.bytes;
  }

  /** An origin that has fallen silent costs no more than one that was never heard. */
  #shrink(): void {
    if (--this.#size > 0) return;
    this.#ring = undefined;
    this.#far = undefined;
  }

  /** A ring for what there is, and one more. */
  #begin(): Ring {
    const ring = emptyRing(2);
    const { seq, source, place, round, from, sinceMs, bytes } = this.#only!;
    fill(ring, fieldsOf(ring, seq), seq, source, place, round, from, sinceMs, bytes);
    this.#only = undefined;
    this.#ring = ring;
    return ring;
  }
}

function emptyRing(width: number): Ring {
  return {
    sources: new Array<undefined>(width).fill(undefined),
    fields: new Array<number>(width * fieldsEach).fill(0),
  };
}

/** Where the fields of this number begin. */
function fieldsOf({ sources }: Ring, seq: number): number {
  // The low 32 bits are enough, and what lies beyond them makes no difference.
  return (seq & (sources.length - 1)) * fieldsEach;
}

function fill(
  { sources, fields }: Ring,
  at: number,
  seq: number,
  source: Envelope | EnvelopeSource,
  place: number,
  round: number,
  from: number,
  sinceMs: number,
  bytes: number,
): void {
  sources[at / fieldsEach] = source;
  fields[at] = seq;
  fields[at + placeAt] = place;
  fields[at + roundAt] = round;
  fields[at + fromAt] = from;
  fields[at + sinceAt] = sinceMs;
  fields[at + bytesAt] = bytes;
}

/** What had different places before has different ones after. */
function twiceAsWide(ring: Ring): Ring {
  const wider = emptyRing(ring.sources.length * 2);
  for (let from = 0; from < ring.fields.length; from += fieldsEach) {
    const seq = ring.fields[from]!;
    if (seq === 0) continue;
    const to = fieldsOf(wider, seq);
    for (let i = 0; i < fieldsEach; i++) wider.fields[to + i] = ring.fields[from + i]!;
    wider.sources[to / fieldsEach] = ring.sources[from / fieldsEach];
  }
  return wider;
}
