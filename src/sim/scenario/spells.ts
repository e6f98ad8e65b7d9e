/**
 * What holds for a while, over what holds otherwise. Several may hold at a time: the one that began last counts, and when it
 * ends, what it covered counts again until its own end.
 */
export class Spells<Value> {
  readonly #apply: (value: Value) => void;
  #otherwise: Value;
  #spells: { readonly value: Value }[] = [];

  /** @param apply - called whenever something else counts from now on; not for what holds at the beginning */
  constructor(otherwise: Value, apply: (value: Value) => void) {
    this.#otherwise = otherwise;
    this.#apply = apply;
  }

  /** What counts now. */
  get current(): Value {
    const last = this.#spells.at(-1);
    return last === undefined ? this.#otherwise : last.value;
  }

  /** @returns ends it: once, whenever that is */
  begin(value: Value): () => void {
    const spell = { value };
    this.#spells.push(spell);
    this.#apply(value);
    return () => {
      const index = this.#spells.indexOf(spell);
      if (index < 0) return;
      const isLast = index === this.#spells.length - 1;
      this.#spells.splice(index, 1);
      if (isLast) this.#apply(this.current);
    };
  }

  /** All of them are over, and this holds. */
  replace(otherwise: Value): void {
    this.#spells = [];
    this.#otherwise = otherwise;
    this.#apply(otherwise);
  }
}
