/**
 * The bytes that one read of a socket brought, with the messages that lie in them.
 *
 * Who keeps messages for long keeps a block and a place in it: tens of thousands of objects that live for minutes would
 * cost more, in collecting garbage, than all that is done with a message. What is kept shares its memory with what came
 * beside it, so blocks see to it that not much of that is held in vain.
 */
import type { Envelope, EnvelopeSource } from "../../core/message.js";

/** Blocks up to this size are held by a single message without a thought. */
const smallBlockBytes = 2048;
/** When less than this part of a larger block is held by messages, they move out. */
const heldPartMin = 1 / 8;
/**
 * … as soon as there are more bytes than this in such blocks, in all. In a stream the rest of a block goes soon after the
 * first part of it, and then nothing is left to be moved.
 */
export const sparseMaxBytes = 2_097_152;
/** What moves out lies side by side in smaller blocks: a buffer for each message costs twice as much. */
const maxSharedBytes = 512;

/** A message as an object, which looks at the bytes itself and must hear when they move. */
export interface Tenant {
  readonly place: number;
  /** Whether somebody keeps the object. */
  readonly isHeld: boolean;
  movedTo(bytes: Uint8Array, start: number): void;
}

/** Makes a message again from its bytes. */
export type ReadAgain = (bytes: Uint8Array, start: number, end: number, block: Block, place: number) => Envelope;

/** Where a message begins, and, in the same number as a flag, where it ends and whether it is kept. */
const fieldsPerPlace = 2;

/**
 * The bytes that came in together. Messages that are kept make up an eighth of them at least, or they are moved out: what
 * is kept for an hour holds on to 2 kB, or to eight times its size, but for {@link sparseMaxBytes} of those that came last.
 */
export class Block implements EnvelopeSource {
  readonly #readAgain: ReadAgain;
  readonly #places: number[] = [];
  #bytes: Uint8Array;
  #leastBytes: number;
  /** Objects that somebody holds, and some that nobody does any more. */
  #tenants: Tenant[] = [];
  #tenantsHeld = 0;
  #heldBytes = 0;
  /** Before that, those who will keep its messages have not seen them yet. */
  #isSettled = false;
  /** It is among those that will be moved out. */
  #isSparse = false;

  /** `isWhole`: there is nothing in these bytes but one message. */
  constructor(bytes: Uint8Array, readAgain: ReadAgain, isWhole = false) {
    this.#readAgain = readAgain;
    this.#bytes = bytes;
    this.#leastBytes = isWhole ? 0 : leastOf(bytes);
  }

  /** A message lies here. Returns its place. */
  add(start: number, end: number): number {
    return this.#places.push(start, 2 * end) / fieldsPerPlace - 1;
  }

  envelopeAt(place: number): Envelope {
    const start = this.#places[fieldsPerPlace * place]!;
    return this.#readAgain(this.#bytes, start, this.#places[fieldsPerPlace * place + 1]! >> 1, this, place);
  }

  keep(place: number): void {
    this.#places[fieldsPerPlace * place + 1]! |= 1;
    this.#heldBytes += this.#bytesAt(place);
  }

  drop(place: number): void {
    this.#places[fieldsPerPlace * place + 1]! &= ~1;
    this.#heldBytes -= this.#bytesAt(place);
    this.#look();
  }

