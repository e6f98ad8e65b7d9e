import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parsePeerId } from "../../src/core/identity.js";
import type { Envelope, LifeMarks, Marks, MarksPart, Message, NativeGossip } from "../../src/core/message.js";
import { sparseMaxBytes } from "../../src/wire/native/block.js";
import { codecs } from "../../src/wire/native/messages.js";
import { encodeEnvelope, encodeNative, FrameWriter, NativeReader, nativePreamble } from "../../src/wire/native.js";
import { bare, read } from "./native-messages.js";

interface Vectors {
  readonly frames: readonly { name: string; message: { type: string }; hex: string }[];
  readonly accepted: readonly {
    name: string;
    hex: string;
    messages?: string[];
    envelope?: string;
    decoded?: Message;
  }[];
  readonly refused: readonly { name: string; hex: string; reason: string }[];
}

const vectors = JSON.parse(readFileSync("docs/protocol-vectors.json", "utf8")) as Vectors;
const one = parsePeerId("000102030405060708090a0b0c0d0e0f")!;
const two = parsePeerId("101112131415161718191a1b1c1d1e1f")!;

describe("the vectors of docs/protocol-vectors.json", () => {
  test.each(vectors.frames)("$name, written and read", ({ message, hex }) => {
    expect(hexOf(encodeNative(fromJson(message)))).toBe(hex);
    const { messages, refusal } = read([bytesOf(hex)]);
    expect(refusal).toBeUndefined();
    expect(messages.map(bare)).toEqual([fromJson(message)]);
  });

  test("there is one for each type", () => {
    const documented = readFileSync("docs/protocol.md", "utf8");
    const types = new Set(vectors.frames.map(({ message }) => message.type));
    const sections = [...documented.matchAll(/^### (\d+) `([a-z-]+)`/gm)].map(([, code, type]) => [type, Number(code)]);
    const spoken = Object.entries(codecs).map(([type, { code }]) => [type, code]);
    expect(new Set(sections)).toEqual(new Set(spoken));
    expect(types).toEqual(new Set(Object.keys(codecs)));
  });

  test.each(vectors.accepted)("$name", ({ hex, messages = [], envelope, decoded }) => {
    const reading = read([bytesOf(hex)]);
    expect(reading.refusal).toBeUndefined();
    const expected = messages.map((name) => fromJson(vectors.frames.find((vector) => vector.name === name)!.message));
    expect(reading.messages.map(bare)).toEqual(decoded === undefined ? expected : [decoded]);
    if (envelope !== undefined) {
      expect(hexOf(encodeEnvelope((reading.messages[0] as NativeGossip).envelope))).toBe(envelope);
      expect(hexOf(encodeNative(reading.messages[0]!))).toBe(hex);
    }
  });

  test.each(vectors.refused)("refused: $name", ({ hex, reason }) => {
    const reading = read([bytesOf(hex)]);
    expect(reading).toMatchObject({ messages: [], refusal: { reason } });
    expect(reading.refusal!.message).toMatch(/^[ -~]{10,160}$/);
  });
});

describe("a reader", () => {
  test("reads what came before a refusal, and nothing after it", () => {
    const reader = new NativeReader();
    reader.push(nativePreamble());
    const join = encodeNative({ type: "join" });
    const reading = reader.push(Buffer.concat([join, bytesOf("000000007f"), join]));
    expect(reading).toMatchObject({ messages: [{ type: "join" }], refusal: { reason: "unknown-type" } });
    expect(reader.push(join)).toEqual({ messages: [] });
    expect(reader.end()).toBeUndefined();
  });

  test("takes memory for what has come, not for what a length says", () => {
    const reader = new NativeReader({ maxPayloadBytes: 256 * 1024 * 1024 });
    reader.push(nativePreamble());
    const before = process.memoryUsage().arrayBuffers;
    reader.push(bytesOf("0fffffff10"));
    reader.push(new Uint8Array(1000));
    expect(reader.heldBytes).toBe(1000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  test("skips a frame of a newer version without holding it", () => {
    const reader = new NativeReader();
    reader.push(nativePreamble());
    reader.push(bytesOf("00010000ff"));
    for (let piece = 0; piece < 64; piece++) {
      expect(reader.push(new Uint8Array(1024))).toEqual({ messages: [] });
      expect(reader.heldBytes).toBe(0);
    }
    expect(reader.push(encodeNative({ type: "join" })).messages).toEqual([{ type: "join" }]);
  });

  test("takes a payload of just the limit, and none that is longer", () => {
    const options = { maxPayloadBytes: 1000 };
    expect(read([encodeNative(gossip(1000))], options).messages).toHaveLength(1);
    expect(read([encodeNative(gossip(1001))], options).refusal?.reason).toBe("too-long");
    expect(read([encodeNative(gossip(5000))], options).refusal?.reason).toBe("too-long");
    expect(read([encodeNative(gossip(1_048_576))]).messages).toHaveLength(1);
  });

  test("says whether the connection ended in the middle of a frame", () => {
    const whole = encodeNative(gossip(10));
    const ends = [0, 1, 5, 6, whole.length - 1, whole.length].map((length) => {
      const reader = new NativeReader();
      reader.push(nativePreamble());
      reader.push(whole.subarray(0, length));
      return reader.end()?.reason;
    });
    expect(ends).toEqual([undefined, "incomplete", "incomplete", "incomplete", "incomplete", undefined]);
    expect(new NativeReader().end()).toBeUndefined();
  });

  test("does not copy a large payload that came whole", () => {
    const frame = encodeNative(gossip(100_000)).slice();
    const { envelope } = read([frame]).messages[0] as NativeGossip;
    expect(envelope.payload.buffer).toBe(frame.buffer);
    expect(envelope.bytes!.buffer).toBe(frame.buffer);
  });

  test.each([10, 500, 2000, 5_000])("lets few messages of %i bytes hold on to no large buffer they came in", (size) => {
    for (const isKeptAtFirst of [false, true]) {
      const { reader, envelopes } = many(size);
      const kept = envelopes.filter((_one, index) => index % 16 === 3);
      for (const one of kept) one.hold!();
      if (isKeptAtFirst) for (const one of envelopes) one.hold!();
      reader.settle();
      if (isKeptAtFirst) for (const one of envelopes) one.release!();
      crowdOut();
      const buffers = new Set(kept.map(({ payload }) => payload.buffer));
      const all = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
      const keptBytes = kept.reduce((sum, { bytes }) => sum + bytes!.length, 0);
      expect(all).toBeLessThanOrEqual(2048 + 4 * keptBytes);
      for (const { payload, bytes } of kept) {
        expect(payload).toEqual(new Uint8Array(size).fill(7));
        expect(payload.buffer).toBe(bytes!.buffer);
      }
    }
  });

  test.each([10, 500, 5_000])(
    "moves messages of %i bytes that are kept by their places, and reads them again",
    (size) => {
      const { reader, envelopes } = many(size);
      const places = envelopes.map(({ place }) => place!);
      const { source } = envelopes[0]!;
      for (const place of places) source!.keep(place);
      reader.settle();
      let left = places;
      while (left.length > 1) {
        for (const place of left.filter((_place, index) => index % 3 !== 0)) source!.drop(place);
        left = left.filter((_place, index) => index % 3 === 0);
        crowdOut();
        for (const place of left) {
          const { payload } = source!.envelopeAt(place);
          expect(payload).toEqual(new Uint8Array(size).fill(7));
          const { origin, epoch, seq, topic, publishedAt } = envelopes[place]!;
          expect(source!.envelopeAt(place)).toMatchObject({ origin, epoch, seq, topic, publishedAt });
          expect(payload.buffer.byteLength).toBeLessThanOrEqual(Math.max(2048, 8 * left.length * (size + 100)));
        }
      }
      // What nobody kept can still be read by who has looked at it.
      for (const { payload } of envelopes) expect(payload).toEqual(new Uint8Array(size).fill(7));
    },
  );

  test("does not move the last of a stream's messages, which go soon after the others", () => {
    const { reader, envelopes } = many(500);
    const { source, payload } = envelopes[0]!;
    for (const { place } of envelopes) source!.keep(place!);
    reader.settle();
    for (const { place } of envelopes.slice(0, -1)) source!.drop(place!);
    expect(source!.envelopeAt(envelopes.at(-1)!.place!).payload.buffer).toBe(payload.buffer);
  });

  test("copies nothing while much of what came together is kept", () => {
    const { reader, envelopes } = many(500);
    const { buffer } = envelopes[0]!.payload;
    for (const one of envelopes) one.hold!();
    reader.settle();
    for (const one of envelopes.slice(0, -20)) one.release!();
    for (const { payload, bytes } of envelopes.slice(-20)) {
      expect(payload.buffer).toBe(buffer);
      expect(bytes!.buffer).toBe(buffer);
    }
  });

  test("passes frames on as they lie, with another round, and others written anew", () => {
    const { envelopes, messages } = many(500);
    const writer = new FrameWriter();
    for (const { tree, envelope } of messages) writer.add({ type: "gossip", tree, round: 2, envelope });
    const [piece, ...more] = writer.take();
    expect(more).toEqual([]);
    expect(piece!.buffer).toBe(envelopes[0]!.payload.buffer);
    const passed = read([piece!]).messages as NativeGossip[];
    expect(passed.map(bare)).toEqual(messages.map((one) => bare({ ...one, round: 2 })));
    for (const [tree, round] of [
      [one, 2],
      [two, 3],
      [two, 300],
    ] as const) {
      for (const { envelope } of messages) writer.add({ type: "gossip", tree, round, envelope });
      const written = read(writer.take()).messages as NativeGossip[];
      expect(written.map(bare)).toEqual(messages.map((one) => bare({ ...one, tree, round })));
    }
  });

  test("makes no more of marks than their 65,536 bytes can say: 63,488 numbers, or 3,436 lives", () => {
    const evens = Array.from({ length: 512 }, (_, i) => 2 * (i >> 1) + 2);
    const numbers = marks(62, { origin: one, epoch: 1, seen: evens, kept: evens });
    const lives = marks(3_436, { origin: one, epoch: 1, seen: [], kept: [] });
    for (const most of [numbers, lives]) {
      expect(read([encodeNative(most)]).messages).toEqual([most]);
      expect(() => encodeNative({ ...most, parts: [...most.parts, ...most.parts] })).toThrow(RangeError);
    }
  });

  test("reads Node's buffers into plain arrays", () => {
    const { envelope } = read([Buffer.from(encodeNative(gossip(3000)))]).messages[0] as NativeGossip;
    expect(Buffer.isBuffer(envelope.payload)).toBe(false);
  });

  test("reads a large frame in single bytes in linear time", () => {
    const frame = encodeNative(gossip(1_000_000));
    const reader = new NativeReader();
    reader.push(nativePreamble());
    const started = performance.now();
    let count = 0;
    for (let at = 0; at < frame.length; at++) count += reader.push(frame.subarray(at, at + 1)).messages.length;
    expect(count).toBe(1);
    // Some 300 ms on a slow machine; copying what is held at each piece would take a minute.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe("a writer", () => {
  test("puts many small messages into one buffer, and sends a large envelope as it is", () => {
    const writer = new FrameWriter();
    const large = gossip(50_000);
    const small: Message[] = Array.from({ length: 20 }, () => gossip(100));
    for (const message of [...small, large, ...small]) writer.add(message);
    const bytes = writer.bytes;
    const pieces = writer.take();
    expect(pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(bytes);
    expect(pieces.map(({ buffer }) => buffer)).toContain(encodeEnvelope(large.envelope).buffer);
    expect(pieces.length).toBeLessThan(9);
    expect(writer.bytes).toBe(0);
    expect(writer.take()).toEqual([]);
    expect(read(pieces).messages.map(bare)).toEqual([...small, large, ...small].map(bare));
  });

  test("writes an envelope once, however often it is sent", () => {
    const { envelope } = gossip(10);
    expect(encodeEnvelope(envelope)).toBe(encodeEnvelope(envelope));
    const received = (read([encodeNative(gossip(10))]).messages[0] as NativeGossip).envelope;
    expect(encodeEnvelope(received)).toBe(received.bytes);
  });

  test("keeps an ihave of a busy origin at five bytes an entry", () => {
    const entries = Array.from({ length: 1024 }, (_, i) => ({
      origin: one,
      epoch: 1e12,
      seq: i + 1,
      count: 1,
      tree: one,
      round: 3,
    }));
    expect(encodeNative({ type: "ihave", entries }).length).toBeLessThanOrEqual(5 + 2 + 22 + 5 * 1024);
  });

  test("throws a RangeError for what every reader would refuse, and writes nothing of it", () => {
    const contact = { id: two, address: "10.0.0.1:1" as never };
    const entry = { origin: one, epoch: 1, seq: 1, count: 1, tree: one, round: 0 };
    const life = { origin: one, epoch: 1, seen: [], kept: [] };
    const { envelope } = gossip(1);
    const impossible: Message[] = [
      { type: "hello", version: -1, network: "", capabilities: 0, self: contact, epoch: 0 },
      { type: "hello", version: 1, network: "é".repeat(128), capabilities: 0, self: contact, epoch: 0 },
      { type: "hello", version: 1, network: "", capabilities: 2 ** 32, self: contact, epoch: 0 },
      { type: "hello", version: 1, network: "", capabilities: 0, self: contact, epoch: 2 ** 53 },
      { type: "forward-join", newcomer: contact, ttl: 256 },
      { type: "neighbor-request", priority: "middling" as never },
      { type: "shuffle-reply", contacts: new Array(65).fill(contact) },
      { type: "ihave", entries: new Array(1025).fill(entry) },
      { type: "ihave", entries: [entry, { ...entry, seq: 0 }] },
      { type: "graft", tree: one, wanted: { origin: one, epoch: 0.5, seq: 1 } },
      { type: "gossip", tree: one, round: Number.NaN, envelope },
      { type: "repair", ageMs: -1, round: 1, envelope },
      { type: "ihave", entries: [{ ...entry, count: 0 }] },
      { type: "want", origin: one, epoch: 1, seqs: [1] },
      { type: "want", origin: one, epoch: 1, seqs: [0, 3] },
      { type: "want", origin: one, epoch: 1, seqs: [3, 2] },
      { type: "want", origin: one, epoch: 1, seqs: [1, 3, 4, 5] },
      { type: "want", origin: one, epoch: 1, seqs: Array.from({ length: 514 }, (_, i) => 2 * i + 1 - (i % 2)) },
      { type: "digest", parts: [{ prefix: "012345678", lower: 0, upper: 0 }] },
      { type: "digest", parts: [{ prefix: "A", lower: 0, upper: 0 }] },
      { type: "digest", parts: [{ prefix: "", lower: 2 ** 32, upper: 0 }] },
      { type: "digest", parts: [{ prefix: "", lower: 0, upper: -1 }] },
      { type: "digest", parts: new Array(257).fill({ prefix: "", lower: 0, upper: 0 }) },
      { type: "marks", isQuestion: true, parts: [{ prefix: "", lives: new Array(257).fill(life) }] },
      { type: "marks", isQuestion: true, parts: new Array(14).fill({ prefix: "", lives: new Array(250).fill(life) }) },
      { type: "registered", leaseMs: 1, observedIp: "", contacts: [], classic: new Array(65).fill(contact.address) },
      { type: "gossip", tree: one, round: 1, envelope: { ...envelope, topic: "x".repeat(256) } },
    ];
    const writer = new FrameWriter();
    writer.add({ type: "join" });
    for (const message of impossible) {
      expect(() => writer.add(message), JSON.stringify(message).slice(0, 200)).toThrow(RangeError);
    }
    writer.add({ type: "disconnect" });
    expect(read(writer.take()).messages).toEqual([{ type: "join" }, { type: "disconnect" }]);
  });
});

function gossip(size: number): NativeGossip {
  const payload = new Uint8Array(size).fill(7);
  const envelope: Envelope = {
    origin: one,
    epoch: 1_731_234_567_890,
    seq: 1,
    publishedAt: 1,
    address: "127.0.0.1:6001" as never,
    topic: "t",
    payload,
  };
  return { type: "gossip", tree: two, round: 1, envelope };
}

/** Messages that came together, 64 kB of them, and who has read them. */
function many(size: number): { reader: NativeReader; messages: NativeGossip[]; envelopes: Envelope[] } {
  const writer = new FrameWriter();
  const count = Math.ceil(65_536 / size);
  for (let i = 0; i < count; i++) writer.add(gossip(size));
  const reader = new NativeReader();
  reader.push(nativePreamble());
  const messages = reader.push(Uint8Array.from(Buffer.concat(writer.take()))).messages as NativeGossip[];
  expect(messages).toHaveLength(count);
  return { reader, messages, envelopes: messages.map(({ envelope }) => envelope) };
}

/** So many other large buffers hold little that those before them have had their turn. */
function crowdOut(): void {
  for (let bytes = 0; bytes <= sparseMaxBytes; bytes += 65_536) {
    const { reader, envelopes } = many(5_000);
    envelopes[0]!.hold!();
    reader.settle();
  }
}

/** Many lives, in as few parts as hold them. */
function marks(count: number, life: LifeMarks): Marks {
  const parts: MarksPart[] = [];
  for (let left = count; left > 0; left -= 256) {
    parts.push({ prefix: "", lives: new Array<LifeMarks>(Math.min(left, 256)).fill(life) });
  }
  return { type: "marks", isQuestion: false, parts };
}

/** JSON has neither bytes nor undefined: a payload is written in hex, what a graft leaves out as null. */
/** JSON has no undefined: what is absent is null there. */
function fromJson(json: object): Message {
  const message = present(json) as { envelope?: { payload: unknown } };
  if (message.envelope !== undefined) message.envelope.payload = bytesOf(message.envelope.payload as string);
  return message as Message;
}

function present(value: unknown): unknown {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(present);
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, present(inner)]));
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
