/**
 * Things with numbers that come nearly in order and go nearly in order: a ring with a place for each number of a window,
 * a third of the cost of a Map. Numbers far apart from the others, which only losses or lies bring, go into a Map. A
 * single thing needs no ring at all: most origins have published one message lately, or two.
 */

import { inPlace } from "./bounds.js";

/** A place for each number of a window, whose width is a power of two. */
interface Ring<Thing> {
  /** The number in each place, 0 for none, and what has it. */
  readonly numbers: number[];
  readonly things: (Thing | undefined)[];
}

/** Things by number. */
export class Numbered<Thing> {
  /** The only thing, while there is no ring. */
  #number = 0;
  #thing: Thing | undefined = undefined;
  #ring: Ring<Thing> | undefined = undefined;
  #far: Map<number, Thing> | undefined = undefined;
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** The thing of this number. */
  get(number: number): Thing | undefined {
    const ring = this.#ring;
    if (ring === undefined) return this.#number === number ? this.#thing : undefined;
    const place = placeIn(ring, number);
    return ring.numbers[place] === number ? ring.things[place] : this.#far?.get(number);
  }

  /** Puts in a thing with a number, from 1 on, that none has yet. */
  put(number: number, thing: Thing): void {
    this.#size++;
    if (this.#size === 1 && this.#ring === undefined) {
      this.#number = inPlace(number);
      this.#thing = thing;
      return;
    }
    let ring = this.#ring ?? this.#begin();
    let place = placeIn(ring, number);
    while (ring.numbers[place] !== 0) {
      if (ring.numbers.length > 4 * this.#size) {
        this.#far ??= new Map();
        this.#far.set(number, thing);
        return;
      }
      ring = twiceAsWide(ring);
      this.#ring = ring;
      place = placeIn(ring, number);
    }
    ring.numbers[place] = number;
    ring.things[place] = thing;
  }

  /** Takes out the thing of this number, if there is one. */
  remove(number: number): void {
    const ring = this.#ring;
    if (ring === undefined) {
      if (this.#number !== number || this.#size === 0) return;
      this.#number = 0;
      this.#thing = undefined;
      this.#size = 0;
      return;
    }
    const place = placeIn(ring, number);
    if (ring.numbers[place] === number) {
      ring.numbers[place] = 0;
      ring.things[place] = undefined;
      this.#size--;
    } else if (this.#far?.delete(number)) this.#size--;
    // An origin that has fallen silent costs no more than one that was never heard.
    if (this.#size === 0) {
      this.#ring = undefined;
      this.#far = undefined;
    }
  }

  /** All of them, in no order. */
  all(): Thing[] {
    if (this.#ring === undefined) return this.#thing === undefined ? [] : [this.#thing];
    const things = this.#ring.things.filter((thing) => thing !== undefined);
    return this.#far === undefined ? things : [...things, ...this.#far.values()];
  }

  /** A ring for what there is, and one more. */
  #begin(): Ring<Thing> {
    const ring: Ring<Thing> = { numbers: [0, 0], things: [undefined, undefined] };
    const place = placeIn(ring, this.#number);
    ring.numbers[place] = this.#number;
    ring.things[place] = this.#thing;
    this.#number = 0;
    this.#thing = undefined;
    this.#ring = ring;
    return ring;
  }
}

function placeIn({ numbers }: Ring<unknown>, number: number): number {
  // The low 32 bits are enough, and what lies beyond them makes no difference.
  return number & (numbers.length - 1);
}

/** What had different places before has different ones after. */
function twiceAsWide<Thing>({ numbers, things }: Ring<Thing>): Ring<Thing> {
  const wider: Ring<Thing> = {
    numbers: new Array<number>(numbers.length * 2).fill(0),
    things: new Array<Thing | undefined>(numbers.length * 2).fill(undefined),
  };
  for (let i = 0; i < numbers.length; i++) {
    if (numbers[i] === 0) continue;
    const place = placeIn(wider, numbers[i]!);
    wider.numbers[place] = numbers[i]!;
    wider.things[place] = things[i];
  }
  return wider;
}
