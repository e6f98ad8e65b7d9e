/** Messages for tests, from numbers. */
import { type PeerId, parsePeerId } from "../../src/core/identity.js";
import type { Envelope } from "../../src/core/message.js";

export function idOf(origin: number): PeerId {
  return parsePeerId(origin.toString(16).padStart(32, "0"))!;
}

export function envelope(origin: number | PeerId, epoch: number, seq: number, payloadBytes = 0): Envelope {
  return {
    origin: typeof origin === "number" ? idOf(origin) : origin,
    epoch,
    seq,
    publishedAt: 0,
    address: "127.0.0.1:6001" as never,
    topic: "t",
    payload: new Uint8Array(payloadBytes),
  };
}
