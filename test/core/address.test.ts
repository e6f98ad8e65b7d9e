import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalIp, isWildcard, joinAddress, parseAddress, splitAddress, withIp } from "../../src/core/address.js";

describe("an address", () => {
  test.each([
    ["127.0.0.1:5001", "127.0.0.1:5001"],
    ["[::1]:5001", "[::1]:5001"],
    ["[2001:DB8:0:0:0:0:0:1]:80", "[2001:db8::1]:80"],
    ["[::ffff:10.0.0.1]:80", "10.0.0.1:80"],
    ["Seed-1.Example.:5001", "seed-1.example:5001"],
    ["localhost:1", "localhost:1"],
  ])("%s has the one spelling %s", (text, canonical) => {
    expect(parseAddress(text)).toBe(canonical);
  });

  test.each([
    "",
    ":",
    ":5001",
    "127.0.0.1",
    "127.0.0.1:",
    "127.0.0.1:0",
    "127.0.0.1:65536",
    "127.0.0.1:05",
    "256.0.0.1:1",
  ])("%j is none", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test.each([
    "1.2.3:80",
    "127.0.0.1:5001:5002",
    "[::1:80",
    "[:::]:80",
    "[1::2::3]:80",
    "a b:80",
    "-:80",
    "[12345::]:80",
  ])("neither is %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test("is taken apart and put together again", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }), (ip, port) => {
        const address = joinAddress(ip, port)!;
        expect(parseAddress(address)).toBe(address);
        expect(splitAddress(address)).toEqual({ ip: canonicalIp(ip), port });
      }),
    );
  });

  test("can change its IP, and knows when it stands for any", () => {
    const any = parseAddress("0.0.0.0:7001")!;
    expect(isWildcard(any)).toBe(true);
    expect(withIp(any, "::1")).toBe("[::1]:7001");
    expect(isWildcard(parseAddress("[::]:7001")!)).toBe(true);
  });
});
