/**
 * Arithmetic on {@link Bounds}: sets of sequence numbers, written as ranges. Each operation takes time in the number of
 * ranges, whatever numbers they hold: a claim of 2⁵³ messages costs no more than one of two.
 */
import type { Bounds } from "./message.js";

/** The most ranges that travel in one {@link Bounds}. */
export const rangesMax = 256;

/** No numbers. */
export const noBounds: Bounds = [];

/**
 * Whether these are bounds as they may come from others: pairs, ascending from 1, none touching the next, at most
 * {@link rangesMax} ranges of safe integers.
 */
export function isBounds(bounds: Bounds): boolean {
  if (bounds.length % 2 !== 0 || bounds.length > 2 * rangesMax) return false;
  let before = -1;
  for (let i = 0; i < bounds.length; i += 2) {
    const first = bounds[i]!;
    const last = bounds[i + 1]!;
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) return false;
    if (first < 1 || first <= before + 1 || last < first) return false;
    before = last;
  }
  return true;
}

/**
 * The same number. Engines keep small integers in place, but a number that has once passed where large ones pass, such as
 * the numbers of announcements, may be an object of its own: here it is one no longer. For what is kept thousands of times.
 */
export function inPlace(number: number): number {
  const small = number | 0;
  return small === number ? small : number;
}

/** How many numbers there are. */
export function countOf(bounds: Bounds): number {
  let count = 0;
  for (let i = 0; i < bounds.length; i += 2) count += bounds[i + 1]! - bounds[i]! + 1;
  return count;
}

/** The highest number; 0 when there is none. */
export function lastOf(bounds: Bounds): number {
  return bounds.length === 0 ? 0 : bounds[bounds.length - 1]!;
}

/** What is in both. */
export function intersect(a: Bounds, b: Bounds): number[] {
  const common: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const first = Math.max(a[i]!, b[j]!);
    const last = Math.min(a[i + 1]!, b[j + 1]!);
    if (first <= last) common.push(first, last);
    if (a[i + 1]! < b[j + 1]!) i += 2;
    else j += 2;
  }
  return common;
}

/** What is in the first and not in the second. */
export function subtract(a: Bounds, b: Bounds): number[] {
  const left: number[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let first = a[i]!;
    const last = a[i + 1]!;
    while (j < b.length && b[j + 1]! < first) j += 2;
    for (let k = j; k < b.length && b[k]! <= last && first <= last; k += 2) {
      if (b[k]! > first) left.push(first, b[k]! - 1);
      first = b[k + 1]! + 1;
    }
    if (first <= last) left.push(first, last);
  }
  return left;
}

/** What is in one of them. */
export function union(a: Bounds, b: Bounds): number[] {
  const all: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const isA = j >= b.length || (i < a.length && a[i]! <= b[j]!);
    const first = isA ? a[i]! : b[j]!;
    const last = isA ? a[i + 1]! : b[j + 1]!;
    if (isA) i += 2;
    else j += 2;
    if (all.length > 0 && first <= all[all.length - 1]! + 1) {
      all[all.length - 1] = Math.max(all[all.length - 1]!, last);
    } else all.push(first, last);
  }
  return all;
}

/** Numbers from 1 up to the highest that are not there. */
export function holesOf(bounds: Bounds): number[] {
  return bounds.length === 0 ? [] : subtract([1, bounds[bounds.length - 1]!], bounds);
}
