/**
 * A published message as bytes: written once, at its origin, and passed on untouched.
 *
 * Bytes after the payload are fields of a newer version. They are not read here, but they travel on.
 */
import type { Envelope } from "../../core/message.js";
import { address as addressField } from "./address.js";
import type { Block } from "./block.js";
import { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { seq } from "./fields.js";
import { bytesInFrame } from "./own-frames.js";
import { type EnvelopeHead, ReceivedEnvelope } from "./received-envelope.js";

/** Room in a gossip frame for all but the payload; at most 585 bytes of it are in use, the rest is for fields to come. */
export const envelopeRoomBytes = 1024;

/** Bytes of an envelope without topic and payload, with room for the longest numbers, an IPv4 address, and spare. */
const ordinaryHeadBytes = 320;

/**
 * The bytes of an envelope, the same ones each time: those it came with, or else those it was first written to. Neither
 * they nor the envelope may be changed afterwards.
 *
 * @throws RangeError for a topic of more than 255 bytes, or a number that is no safe integer from 0 (1 for `seq`)
 */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  if (envelope.bytes !== undefined) return envelope.bytes;
  const bytes = bytesInFrame(envelope) ?? encoded(envelope);
  // Written once: a table beside the envelopes would cost three times as much as all of this.
  (envelope as { bytes?: Uint8Array }).bytes = bytes;
  return bytes;
}

function encoded(envelope: Envelope): Uint8Array {
  const to = new ByteWriter(ordinaryHeadBytes + envelope.topic.length + envelope.payload.length);
  to.peerId(envelope.origin);
  to.varint(envelope.epoch);
  seq.write(to, envelope.seq);
  to.varint(envelope.publishedAt);
  addressField.write(to, envelope.address);
  to.text(envelope.topic);
  to.varint(envelope.payload.length);
  to.raw(envelope.payload);
  return to.take()[0]!;
}

/** A head, and the bytes that say it: those before the number and the time, and those after. */
interface KnownHead extends EnvelopeHead {
  readonly life: Uint8Array;
  readonly rest: Uint8Array;
}

/** Heads read lately, each in the place that the first byte of its origin gives it. */
const knownHeads = new Array<KnownHead | undefined>(256).fill(undefined);

/** Bytes that have been read and kept are read again: what was too long has been refused long ago. */
const again = new ByteReader(Number.MAX_SAFE_INTEGER);

/** Reads an envelope again that lies at this place of a block. */
export function readAgain(bytes: Uint8Array, start: number, end: number, block: Block, place: number): Envelope {
  again.begin(bytes, start, end);
  return readEnvelope(again, block, place);
}

/**
 * Reads an envelope that reaches up to the end of the body.
 *
 * @param block - those bytes, with what else lies in them
 * @param knownPlace - its place there, if it has one already
 */
export function readEnvelope(from: ByteReader, block: Block, knownPlace?: number): ReceivedEnvelope {
  const start = from.at;
  const known = from.left > 0 ? knownHeads[from.bytes[start]!] : undefined;
  const isKnownLife = known !== undefined && from.passes(known.life);
  const origin = isKnownLife ? known.origin : from.peerId();
  const epoch = isKnownLife ? known.epoch : from.varint();
  const lifeEnd = from.at;
  const number = seq.read(from);
  const timeAt = from.at;
  from.varint();
  let head: EnvelopeHead;
  if (isKnownLife && from.passes(known.rest)) head = known;
  else {
    const restStart = from.at;
    const address = addressField.read(from);
    const topic = from.text();
    const life = from.bytes.slice(start, lifeEnd);
    const rest = from.bytes.slice(restStart, from.at);
    const read: KnownHead = { origin, epoch, address, topic, life, rest };
    knownHeads[life[0]!] = read;
    head = read;
  }
  const length = from.varint();
  if (length > from.maxPayloadBytes) {
    from.fail("too-long", `a payload of ${length} bytes, of at most ${from.maxPayloadBytes}`);
  }
  const payloadAt = from.at;
  from.skip(length);
  from.skip(from.left);
  const end = from.at;
  const place = knownPlace ?? block.add(start, end);
  return new ReceivedEnvelope(head, number, block, place, from.bytes, {
    start,
    timeAt,
    payloadAt,
    payloadBytes: length,
    end,
  });
}
