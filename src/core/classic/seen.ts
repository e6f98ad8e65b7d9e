/**
 * The Message List: which gossip texts have been seen. Bounded and constant in time; the oldest is forgotten first. A
 * text forgotten while copies of it still travel would be relayed again, so the bound is far above what a flood of a
 * few seconds can hold.
 */
export class SeenTexts {
  readonly #texts = new Set<string>();
  readonly #max: number;
  #total = 0;

  /** @param max - texts remembered, at least 1 */
  constructor(max: number) {
    this.#max = max;
  }

  /** How many different texts have been seen, the forgotten ones included. */
  get total(): number {
    return this.#total;
  }

  /** True the first time. */
  add(text: string): boolean {
    if (this.#texts.has(text)) return false;
    if (this.#texts.size >= this.#max) this.#texts.delete(this.#texts.values().next().value!);
    this.#texts.add(text);
    this.#total++;
    return true;
  }
}
