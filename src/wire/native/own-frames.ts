/**
 * Where an origin's messages are written, once each: side by side, each as the gossip in which it leaves for the first
 * time. So what is published in a row goes out to every neighbor as one piece that nobody copies.
 */
import type { PeerId } from "../../core/identity.js";
import type { Envelope } from "../../core/message.js";
import { address as addressField } from "./address.js";
import { ByteWriter } from "./byte-writer.js";
import { seq } from "./fields.js";
import { gossipHeadBytes, oneByteRoundMax } from "./received-envelope.js";

/** A gossip's frame, and the envelope at its end. */
export interface OwnFrame {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** What stands in the frame: it serves nothing else. */
  readonly tree: PeerId;
  readonly round: number;
}

/** Frames lie side by side in blocks of this size: as much may be kept for one message that is kept for longer than others. */
const blockBytes = 16_384;
const roomsMax = 64;

/** One for each origin of this process, nearly: what it publishes is kept for as long as what it published before. */
const rooms: (Room | undefined)[] = new Array(roomsMax).fill(undefined);

/**
 * The frame of a gossip that this process has published, if there may be one.
 *
 * @throws RangeError as `encodeEnvelope` does
 */
export function ownFrame(tree: PeerId, round: number, envelope: Envelope): OwnFrame | undefined {
  const frame = envelope.frame as OwnFrame | undefined;
  const { bytes } = envelope;
  if (frame !== undefined) return frame.tree === tree && frame.round === round ? frame : undefined;
  // Sent in another form before; and of what is not a first round there is never much.
  if (bytes !== undefined || !(round >= 1 && round <= oneByteRoundMax)) return undefined;
  const { origin } = envelope;
  const place = Number.parseInt(origin.slice(0, 2), 16) % roomsMax;
  let room = rooms[place];
  if (room?.origin !== origin) {
    room = new Room(origin);
    rooms[place] = room;
  }
  const written = room.write(tree, round, envelope);
  const { length } = envelope.payload;
  const own = envelope as { frame?: OwnFrame; payload: Uint8Array };
  own.frame = written;
  // The caller's copy is not needed any more.
  own.payload = written.bytes.subarray(written.end - length, written.end);
  return written;
}

/** The envelope's bytes in its frame; undefined without one. */
export function bytesInFrame(envelope: Envelope): Uint8Array | undefined {
  const frame = envelope.frame as OwnFrame | undefined;
  return frame?.bytes.subarray(frame.start + gossipHeadBytes, frame.end);
}

class Room {
  readonly origin: PeerId;
  readonly #to = new ByteWriter(blockBytes);
  /** What the last envelope had before its number, and between its time and its payload: mostly the next one's, too. */
  #tree = "";
  #round = 0;
  #epoch = -1;
  #life: Uint8Array = new Uint8Array(0);
  #address = "";
  #topic = "";
  #rest: Uint8Array = new Uint8Array(0);

  constructor(origin: PeerId) {
    this.origin = origin;
  }

  write(tree: PeerId, round: number, envelope: Envelope): OwnFrame {
    if (tree !== this.#tree || round !== this.#round || envelope.epoch !== this.#epoch) {
      const head = new ByteWriter();
      head.peerId(tree);
      head.varint(round);
      head.peerId(this.origin);
      head.varint(envelope.epoch);
      [this.#life, this.#tree, this.#round, this.#epoch] = [head.take()[0]!, tree, round, envelope.epoch];
    }
    if (envelope.address !== this.#address || envelope.topic !== this.#topic) {
      const head = new ByteWriter();
      addressField.write(head, envelope.address);
      head.text(envelope.topic);
      [this.#rest, this.#address, this.#topic] = [head.take()[0]!, envelope.address, envelope.topic];
    }
    const to = this.#to;
    to.beginFrame(gossipCode);
    try {
      to.raw(this.#life);
      seq.write(to, envelope.seq);
      to.varint(envelope.publishedAt);
      to.raw(this.#rest);
      to.varint(envelope.payload.length);
      to.raw(envelope.payload);
    } catch (error) {
      to.dropFrame();
      throw error;
    }
    to.endFrame();
    const { bytes, start, end } = to.leaveFrame(blockBytes);
    return { bytes, start, end, tree, round };
  }
}

/** The type byte of a gossip. */
export const gossipCode = 16;
