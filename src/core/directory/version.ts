/**
 * What two peers compare: a number for each thing that can be known of a peer, and sums over them.
 *
 * The sums are those of `digests.ts`: added, not xored, and changed at the cost of what has changed.
 */
import type { PeerId } from "../identity.js";
import type { PeerRecord } from "./record.js";

/** Parts of a directory that are summed apart, by the first two digits of the ids. */
export const partsMax = 256;

const lowerFactor = 0x9e37_79b1;
const upperFactor = 0x85eb_ca77;

/** The part that an id belongs to: 0 to 255. */
export function partOf(id: PeerId): number {
  return Number.parseInt(id.slice(0, 2), 16);
}

/** 32 bits for one state of one peer. */
export function versionOf(record: PeerRecord, isDead: boolean): number {
  return hash(record, isDead, lowerFactor);
}

/** Sums over a directory. */
export class VersionSums {
  lower = 0;
  upper = 0;
  count = 0;
  /** By part. */
  readonly parts = new Uint32Array(partsMax);

  /** Takes a state in. */
  add(record: PeerRecord, isDead: boolean): void {
    this.#change(record, isDead, 1);
  }

  /** Takes it out again. */
  remove(record: PeerRecord, isDead: boolean): void {
    this.#change(record, isDead, -1);
  }

  #change(record: PeerRecord, isDead: boolean, sign: 1 | -1): void {
    const version = hash(record, isDead, lowerFactor);
    this.lower = (this.lower + sign * version) >>> 0;
    this.upper = (this.upper + sign * hash(record, isDead, upperFactor)) >>> 0;
    this.parts[partOf(record.id)]! += sign * version;
    this.count += sign;
  }
}

function hash({ id, epoch, incarnation }: PeerRecord, isDead: boolean, factor: number): number {
  let sum = isDead ? 0x51ed_270b : 0;
  for (let i = 0; i < 32; i += 8) sum = mix(sum ^ Number.parseInt(id.slice(i, i + 8), 16), factor);
  sum = mix(sum ^ (incarnation >>> 0), factor);
  sum = mix(sum ^ (Math.floor(incarnation / 0x1_0000_0000) >>> 0), factor);
  return mix(sum ^ (epoch >>> 0), factor) >>> 0;
}

function mix(value: number, factor: number): number {
  const one = Math.imul(value ^ (value >>> 15), factor);
  return one ^ (one >>> 13);
}
