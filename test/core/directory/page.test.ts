import fc from "fast-check";
import { expect, test } from "vitest";
import type { Address } from "../../../src/core/address.js";
import { type DirectoryEntry, type DirectoryPage, entryKey, pageMax } from "../../../src/core/directory/messages.js";
import { pageAfter } from "../../../src/core/directory/page.js";
import { type PeerId, parsePeerId } from "../../../src/core/identity.js";
import { encodeNative } from "../../../src/wire/native.js";
import { directoryEntry } from "../../wire/native-messages.js";

/** What the wire takes. */
const bodyMaxBytes = 65_536;

function idOf(index: number): PeerId {
  return parsePeerId(index.toString(16).padStart(32, "0"))!;
}

function entryOf(id: PeerId | undefined, address: string, tags: Readonly<Record<string, string>> = {}): DirectoryEntry {
  return {
    id,
    address: address as Address,
    dialect: id === undefined ? "classic" : "native",
    status: "alive",
    epoch: 1,
    incarnation: 1,
    forMs: 1,
    seenAgoMs: 1,
    rttMs: 1,
    tags,
  };
}

/** All pages, as a stranger reads them; each is one that the wire takes. */
function readAll(entries: readonly DirectoryEntry[]): DirectoryPage[] {
  const pages: DirectoryPage[] = [];
  let after = "";
  for (;;) {
    const page = pageAfter(entries, after, (one) => one);
    expect(encodeNative(page).length).toBeLessThanOrEqual(5 + bodyMaxBytes);
    pages.push(page);
    if (page.isLast) return pages;
    expect(page.entries.length).toBeGreaterThan(0);
    after = entryKey(page.entries.at(-1)!);
  }
}

test("pages have at most 128 entries, ascend, and leave nobody out", () => {
  const shuffled = Array.from({ length: 1_000 }, (_, i) => entryOf(idOf((i * 617) % 1_000), "10.0.0.1:5000"));
  const pages = readAll(shuffled);
  expect(pages.map(({ entries }) => entries.length)).toEqual([...Array(7).fill(pageMax), 1_000 - 7 * pageMax]);
  expect(pages.flatMap(({ entries }) => entries.map(({ id }) => id))).toEqual(
    Array.from({ length: 1_000 }, (_, i) => idOf(i)),
  );
});

test("a page that is just full is the last one when nobody follows", () => {
  const entries = Array.from({ length: pageMax }, (_, i) => entryOf(idOf(i), "10.0.0.1:5000"));
  expect(pageAfter(entries, "", (one) => one).isLast).toBe(true);
  expect(pageAfter([...entries, entryOf(idOf(pageMax), "10.0.0.1:5000")], "", (one) => one).isLast).toBe(false);
  expect(pageAfter(entries, idOf(pageMax), (one) => one)).toEqual({
    type: "directory-page",
    isLast: true,
    entries: [],
  });
  expect(pageAfter([], "", (one) => one)).toEqual({ type: "directory-page", isLast: true, entries: [] });
});

test("the longest tags there may be make pages shorter, and none too large for the wire", () => {
  for (const letter of ["x", "é", "漢", "💬"]) {
    const value = letter.repeat(Math.floor(250 / Buffer.byteLength(letter)));
    const tags = { a: value, b: value, c: value, d: value };
    const pages = readAll(
      Array.from({ length: 300 }, (_, i) => entryOf(idOf(i), `${"n".repeat(60)}.example:65535`, tags)),
    );
    expect(pages.length).toBeGreaterThan(3);
    expect(pages.length).toBeLessThan(30);
    expect(new Set(pages.flatMap(({ entries }) => entries.map(entryKey))).size).toBe(300);
  }
});

test("those of the classic dialect come after all others, by address", () => {
  const entries = [
    entryOf(undefined, "10.0.0.9:1"),
    entryOf(idOf(2 ** 40), "10.0.0.2:1"),
    entryOf(undefined, "10.0.0.10:1"),
    entryOf(parsePeerId("f".repeat(32)), "10.0.0.3:1"),
  ];
  const { entries: told } = pageAfter(entries, "", (one) => one);
  expect(told.map(({ address }) => address)).toEqual(["10.0.0.2:1", "10.0.0.3:1", "10.0.0.10:1", "10.0.0.9:1"]);
});

test("a question about anybody is answered from there on, whether or not it is in the directory", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(directoryEntry, { selector: entryKey, maxLength: 40 }),
      fc.string(),
      (entries, after) => {
        const { entries: told, isLast } = pageAfter(entries, after, (one) => one);
        const keys = entries
          .map(entryKey)
          .filter((key) => key > after)
          .sort();
        expect(told.map(entryKey)).toEqual(keys.slice(0, told.length));
        expect(isLast).toBe(told.length === keys.length);
        expect(told.length > 0 || isLast).toBe(true);
      },
    ),
  );
});
