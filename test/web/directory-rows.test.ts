import { describe, expect, test } from "vitest";
import type { DirectoryEntryAnswer } from "../../src/http/schemas.js";
import { type Look, rowsOf, type SortKey } from "../../web/dashboard/directory-rows.js";

const entry = (name: string, change: Partial<DirectoryEntryAnswer> = {}): DirectoryEntryAnswer => ({
  id: null,
  name,
  address: "10.0.0.1:9000",
  dialect: "native",
  status: "alive",
  epoch: 1,
  incarnation: 0,
  tags: {},
  since: 0,
  seenAt: null,
  rttMs: null,
  isSelf: false,
  ...change,
});
const all = [
  entry("p10", { tags: { zone: "eu" }, rttMs: 3, since: 5 }),
  entry("p2", { status: "dead", address: "10.0.0.2:9000", tags: { zone: "us" }, since: 9 }),
  entry("p1", { status: "suspect", rttMs: 1, since: 7, tags: { leader: "" } }),
];
const everything: Look = {
  text: "",
  statuses: new Set(["alive", "suspect", "dead", "left"]),
  sort: "name",
  isDescending: false,
};
const names = (change: Partial<Look>) => rowsOf(all, { ...everything, ...change }).map(({ name }) => name);

describe("the rows of the directory", () => {
  test("are found by name, address and tag, all words together", () => {
    expect(names({ text: "p1" })).toEqual(["p1", "p10"]);
    expect(names({ text: "10.0.0.2" })).toEqual(["p2"]);
    expect(names({ text: "ZONE=e" })).toEqual(["p10"]);
    expect(names({ text: "zone p2" })).toEqual(["p2"]);
    expect(names({ text: "leader" })).toEqual(["p1"]);
    expect(names({ text: "nobody" })).toEqual([]);
  });

  test("are those of the statuses asked for", () => {
    expect(names({ statuses: new Set(["dead", "left"]) })).toEqual(["p2"]);
    expect(names({ statuses: new Set() })).toEqual([]);
  });

  test.each<[SortKey, string[]]>([
    ["name", ["p1", "p2", "p10"]],
    ["status", ["p1", "p2", "p10"]],
    ["since", ["p2", "p1", "p10"]],
    ["rtt", ["p1", "p10", "p2"]],
    ["tags", ["p1", "p10", "p2"]],
  ])("by %s are in order, numbers as numbers, and the other way round", (sort, expected) => {
    expect(names({ sort })).toEqual(expected);
    expect(names({ sort, isDescending: true })).toEqual([...expected].reverse());
  });
});
