/**
 * A published message as bytes: written once, at its origin, and passed on untouched.
 *
 * Bytes after the payload are fields of a newer version. They are not read here, but they travel on.
 */
import type { Envelope } from "../../core/message.js";
import { address as addressField } from "./address.js";
import type { ByteReader } from "./byte-reader.js";
import { ByteWriter } from "./byte-writer.js";
import { seq } from "./fields.js";

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
  const to = new ByteWriter(ordinaryHeadBytes + envelope.topic.length + envelope.payload.length);
  to.peerId(envelope.origin);
  to.varint(envelope.epoch);
  seq.write(to, envelope.seq);
  to.varint(envelope.publishedAt);
  addressField.writeAgain(to, envelope.address);
  to.text(envelope.topic);
  to.varint(envelope.payload.length);
  to.raw(envelope.payload);
  const [bytes] = to.take();
  // Written once: a table beside the envelopes would cost three times as much as all of this.
  (envelope as { bytes?: Uint8Array }).bytes = bytes!;
  return bytes!;
}

/** Reads an envelope that reaches up to the end of the body. */
export function readEnvelope(from: ByteReader): Envelope {
  const start = from.offset;
  const origin = from.peerId();
  const epoch = from.varint();
  const number = seq.read(from);
  const publishedAt = from.varint();
  const address = addressField.read(from);
  const topic = from.text();
  const length = from.varint();
  if (length > from.maxPayloadBytes) {
    from.fail("too-long", `a payload of ${length} bytes, of at most ${from.maxPayloadBytes}`);
  }
  const payloadStart = from.offset - start;
  from.skip(length);
  from.skip(from.left);
  const bytes = from.keep(start);
  const payload = new Uint8Array(bytes.buffer, bytes.byteOffset + payloadStart, length);
  return { origin, epoch, seq: number, publishedAt, address, topic, payload, bytes };
}
