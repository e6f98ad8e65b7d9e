/**
 * A run in one number: two runs with the same hash gave their cores the same inputs in the same order.
 */
export class Trace {
  /** Inputs so far. */
  inputs = 0;
  #hash = 0x811c9dc5;

  /** FNV-1a over everything added, a 32-bit word at a time: 0 … 2³² − 1. */
  get hash(): number {
    return this.#hash >>> 0;
  }

  /** Adds one input: when, for which process, of which kind, about which link (0 for none). */
  add(at: number, process: number, kind: number, link: number): void {
    this.inputs++;
    let hash = this.#hash;
    hash = Math.imul(hash ^ at, 0x01000193);
    hash = Math.imul(hash ^ process, 0x01000193);
    hash = Math.imul(hash ^ kind, 0x01000193);
    // Multiplication carries only upward; the shift lets high bits count too.
    hash ^= hash >>> 15;
    this.#hash = Math.imul(hash ^ link, 0x01000193);
  }
}
