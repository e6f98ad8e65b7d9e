/**
 * Short texts that come again and again: the ids of peers, the names of topics.
 *
 * A peer hears some hundred ids and topics, each of them a million times. Spelling one anew costs more than finding it
 * by its bytes, and a history of 100,000 messages should hold each text once, not 100,000 times.
 */

const slotCount = 1024;
/** Longer texts are rarely repeated; with this, a table stays below some 200 kB. */
const maxBytes = 64;

/** A table of fixed size: each text has one slot where it can be, and gives way to the next one that wants it. */
export class RecentTexts {
  readonly #spell: (bytes: Uint8Array) => string;
  readonly #bytes: Uint8Array[] = new Array<Uint8Array>(slotCount).fill(new Uint8Array(0));
  readonly #texts: string[] = new Array<string>(slotCount).fill("");

  /** Takes how bytes become text; its answer must depend on them only. It may throw. */
  constructor(spell: (bytes: Uint8Array) => string) {
    this.#spell = spell;
  }

  /** The text of the bytes from `start` up to `end`. */
  read(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start;
    if (length === 0 || length > maxBytes) return this.#spell(bytes.subarray(start, end));
    let hash = length;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (slotCount - 1);
    const known = this.#bytes[slot]!;
    if (known.length === length) {
      let same = 0;
      while (same < length && known[same] === bytes[start + same]) same++;
      if (same === length) return this.#texts[slot]!;
    }
    const own = bytes.slice(start, end);
    const text = this.#spell(own);
    this.#bytes[slot] = own;
    this.#texts[slot] = text;
    return text;
  }
}
