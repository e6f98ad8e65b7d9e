/**
 * The one clock of the real world: milliseconds since 1970 that never go back. Read off the wall once, at start, and
 * counted on by the monotonic clock, so that setting the machine's time ends no lease and kills no neighbor.
 */
const startedAt = Date.now() - performance.now();

/** Integer milliseconds since 1970, never going back within a process. */
export function now(): number {
  return Math.floor(startedAt + performance.now());
}
