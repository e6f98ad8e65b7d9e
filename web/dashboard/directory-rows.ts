/** What the table of the directory shows: searched, sorted, counted. */
import type { DirectoryEntryAnswer } from "../../src/http/schemas.js";

/** What rows are sorted by. */
export type SortKey = "name" | "status" | "since" | "rtt" | "tags";

/** How the table is looked at. */
export interface Look {
  /** Words that must all be found: in name, address, id, or as `tag` or `tag=value`. */
  readonly text: string;
  readonly statuses: ReadonlySet<DirectoryEntryAnswer["status"]>;
  readonly sort: SortKey;
  readonly isDescending: boolean;
}

/** The order of statuses: what needs looking at comes first. */
const urgency = { suspect: 0, dead: 1, alive: 2, left: 3 } as const;

/** The entries that are to be shown, in order. */
export function rowsOf(entries: readonly DirectoryEntryAnswer[], look: Look): DirectoryEntryAnswer[] {
  const words = look.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const found = inOrder(entries).filter(
    (entry) => look.statuses.has(entry.status) && words.every((word) => has(entry, word)),
  );
  if (look.sort === "name") return look.isDescending ? found.reverse() : found;
  const sign = look.isDescending ? -1 : 1;
  const compare = comparisons[look.sort];
  // Sorting keeps the order by name of those that are alike.
  return found.sort((a, b) => sign * compare(a, b));
}

/** Comparing names costs most, of thousands more than anybody waits for between two letters: once for each reading is enough. */
const sorted = new WeakMap<readonly DirectoryEntryAnswer[], readonly DirectoryEntryAnswer[]>();

function inOrder(entries: readonly DirectoryEntryAnswer[]): readonly DirectoryEntryAnswer[] {
  let known = sorted.get(entries);
  if (known === undefined) {
    known = [...entries].sort((a, b) => order.compare(titleOf(a), titleOf(b)));
    sorted.set(entries, known);
  }
  return known;
}

/** What somebody is called. */
export function titleOf({ name, address }: Pick<DirectoryEntryAnswer, "name" | "address">): string {
  return name ?? address;
}

/** `zone=eu rack=7`. */
export function tagText(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([key, value]) => (value === "" ? key : `${key}=${value}`))
    .join(" ");
}

const comparisons: Readonly<
  Record<Exclude<SortKey, "name">, (a: DirectoryEntryAnswer, b: DirectoryEntryAnswer) => number>
> = {
  status: (a, b) => urgency[a.status] - urgency[b.status],
  since: (a, b) => b.since - a.since,
  rtt: (a, b) => (a.rttMs ?? Number.POSITIVE_INFINITY) - (b.rttMs ?? Number.POSITIVE_INFINITY) || 0,
  tags: (a, b) => order.compare(tagText(a.tags), tagText(b.tags)),
};

/** p2 before p10. */
const order = new Intl.Collator("en", { numeric: true });

function has(entry: DirectoryEntryAnswer, word: string): boolean {
  return (
    titleOf(entry).toLowerCase().includes(word) ||
    entry.address.includes(word) ||
    (entry.id?.includes(word) ?? false) ||
    Object.entries(entry.tags).some(([key, value]) => `${key}=${value}`.toLowerCase().includes(word))
  );
}
