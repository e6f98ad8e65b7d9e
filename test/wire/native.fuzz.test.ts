import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NativeGossip } from "../../src/core/message.js";
import { ByteReader } from "../../src/wire/native/byte-reader.js";
import { ByteWriter } from "../../src/wire/native/byte-writer.js";
import { encodeEnvelope, encodeNative, FrameWriter, NativeReader, nativePreamble } from "../../src/wire/native.js";
import { bare, cut, cuts, gossip, message, read } from "./native-messages.js";

const numRuns = process.env.HEARSAY_LONG ? 50_000 : 600;
const maxPayloadBytes = 8192;
/** What a frame may hold at most: a plain one here, for the payload's limit is lower. */
const maxFrameBytes = 65_536;

/** Heads of frames that claim all sorts of things, and what may follow. */
const head = fc
  .tuple(
    fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(65_535, 65_536, 65_537, 9216, 9217, 0xffff_ffff)),
    fc.oneof(fc.nat({ max: 45 }), fc.nat({ max: 255 })),
  )
  .map(([length, code]) => {
    const bytes = Buffer.alloc(5, code);
    bytes.writeUInt32BE(length);
    return Uint8Array.from(bytes);
  });
const frames = fc.array(message, { maxLength: 4 }).map((messages) => join(messages.map((one) => encodeNative(one))));
/** Whole frames with some bytes changed, dropped or put in between. */
const mutated = fc
  .tuple(frames, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 2 })), { minLength: 1, maxLength: 5 }))
  .map(([whole, changes]) => {
    const bytes = [...whole];
    for (const [place, byte, removed] of changes) bytes.splice(place % (bytes.length + 1), removed, byte);
    return Uint8Array.from(bytes);
  });
const stream = fc.oneof(
  fc.uint8Array({ maxLength: 500 }),
  fc.array(fc.oneof(head, frames, fc.uint8Array({ maxLength: 60 })), { maxLength: 6 }).map(join),
  mutated,
);

describe("frames of Hearsay's own protocol", () => {
  test("every message is read as it was written, and written again as the same bytes", () => {
    fc.assert(
      fc.property(message, (written) => {
        const bytes = encodeNative(written);
        const { messages, refusal } = read([bytes]);
        expect(refusal).toBeUndefined();
        expect(messages.map(bare)).toEqual([bare(written)]);
        expect(encodeNative(messages[0]!)).toEqual(bytes);
      }),
      { numRuns: 3 * numRuns },
    );
  });

  test("any messages in any pieces are read as the whole is", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), cuts, (written, places) => {
        const writer = new FrameWriter();
        for (const one of written) writer.add(one);
        const pieces = writer.take();
        expect(read(pieces).messages.map(bare)).toEqual(written.map(bare));
        expect(read(cut(join(pieces), places)).messages.map(bare)).toEqual(written.map(bare));
      }),
      { numRuns },
    );
  });

  test("whatever arrives, a reader throws nothing, holds a frame at most, and says nothing more after a refusal", () => {
    fc.assert(
      fc.property(stream, cuts, fc.boolean(), (bytes, places, greeted) => {
        const reader = new NativeReader({ maxPayloadBytes });
        if (greeted) reader.push(nativePreamble());
        let refused = false;
        for (const piece of cut(bytes, places)) {
          const reading = reader.push(piece);
          if (refused) expect(reading).toEqual({ messages: [] });
          refused ||= reading.refusal !== undefined;
          expect(reader.heldBytes).toBeLessThanOrEqual(refused ? 0 : Math.min(maxFrameBytes, bytes.length));
          expect(reading.refusal?.message ?? "").toMatch(/^[ -~]{0,160}$/);
        }
        const last = reader.end();
        if (refused) expect(last).toBeUndefined();
        expect(reader.heldBytes).toBe(0);
      }),
      { numRuns: 3 * numRuns },
    );
  });

  test("whatever arrives means the same in pieces, byte by byte, and as a whole", () => {
    fc.assert(
      fc.property(stream, cuts, (bytes, places) => {
        const whole = read([bytes], { maxPayloadBytes });
        for (const pieces of [cut(bytes, places), cut(bytes, [...bytes.keys()])]) {
          expect(read(pieces, { maxPayloadBytes })).toEqual(whole);
        }
      }),
      { numRuns: numRuns / 4 },
    );
  });

  test("whatever is read can be written, and is read again as the same", () => {
    fc.assert(
      fc.property(stream, (bytes) => {
        const { messages } = read([bytes]);
        expect(read(messages.map((one) => encodeNative(one)))).toEqual({ messages, refusal: undefined });
      }),
      { numRuns },
    );
  });

  test("what a newer version appends to an envelope is passed on", () => {
    fc.assert(
      fc.property(gossip, fc.uint8Array({ maxLength: 100 }), (written, more) => {
        const appended = join([encodeNative(written), more]);
        new DataView(appended.buffer).setUint32(0, appended.length - 5);
        const received = read([appended]).messages[0] as NativeGossip;
        expect(bare(received)).toEqual(bare(written));
        expect(encodeNative({ ...received, round: written.round })).toEqual(appended);
        expect(encodeEnvelope(received.envelope)).toEqual(join([encodeEnvelope(written.envelope), more]));
      }),
      { numRuns: numRuns / 4 },
    );
  });

  test("numbers are written as a dumb writer of big integers writes them", () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(), fc.nat({ max: 300 })), (value) => {
        const to = new ByteWriter();
        to.varint(value);
        const bytes = join(to.take());
        const groups: number[] = [];
        for (let rest = BigInt(value); groups.length === 0 || rest > 0n; rest >>= 7n) groups.push(Number(rest & 127n));
        expect([...bytes]).toEqual(groups.map((group, index) => group + (index < groups.length - 1 ? 128 : 0)));
        const from = new ByteReader(0);
        from.begin(bytes, 0, bytes.length);
        expect(from.varint()).toBe(value);
        from.finish();
      }),
      { numRuns },
    );
  });
});

function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(pieces));
}
