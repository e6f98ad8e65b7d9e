/**
 * Guesses which one element makes two sums differ.
 *
 * Most comparisons find one message under way, or one that was lost. Then two sums differ by the hash of one element as it
 * is here and as it is there, and that can be tried: a few more or fewer messages at the end, a first hole more or less,
 * nothing at all. When one of these fits, in all 64 bits, two or three rounds of sums need not be sent; when none does,
 * nothing is lost but a microsecond for each element.
 */
import type { Summand } from "./digests.js";
import type { Bounds } from "./message.js";

/** The element that differs, and which side has more of it. */
export interface Guess<Element> {
  readonly element: Element;
  /** Whether this side has more of it. */
  readonly isAhead: boolean;
}

/** How many messages more or fewer at the end are tried. */
const tailMax = 4;

/**
 * Finds the element of which the other side has seen more or less, if there is but one.
 *
 * @param lower - how much larger the other side's lower sum is, modulo 2³²
 * @param upper - the same for the upper sum
 */
export function guess<Element extends Summand & { readonly seen: { readonly bounds: Bounds } }>(
  elements: readonly Element[],
  lower: number,
  upper: number,
): Guess<Element> | undefined {
  for (const element of elements) {
    const fits = (bounds: Bounds) => {
      const [otherLower, otherUpper] = bounds.length === 0 ? [0, 0] : element.hash(bounds);
      return (otherLower - element.lower) >>> 0 === lower && (otherUpper - element.upper) >>> 0 === upper;
    };
    const { bounds } = element.seen;
    if (fewer(bounds).some(fits)) return { element, isAhead: true };
    if (more(bounds).some(fits)) return { element, isAhead: false };
  }
  return undefined;
}

function fewer(bounds: Bounds): Bounds[] {
  const last = bounds.length - 1;
  const found: Bounds[] = [[]];
  for (let k = 1; k <= tailMax && bounds[last]! - k >= bounds[last - 1]!; k++) {
    found.push([...bounds.slice(0, last), bounds[last]! - k]);
  }
  if (bounds[1]! > bounds[0]!) found.push([bounds[0]! + 1, ...bounds.slice(1)]);
  return found;
}

function more(bounds: Bounds): Bounds[] {
  const last = bounds.length - 1;
  const found: Bounds[] = [];
  for (let k = 1; k <= tailMax; k++) found.push([...bounds.slice(0, last), bounds[last]! + k]);
  if (bounds[0]! > 1) found.push([1, ...bounds.slice(1)], [bounds[0]! - 1, ...bounds.slice(1)]);
  else if (bounds.length > 2) found.push([1, ...bounds.slice(3)]);
  return found;
}
