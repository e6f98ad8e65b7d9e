/** Numbers and times as people read them. */

/** `12 s`, `3 min`, `2 h`: how long something has lasted. */
export function lasting(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** `0.4 ms`, `12 ms`, `1.2 s`; a dash for what is not known. */
export function took(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return "–";
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** `0`, `980 B`, `1.2 kB`; a dash for what is not known. */
export function bytes(count: number | null): string {
  if (count === null) return "–";
  if (count < 1_000) return count === 0 ? "0" : `${count} B`;
  return count < 1_000_000 ? `${(count / 1_000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`;
}

const digits = new Intl.NumberFormat("en", { useGrouping: true });

/** `12,345`. */
export function many(count: number): string {
  return digits.format(count);
}

/** `1 peer`, `2 peers`. */
export function some(count: number, noun: string): string {
  return `${many(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `14:03:07` by the clock on the wall here. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString("en-GB");
}
