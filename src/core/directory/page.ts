/** Cuts a directory into pages for strangers who ask, each of which fits into a message. */
import type { Address } from "../address.js";
import type { PeerId } from "../identity.js";
import { type DirectoryEntry, type DirectoryPage, entryKey, pageMax } from "./messages.js";
import { recordBytes } from "./record.js";

/** What an entry has beside its record, at the most. */
const entryBytes = 40;
/** How large a page may grow, of 65,536 bytes that the wire takes. */
const pageMaxBytes = 49_152;

/**
 * The page that follows a key. Takes one look at each entry: strangers may ask often, and nothing is kept for them.
 *
 * @param entryOf - makes the entry of one that is on the page
 */
export function pageAfter<T extends { readonly id: PeerId | undefined; readonly address: Address }>(
  all: Iterable<T>,
  after: string,
  entryOf: (one: T) => DirectoryEntry,
): DirectoryPage {
  // The lowest keys above it, ascending, and one more to know whether that is all.
  const lowest: { readonly key: string; readonly one: T }[] = [];
  for (const one of all) {
    const key = entryKey(one);
    if (key <= after || (lowest.length > pageMax && key >= lowest[pageMax]!.key)) continue;
    lowest.splice(placeOf(lowest, key), 0, { key, one });
    if (lowest.length > pageMax + 1) lowest.pop();
  }
  const entries: DirectoryEntry[] = [];
  let bytes = 0;
  for (const { one } of lowest) {
    if (entries.length === pageMax) break;
    const entry = entryOf(one);
    bytes += recordBytes(entry) + entryBytes;
    if (bytes > pageMaxBytes) break;
    entries.push(entry);
  }
  return { type: "directory-page", isLast: entries.length === lowest.length, entries };
}

function placeOf(sorted: readonly { readonly key: string }[], key: string): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle]!.key < key) from = middle + 1;
    else to = middle;
  }
  return from;
}
