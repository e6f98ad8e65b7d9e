/** What happened in a run, line by line: for people to read, and for promises to be held against. */
import type { PeerEvent } from "../../core/peer-events.js";

/** One line. Fields beside these say what happened; all of them are JSON. */
export interface TraceLine {
  /** Virtual milliseconds since the start of the run. */
  readonly at: number;
  /** The number of the peer that it happened at; 0 for the network itself. */
  readonly peer: number;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Hears every line, in order. */
export type TraceWriter = (line: TraceLine) => void;

/** What a line says of something that a peer told its application. */
export function fieldsOf({ type: _type, ...fields }: PeerEvent): object {
  if ("peer" in fields) {
    const { id, address, epoch, status } = fields.peer;
    return { subject: id, address, epoch, status };
  }
  if (!("neighbor" in fields)) return fields;
  const { neighbor, ...more } = fields;
  return { neighbor: neighbor.id, address: neighbor.address, ...more };
}
