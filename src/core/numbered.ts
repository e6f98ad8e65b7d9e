/**
 * Things with numbers that come nearly in order and go nearly in order: a ring with a place for each number of a window,
 * a third of the cost of a Map. Numbers far apart from the others, which only losses or lies bring, go into a Map.
 */

/** Things by number. */
export class Numbered<Thing> {
  /** The number in each place, 0 for none, and what has it. */
  #numbers: number[] = [0, 0];
  #things: (Thing | undefined)[] = [undefined, undefined];
  #far: Map<number, Thing> | undefined;
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The thing of this number. */
  get(number: number): Thing | undefined {
    const place = this.#placeOf(number);
    return this.#numbers[place] === number ? this.#things[place] : this.#far?.get(number);
  }

  /** Puts in a thing with a number, from 1 on, that none has yet. */
  put(number: number, thing: Thing): void {
    this.#size++;
    let place = this.#placeOf(number);
    while (this.#numbers[place] !== 0) {
      if (this.#numbers.length > 4 * this.#size) {
        this.#far ??= new Map();
        this.#far.set(number, thing);
        return;
      }
      this.#grow();
      place = this.#placeOf(number);
    }
    this.#numbers[place] = number;
    this.#things[place] = thing;
  }

  /** Takes out the thing of this number, if there is one. */
  remove(number: number): void {
    const place = this.#placeOf(number);
    if (this.#numbers[place] === number) {
      this.#numbers[place] = 0;
      this.#things[place] = undefined;
      this.#size--;
    } else if (this.#far?.delete(number)) this.#size--;
  }

  /** All of them, in no order. */
  all(): Thing[] {
    const things = this.#things.filter((thing) => thing !== undefined);
    return this.#far === undefined ? things : [...things, ...this.#far.values()];
  }

  #placeOf(number: number): number {
    // The low 32 bits are enough, and what lies beyond them makes no difference.
    return number & (this.#numbers.length - 1);
  }

  /** Twice as wide: what had different places before has different ones after. */
  #grow(): void {
    const numbers = this.#numbers;
    const things = this.#things;
    this.#numbers = new Array(numbers.length * 2).fill(0);
    this.#things = new Array(numbers.length * 2).fill(undefined);
    for (let i = 0; i < numbers.length; i++) {
      if (numbers[i] === 0) continue;
      const place = this.#placeOf(numbers[i]!);
      this.#numbers[place] = numbers[i]!;
      this.#things[place] = things[i];
    }
  }
}
