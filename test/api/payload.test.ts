import { describe, expect, test } from "vitest";
import { json, PayloadCopies, readJson, readText, text } from "../../src/api/payload.js";
import { checkTopic } from "../../src/api/topic.js";

describe("a payload", () => {
  test("of text is UTF-8, and is read as what was written", () => {
    expect(text("é🙂")).toEqual(new Uint8Array([0xc3, 0xa9, 0xf0, 0x9f, 0x99, 0x82]));
    for (const one of ["", "plain", "é🙂", "\ufeffmark", "\0"]) expect(readText(text(one))).toBe(one);
  });

  test("of JSON is read as what was written", () => {
    for (const value of [null, 0, "é", [1, { a: [] }], { b: false }]) expect(readJson(json(value))).toEqual(value);
  });

  test("can't be made of what JSON has no words for", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    for (const value of [undefined, () => 1, Symbol("s"), 1n, circle]) {
      expect(() => json(value)).toThrow(expect.objectContaining({ code: "bad-payload" }));
    }
    expect(() => json(undefined)).toThrow("the value can't be written as JSON: it is undefined");
  });

  test("that is not what it is read as is an error with a code", () => {
    expect(() => readText(new Uint8Array([0xff]))).toThrow(expect.objectContaining({ code: "bad-payload" }));
    expect(() => readJson(new Uint8Array([0xff]))).toThrow(expect.objectContaining({ code: "bad-payload" }));
    expect(() => readJson(text("{"))).toThrow(expect.objectContaining({ code: "bad-payload" }));
    // Reading what is fine still works afterwards.
    expect(readText(text("fine"))).toBe("fine");
  });

  test("is copied when it is published, also out of a Buffer of the pool", () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const buffer = Buffer.from("abc");
    const payloads = new PayloadCopies(10);
    const copies = [payloads.copy(bytes), payloads.copy(buffer)];
    bytes.fill(9);
    buffer.fill(9);
    expect(copies).toEqual([new Uint8Array([1, 2, 3]), text("abc")]);
  });

  test("keeps its bytes, whatever is published after it", () => {
    const payloads = new PayloadCopies(100_000);
    const sizes = [1, 0, 300, 2_048, 2_049, 9_000];
    const given: (Uint8Array | string)[] = [];
    for (let i = 0; i < 200; i++) {
      const size = sizes[i % sizes.length]!;
      given.push(i % 2 === 0 ? new Uint8Array(size).fill(i) : String.fromCodePoint(0xe0 + i).repeat(size / 2));
    }
    const copies = given.map((one) => payloads.copy(one));
    for (const [i, copy] of copies.entries()) {
      const one = given[i]!;
      expect(Buffer.from(copy).equals(typeof one === "string" ? Buffer.from(one) : one), `payload ${i}`).toBe(true);
    }
  });

  test("is measured in bytes, not in characters", () => {
    const payloads = new PayloadCopies(10);
    expect(payloads.copy("é".repeat(5))).toHaveLength(10);
    const tooLarge = expect.objectContaining({ code: "too-large" });
    expect(() => payloads.copy("é".repeat(6))).toThrow(tooLarge);
    expect(() => payloads.copy("e".repeat(11))).toThrow(tooLarge);
    expect(() => payloads.copy(new Uint8Array(11))).toThrow(tooLarge);
  });

  test("is bytes or text, and nothing that merely looks like it", () => {
    for (const wrong of [undefined, null, 1, {}, [1, 2], new ArrayBuffer(2), new Uint16Array(2)]) {
      expect(() => new PayloadCopies(10).copy(wrong as never)).toThrow(
        expect.objectContaining({ code: "bad-payload" }),
      );
    }
  });
});

describe("a topic", () => {
  test("has 1 to 255 bytes of UTF-8", () => {
    for (const topic of ["a", "prices/eu", "é".repeat(127), "e".repeat(255), "🙂", "tab\t"]) checkTopic(topic);
    for (const topic of ["", "é".repeat(128), "e".repeat(256), "half \ud83d", undefined, null, 1]) {
      expect(() => checkTopic(topic as string)).toThrow(expect.objectContaining({ code: "bad-topic" }));
    }
  });
});
