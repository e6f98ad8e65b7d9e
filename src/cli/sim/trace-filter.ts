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
  readonly #numbers = new Map<string, number>();

  /** A line has been read. */
  note({ peer, event, id }: TraceLine): void {
    if (event === "started" && typeof id === "string") this.#numbers.set(id, peer);
  }

  /** The number of the peer of this id; undefined when it has not started yet. */
  numberOf(id: string): number | undefined {
    return this.#numbers.get(id);
  }

  /** The id in words: the peer's number, or its first digits. */
  nameOf(id: string): string {
    const number = this.#numbers.get(id);
    return number === undefined ? id.slice(0, 8) : `peer ${number}`;
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

function isAbout(line: TraceLine, { origin, seq }: MessageName, names: TraceNames): boolean {
  const from = line.event === "published" ? line.id : line.origin;
  if (typeof from !== "string") return false;
  const isFrom = /^\d{1,7}$/.test(origin) ? names.numberOf(from) === Number(origin) : from.startsWith(origin);
  if (!isFrom) return false;
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
  const name = (id: unknown) => names.nameOf(String(id));
  switch (line.event) {
    case "published":
      return `#${fields.seq}, ${fields.bytes} bytes`;
    case "arrived":
      return `#${fields.seq} of ${name(fields.origin)}, hop ${fields.round}`;
    case "gap":
      return `#${fields.first} to #${fields.last} of ${name(fields.origin)}`;
    case "started":
      return `${fields.address} (${String(fields.id).slice(0, 8)})`;
    case "link":
    case "unlink":
      return [name(fields.neighbor), ...(fields.reason === undefined ? [] : [`(${fields.reason})`])].join(" ");
    default: {
      if (line.peer !== 0 && fields.subject !== undefined) return name(fields.subject);
      const { do: _deed, atMs: _atMs, ...rest } = fields;
      return Object.entries(rest)
        .map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
        .join(", ");
    }
  }
}
