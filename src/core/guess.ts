/**
 * Guesses which one element makes two sums differ.
 *
 * Most comparisons find one message under way, or one that was lost. Then two sums differ by the hash of one element as it
 * is here and as it is there, and that can be tried: a few more or fewer messages at the end, a first hole more or less,
 * nothing at all. When one of these fits, in all 64 bits, two or three rounds of sums need not be sent; when none does,
 * nothing is lost but a microsecond for each element.
 */
import { closeLower, type Summand } from "./digests.js";
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
    const found = guessOf(element, (element.lower + lower) | 0, (element.upper + upper) | 0);
    if (found !== 0) return { element, isAhead: found > 0 };
  }
  return undefined;
}

/**
 * Whether one element can have these hashes at the other side: 1 when with fewer messages there, −1 when with more, else
 * 0. There may be thousands of elements, and nearly none fits: nothing is allocated for those.
 */
function guessOf(element: Summand & { readonly seen: { readonly bounds: Bounds } }, lower: number, upper: number) {
  if (lower === 0 && upper === 0) return 1;
  const { bounds } = element.seen;
  const end = bounds.length - 1;
  const first = bounds[end - 1]!;
  const last = bounds[end]!;
  const open = element.hashLower(bounds, end);
  for (let k = 1; k <= tailMax; k++) {
    if (last - k >= first && closeLower(open, last - k) === lower) {
      if (isHash(element, [...bounds.slice(0, end), last - k], lower, upper)) return 1;
    }
    if (closeLower(open, last + k) === lower) {
      if (isHash(element, [...bounds.slice(0, end), last + k], lower, upper)) return -1;
    }
  }
  if (bounds[1]! > bounds[0]! && isHash(element, [bounds[0]! + 1, ...bounds.slice(1)], lower, upper)) return 1;
  if (bounds[0]! > 1) {
    if (isHash(element, [1, ...bounds.slice(1)], lower, upper)) return -1;
    if (isHash(element, [bounds[0]! - 1, ...bounds.slice(1)], lower, upper)) return -1;
  } else if (bounds.length > 2 && isHash(element, [1, ...bounds.slice(3)], lower, upper)) return -1;
  return 0;
}

function isHash(element: Summand, bounds: Bounds, lower: number, upper: number): boolean {
  return element.hashLower(bounds) === lower && element.hashUpper(bounds) === upper;
}
