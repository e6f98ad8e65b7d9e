/** Which lines of a trace are wanted, and what they say in words. */
import type { TraceLine } from "../../sim/scenario/trace-lines.js";

/** What is wanted. Whatever is left out is no condition. */
export interface TraceWanted {
  /** Lines of these peers; 0 is the network itself. */
  readonly peers?: readonly number[] | undefined;
  /** From this time on, in virtual milliseconds. */
  readonly fromMs?: number | undefined;
  /** Up to this time. */
  readonly toMs?: number | undefined;
  /** Only these events, by their names. */
  readonly kinds?: readonly string[] | undefined;
  /** Only what concerns this message. */
  readonly message?: MessageName | undefined;
}

/** A message, by its origin's number or the first digits of its id, and its own number. */
export interface MessageName {
  readonly origin: string;
  readonly seq: number;
}

/** Knows who is who in a trace that is read from its beginning. */
export class TraceNames {
  readonly #ids = new Map<string, number>();
  readonly #addresses = new Map<string, number>();

  /** A line has been read. */
  note({ peer, event, id, address }: TraceLine): void {
    if (event !== "started") return;
    if (typeof id === "string") this.#ids.set(id, peer);
    if (typeof address === "string") this.#addresses.set(address, peer);
  }

  /** The number of the peer at this address; undefined when none has started there. */
  numberAt(address: string): number | undefined {
    return this.#addresses.get(address);
  }

  /** Whether the peer of this id is the origin that a message's name tells: digits that may be a number are no id. */
  isOrigin(id: string, { origin }: MessageName): boolean {
    return /^\d{1,7}$/.test(origin) ? this.#ids.get(id) === Number(origin) : id.startsWith(origin);
  }

  /** A peer in words: its number, or the first digits of its id. Who spoke the classic dialect has no id, only an address. */
  nameOf(id: unknown, address?: unknown): string {
    const number = typeof id === "string" ? this.#ids.get(id) : this.#addresses.get(String(address));
    if (number !== undefined) return `peer ${number}`;
    return typeof id === "string" ? id.slice(0, 8) : String(address);
  }
}

/** Whether a line is wanted. */
export function isWanted(line: TraceLine, wanted: TraceWanted, names: TraceNames): boolean {
  const { peers, fromMs = 0, toMs = Number.POSITIVE_INFINITY, kinds, message } = wanted;
  if (line.at < fromMs || line.at > toMs) return false;
  if (peers !== undefined && !peers.includes(line.peer)) return false;
  if (kinds !== undefined && !kinds.includes(line.event)) return false;
  return message === undefined || isAbout(line, message, names);
}

function isAbout(line: TraceLine, message: MessageName, names: TraceNames): boolean {
  const from = line.event === "published" ? line.id : line.origin;
  if (typeof from !== "string" || !names.isOrigin(from, message)) return false;
  const { seq } = message;
  if (line.event !== "gap") return line.seq === seq;
  return Number(line.first) <= seq && seq <= Number(line.last);
}

/** A line for people: when, who, what. */
export function lineText(line: TraceLine, names: TraceNames): string {
  const { at, peer, event, ...fields } = line;
  const time = `${(at / 1_000).toFixed(3).padStart(9)} s`;
  const who = peer === 0 ? "network" : `peer ${peer}`;
  return `${time}  ${who.padEnd(10)}${event.padEnd(12)}${wordsOf(line, fields, names)}`.trimEnd();
}

function wordsOf(line: TraceLine, fields: Readonly<Record<string, unknown>>, names: TraceNames): string {
  switch (line.event) {
    case "published":
      return `#${fields.seq}, ${fields.bytes} bytes`;
    case "arrived":
      return `#${fields.seq} of ${names.nameOf(fields.origin)}, hop ${fields.round}`;
    case "gap":
      return `#${fields.first} to #${fields.last} of ${names.nameOf(fields.origin)}`;
    case "given":
      return `#${fields.seq} of ${names.nameOf(fields.origin)}`;
    case "lacks":
      return `#${fields.seq} of ${names.nameOf(fields.origin)}, which peer ${fields.keeper} keeps`;
    case "directory":
      return `${names.nameOf(fields.subject, fields.address)} is ${fields.status}`;
    case "started":
      return `${fields.address} (${String(fields.id).slice(0, 8)})`;
    case "link":
    case "unlink":
      return [
        names.nameOf(fields.neighbor, fields.address),
        ...(fields.reason === undefined ? [] : [`(${fields.reason})`]),
      ].join(" ");
    default: {
      // Who has a status is somebody that this peer knows of, with or without an id.
      if (line.peer !== 0 && (fields.subject ?? fields.status) !== undefined)
        return names.nameOf(fields.subject, fields.address);
      const { do: _deed, atMs: _atMs, ...rest } = fields;
      return Object.entries(rest)
        .map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
        .join(", ");
    }
  }
}