  /** Somebody holds the object. What is kept besides counts twice: it is out of step for a moment only. */
  hold(tenant: Tenant): void {
    if (this.#leastBytes === 0 || this.#bytesAt(tenant.place) === 0) return;
    this.#tenantsHeld++;
    this.#tenants.push(tenant);
    this.#heldBytes += this.#bytesAt(tenant.place);
  }

  /** Nobody holds it any more. */
  release(tenant: Tenant): void {
    if (this.#leastBytes === 0 || this.#bytesAt(tenant.place) === 0) return;
    // Most are held for a moment: they should be forgotten while they are young.
    if (--this.#tenantsHeld === 0) this.#tenants = [];
    this.#heldBytes -= this.#bytesAt(tenant.place);
    this.#look();
  }

  /** Whoever wants to keep a message of it has said so. */
  settle(): void {
    this.#isSettled = true;
    this.#look();
  }

  #bytesAt(place: number): number {
    return (this.#places[fieldsPerPlace * place + 1]! >> 1) - this.#places[fieldsPerPlace * place]!;
  }

  /** Its turn has come to move out, if there is still a reason. Returns the bytes that it had before. */
  moveOutLate(): number {
    const before = this.#bytes.buffer.byteLength;
    this.#isSparse = false;
    if (this.#heldBytes > 0 && this.#heldBytes < this.#leastBytes) this.#moveOut();
    return before;
  }

  #look(): void {
    if (this.#heldBytes >= this.#leastBytes || !this.#isSettled || this.#isSparse || this.#heldBytes === 0) return;
    this.#isSparse = true;
    waitForMove(this, this.#bytes.buffer.byteLength);
  }

  /** Takes what is held to a smaller place; the rest is for whoever still looks at it. */
  #moveOut(): void {
    const places = this.#places;
    const tenants = this.#tenants.filter(({ isHeld }) => isHeld);
    const isTenants = new Set(tenants.map(({ place }) => place));
    const stays = (place: number) => (places[fieldsPerPlace * place + 1]! & 1) !== 0 || isTenants.has(place);
    let total = 0;
    for (let i = 0; fieldsPerPlace * i < places.length; i++) if (stays(i)) total += this.#bytesAt(i);
    const { bytes, at } = roomOf(total);
    let next = at;
    for (let i = 0; fieldsPerPlace * i < places.length; i++) {
      const field = fieldsPerPlace * i;
      if (!stays(i)) {
        // Nothing is here any more. Objects that were not held go on with the old bytes.
        places[field] = 0;
        places[field + 1] = 0;
        continue;
      }
      const length = this.#bytesAt(i);
      bytes.set(this.#bytes.subarray(places[field]!, places[field]! + length), next);
      places[field] = next;
      next += length;
      places[field + 1] = 2 * next + (places[field + 1]! & 1);
    }
    this.#bytes = bytes;
    for (const tenant of tenants) tenant.movedTo(bytes, places[fieldsPerPlace * tenant.place]!);
    this.#leastBytes = leastOf(bytes);
    this.#tenants = this.#leastBytes === 0 ? [] : tenants;
  }
}

/** Blocks with little in them, in their order, from the first that is not moved yet. */
let sparse: (Block | undefined)[] = [];
let sparseFirst = 0;
let sparseBytes = 0;

function waitForMove(block: Block, bytes: number): void {
  sparse.push(block);
  sparseBytes += bytes;
  while (sparseBytes > sparseMaxBytes) {
    sparseBytes -= sparse[sparseFirst]!.moveOutLate();
    // One in which nothing is kept any more is not moved, and would be held with all its bytes from here alone.
    sparse[sparseFirst++] = undefined;
  }
  if (sparseFirst > 64 && 2 * sparseFirst > sparse.length) {
    sparse = sparse.slice(sparseFirst);
    sparseFirst = 0;
  }
}

function leastOf({ buffer }: Uint8Array): number {
  return buffer.byteLength <= smallBlockBytes ? 0 : buffer.byteLength * heldPartMin;
}

let shared: Uint8Array = new Uint8Array(0);
let sharedAt = 0;

/** Room for so many bytes, and where it begins. */
function roomOf(length: number): { readonly bytes: Uint8Array; readonly at: number } {
  if (length > maxSharedBytes) return { bytes: new Uint8Array(length), at: 0 };
  if (sharedAt + length > shared.length) {
    shared = new Uint8Array(smallBlockBytes);
    sharedAt = 0;
  }
  const at = sharedAt;
  sharedAt += length;
  return { bytes: shared, at };
}
