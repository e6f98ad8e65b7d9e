import { describe, expect, test } from "vitest";
import { murmur128 } from "../../../src/core/bridge/murmur.js";

const encoder = new TextEncoder();

describe("MurmurHash3, x86, 128 bits", () => {
  test.each([
    ["", "00000000000000000000000000000000"],
    ["a", "a794933c5556b01b5556b01b5556b01b"],
    ["ab", "158451df25be301025be301025be3010"],
    ["Hello, world!", "26acdba7f0638dfc402b42630afdd4c3"],
    ["The quick brown fox jumps over the lazy dog", "2f1583c3ecee2c675d7bf66ce5e91d2c"],
    ["1731234567.000001:10.0.0.1:5001:GOSSIP1", "8ec3755222af21a39b88fcfed616f3e3"],
    ["grün €", "f5eef098b17ef382310a8af21c179dca"],
  ])("of %j", (text, hash) => {
    expect(murmur128(encoder.encode(text))).toBe(hash);
  });

  test("takes a start, and bytes in the middle of a buffer", () => {
    const text = encoder.encode("__The quick brown fox jumps over the lazy dog__");
    expect(murmur128(text.subarray(2, -2), 0x9747b28c)).toBe("8ad4d55e4cb861718ea73a9ccdb6793e");
  });

  test("passes the verification of SMHasher, its author's own test", () => {
    const key = Uint8Array.from({ length: 256 }, (_, index) => index);
    const hashes = new Uint8Array(256 * 16);
    for (let i = 0; i < 256; i++) hashes.set(littleEndian(murmur128(key.subarray(0, i), 256 - i)), 16 * i);
    expect(murmur128(hashes).slice(0, 8)).toBe("b3ece62a");
  });
});

function littleEndian(hash: string): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  for (let word = 0; word < 4; word++)
    view.setUint32(4 * word, Number.parseInt(hash.slice(8 * word, 8 * word + 8), 16), true);
  return new Uint8Array(view.buffer);
}
