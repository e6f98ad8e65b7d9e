/** The bytes of a connection that are not decided yet: one growing buffer, so that a thousand tiny pieces cost one array. */
export class HeldBytes {
  #buffer: Uint8Array = new Uint8Array(0);
  #length = 0;

  /** How many bytes are held. */
  get length(): number {
    return this.#length;
  }

  /** The bytes held; valid until the next change. */
  get view(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Copies the bytes, because the caller's buffer may be reused or be a small part of a large one. */
  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.view);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** Forgets the first `count` bytes. An empty buffer is given back: most connections carry one message and then wait. */
  drop(count: number): void {
    if (count === 0) return;
    this.#length -= count;
    if (this.#length === 0) this.#buffer = new Uint8Array(0);
    else this.#buffer.copyWithin(0, count, count + this.#length);
  }
}
