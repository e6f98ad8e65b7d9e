import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dialectBytes, dialectOf } from "../../src/wire/dialect.js";
import { NativeReader, nativePreamble } from "../../src/wire/native.js";

interface PreambleVector {
  readonly name: string;
  readonly hex: string;
  readonly dialect: string;
  readonly reason: string;
}

const vectors = JSON.parse(readFileSync("docs/protocol-vectors.json", "utf8")) as {
  preamble: string;
  preambles: PreambleVector[];
};

describe("the first bytes of a connection", () => {
  test("the preamble is native as soon as its three fixed bytes are there, and undecided before", () => {
    const bytes = nativePreamble();
    expect(Buffer.from(bytes).toString("hex")).toBe(vectors.preamble);
    const decisions = [0, 1, 2, 3, 4].map((length) => dialectOf(bytes.subarray(0, length)));
    expect(decisions).toEqual(["unknown-yet", "unknown-yet", "unknown-yet", "native", "native"]);
    expect(dialectBytes).toBe(3);
  });

  test("any other first byte is classic at once", () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(dialectOf(Uint8Array.of(byte))).toBe(byte === nativePreamble()[0] ? "unknown-yet" : "classic");
    }
  });

  test("no text of any kind begins like the preamble", () => {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for (let second = 0; second < 256; second++) {
      expect(() => decoder.decode(Uint8Array.of(nativePreamble()[0]!, second, 0x80, 0x80))).toThrow();
    }
  });

  test.each(vectors.preambles)("$name", ({ hex, dialect, reason }) => {
    const bytes = Buffer.from(hex, "hex");
    expect(dialectOf(bytes)).toBe(dialect);
    expect(new NativeReader().push(bytes)).toMatchObject({ messages: [], refusal: { reason } });
  });
});
