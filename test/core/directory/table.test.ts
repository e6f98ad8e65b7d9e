import { describe, expect, test } from "vitest";
import { parseAddress } from "../../../src/core/address.js";
import { directoryDefaults } from "../../../src/core/directory/config.js";
import type { PeerRecord } from "../../../src/core/directory/record.js";
import { DirectoryTable } from "../../../src/core/directory/table.js";
import { VersionSums, versionOf } from "../../../src/core/directory/version.js";
import { parsePeerId } from "../../../src/core/identity.js";

const { forgetAfterMs } = directoryDefaults;

function record(number: number, changes: Partial<PeerRecord> = {}): PeerRecord {
  const id = parsePeerId(number.toString(16).padStart(2, "0").repeat(16))!;
  const address = parseAddress(`10.0.0.${number}:5000`)!;
  return { id, address, epoch: 100, incarnation: 100, hasLeft: false, tags: {}, ...changes };
}

function scene(config: Partial<typeof directoryDefaults> = {}) {
  const told: string[] = [];
  const table = new DirectoryTable({ ...directoryDefaults, ...config }, (_now, type, { address }) => {
    told.push(`${type} ${address.split(":")[0]!.split(".")[3]}`);
  });
  return { table, told };
}

/** The sums over what the table holds and tells, counted anew. */
function sumsOf(table: DirectoryTable): VersionSums {
  const sums = new VersionSums();
  for (const one of table.records()) if (table.isTold(one.id)) sums.add(one, table.statusOf(one.id) === "dead");
  return sums;
}

function expectSums(table: DirectoryTable): void {
  const { lower, upper, count, parts } = sumsOf(table);
  expect({ ...table.sums, parts: [...table.sums.parts] }).toEqual({ lower, upper, count, parts: [...parts] });
}

describe("a directory's table", () => {
  test("tells what becomes of a peer, and keeps its sums", () => {
    const { table, told } = scene();
    const one = record(1);
    const newer = record(1, { incarnation: 101 });
    table.put(0, one);
    expect(table.put(0, one)).toBe(false);
    table.suspect(1, one);
    expect(table.statusOf(one.id)).toBe("suspect");
    table.put(2, newer);
    table.bury(3, newer, []);
    expect([table.statusOf(one.id), table.present, table.sinceOf(newer)]).toEqual(["dead", 0, 3]);
    expectSums(table);
    table.put(4, record(1, { incarnation: 102, tags: { role: "x" } }));
    table.put(5, record(1, { incarnation: 103, hasLeft: true }));
    expect(told).toEqual(["join 1", "suspect 1", "alive 1", "dead 1", "alive 1", "update 1", "leave 1"]);
    expect([table.statusOf(one.id), table.present]).toEqual(["left", 0]);
    expectSums(table);
  });

  test("another life is a join; the one before it is dead, if nobody had noticed", () => {
    const { table, told } = scene();
    table.put(0, record(1));
    table.put(9, record(1, { epoch: 200, incarnation: 200 }));
    expect(told).toEqual(["join 1", "dead 1", "join 1"]);
  });

  test("of equal incarnations the later life counts", () => {
    const { table } = scene();
    table.put(0, record(1, { epoch: 200 }));
    expect(table.put(1, record(1, { epoch: 150 }))).toBe(false);
    expect(table.put(1, record(1, { epoch: 250 }))).toBe(true);
  });

  test("the dead are told for half of the time, stand in the way of old news for the rest of it, and are forgotten", () => {
    const { table } = scene();
    const one = record(1);
    table.put(0, one);
    table.bury(0, one, []);
    table.forget(forgetAfterMs / 2 - 10_000);
    expect([table.isTold(one.id), table.endedAgo(1_000, one.id)]).toEqual([true, 1_000]);
    table.forget(forgetAfterMs / 2);
    expect([table.isTold(one.id), table.endedAgo(1_000, one.id), table.sums.count]).toEqual([false, undefined, 0]);
    expect(table.put(forgetAfterMs - 1, one)).toBe(false);
    table.forget(forgetAfterMs);
    expect(table.get(one.id)).toBeUndefined();
    expectSums(table);
  });

  test("one that ended long ago elsewhere is remembered no longer for having been heard of late", () => {
    const { table, told } = scene();
    table.putDead(1_000_000, record(1), [], forgetAfterMs - 5_000);
    expect([table.statusOf(record(1).id), table.isTold(record(1).id)]).toEqual(["dead", false]);
    table.forget(1_010_000);
    expect(table.get(record(1).id)).toBeUndefined();
    expect(told).toEqual([]);
  });

  test("who was away itself trusts nothing: what is heard anew is no news, and what is not is dead", () => {
    const { table, told } = scene();
    for (const number of [1, 2, 3]) table.put(0, record(number));
    told.length = 0;
    table.distrust(1_000, record(1).id);
    expect([table.statusOf(record(1).id), table.statusOf(record(2).id)]).toEqual(["alive", undefined]);
    table.put(1_100, record(2));
    table.forget(table.nextWake);
    expect(told).toEqual(["dead 3"]);
    expectSums(table);
  });

  test("takes no more peers than it may, and walks through all of them, round and round", () => {
    const { table } = scene({ entriesMax: 2 });
    expect([1, 2, 3].map((number) => table.put(0, record(number)))).toEqual([true, true, false]);
    expect([table.next(), table.next(), table.next()].map((one) => one?.address)).toEqual([
      record(1).address,
      record(2).address,
      record(1).address,
    ]);
  });

  test("the dead and the living of one record have different versions", () => {
    expect(versionOf(record(1), true)).not.toBe(versionOf(record(1), false));
    expect(versionOf(record(1), false)).not.toBe(versionOf(record(1, { incarnation: 101 }), false));
  });
});
