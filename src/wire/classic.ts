/**
 * The classic text protocol: bytes ⇄ {@link ClassicMessage}.
 *
 * Writing is exact: other programs compare these texts by eye and by hash. Reading is tolerant, and has to be clever,
 * for the texts are bare: no length, no terminator, only "what one read returns is one message". TCP promises no such
 * thing, so messages come in pieces or glued together. A {@link ClassicReader} therefore decides in three steps: at each
 * piece, what no further byte can change; when the connection has been quiet for a moment, what is complete; when it is
 * closed, the rest. How messages are told apart is written in `classic/requests.ts`.
 *
 * Reading never throws and holds few bytes, whatever arrives.
 */
import { type ClassicMessage, ipField } from "../core/classic/message.js";
import { connectAccepted, readConnectAccepted, readLivenessReply, readPeerList, replyHead } from "./classic/answers.js";
import { connectHead, deathHead, livenessHead } from "./classic/fields.js";
import { HeldBytes } from "./classic/held-bytes.js";
import { type Moment, readRequests, type TextReading } from "./classic/requests.js";
import { readUtf8, utf8Length } from "./classic/utf8.js";

/** The most bytes of one message, peer lists apart: what one read of the original takes. Longer ones are refused. */
export const maxClassicMessageBytes = 1024;

/** The most bytes of a peer list that the original reads: what is sent to it must not be longer. */
export const maxClassicListBytes = 10_240;

/** The most bytes of a peer list that is read here; an original seed sends its whole list, however long. */
const maxReadListBytes = 1_048_576;

/** The most characters of {@link ClassicRefusal.preview}. */
const maxPreviewLength = 80;

const encoder = new TextEncoder();

/**
 * The bytes of a message, exactly as the original writes them; a gossip is its `text`, byte for byte. No limit is
 * checked: who makes a message keeps it below {@link maxClassicMessageBytes}, or {@link maxClassicListBytes} for a list.
 */
export function encodeClassic(message: ClassicMessage): Uint8Array {
  return encoder.encode(textOf(message));
}

function textOf(message: ClassicMessage): string {
  switch (message.type) {
    case "registration":
      return message.address;
    case "peer-list":
      return message.peers.join(",");
    case "connect-request":
      return `${connectHead}${message.from}`;
    case "connect-accepted":
      return connectAccepted;
    case "liveness-request":
      return `${livenessHead}${message.timestamp}:${bracketed(message.ip)}`;
    case "liveness-reply":
      return `${replyHead}${message.timestamp}:${bracketed(message.ip)}:${bracketed(message.ownIp)}`;
    case "gossip":
      return message.text;
    case "death-report":
      return `${deathHead}${message.dead}:${message.timestamp}:${bracketed(message.reporterIp)}`;
  }
}

/** Fields that were read keep their brackets, to be echoed as they came; an IP from elsewhere has none. */
function bracketed(ip: string): string {
  return ip.startsWith("[") ? ip : ipField(ip);
}

/** What a connection may carry towards us: requests of all kinds and gossip, one certain answer, or nothing. */
export type ClassicExpectation = "requests" | "peer-list" | "connect-accepted" | "liveness-reply" | "nothing";

/** The answer that a message asks for on its own connection. */
export function answerTo(message: ClassicMessage): ClassicExpectation {
  switch (message.type) {
    case "registration":
      return "peer-list";
    case "connect-request":
      return "connect-accepted";
    case "liveness-request":
      return "liveness-reply";
    default:
      return "nothing";
  }
}

/** Why bytes were not read. The connection has nothing more to say: close it, and log this. */
export interface ClassicRefusal {
  /**
   * - `not-a-message`: no bytes that could follow make it one.
   * - `ambiguous`: glued registrations that can be split in several ways.
   * - `too-long`: a message of more than {@link maxClassicMessageBytes}, or a peer list of more than 1 MiB.
   * - `not-utf8`: a byte that belongs to no character.
   * - `incomplete`: the remote side ended in the middle of a message.
   */
  readonly reason: "not-a-message" | "ambiguous" | "too-long" | "not-utf8" | "incomplete";
  /** How many bytes were thrown away: all that were not decided. */
  readonly bytes: number;
  /** The first of them in printable ASCII, others as `\xhh`; at most 80 characters, safe in a log line. */
  readonly preview: string;
}

/** What was decided by one call. The messages came before what was refused, and count. */
export interface ClassicReading {
  readonly messages: ClassicMessage[];
  readonly refusal?: ClassicRefusal;
}

/** What a reader must know of its connection. */
export interface ClassicReaderOptions {
  /** What the connection may carry towards us. */
  readonly expects: ClassicExpectation;
  /** The source IP of the connection: it decides how glued registrations are split. */
  readonly remoteIp: string;
  /** For `peer-list`: the port that we registered. The list's last element has it, which tells that the list is whole. */
  readonly ownPort?: number | undefined;
}

/**
 * Reads one direction of one connection. Feed it pieces with {@link push}; call {@link quiet} when it is
 * {@link waiting} and nothing came for some 150 ms; call {@link end} when the remote side has ended.
 *
 * After a refusal, and after the answer it was waiting for, a reader ignores all further bytes. It holds at most 1,024
 * bytes that are not decided; for a peer list, at most 1 MiB.
 */
export class ClassicReader {
  readonly #expects: ClassicExpectation;
  readonly #remoteIp: string;
  readonly #ownPort: number | undefined;
  readonly #held = new HeldBytes();
  #first = true;
  #done: boolean;

  constructor(options: ClassicReaderOptions) {
    this.#expects = options.expects;
    this.#remoteIp = options.remoteIp;
    this.#ownPort = options.ownPort;
    this.#done = options.expects === "nothing";
  }

  /** Whether undecided bytes are held, so that {@link quiet} may decide something. */
  get waiting(): boolean {
    return this.#held.length > 0;
  }

  /** How many undecided bytes are held. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** Takes the next bytes; decides what no further byte can change. The bytes are copied if they are kept. */
  push(bytes: Uint8Array): ClassicReading {
    const limit = this.#expects === "peer-list" ? maxReadListBytes : maxClassicMessageBytes;
    const messages: ClassicMessage[] = [];
    let taken = 0;
    while (!this.#done && taken < bytes.length) {
      // One byte past the limit at most: deciding at that point gives the same result however the stream was cut.
      const piece = bytes.subarray(taken, taken + limit + 1 - this.#held.length);
      this.#held.append(piece);
      taken += piece.length;
      const reading = this.#decide("open", messages, bytes.subarray(taken));
      if (reading.refusal !== undefined) return reading;
      if (this.#held.length > limit) return this.#refuse("too-long", messages, bytes.subarray(taken));
    }
    return { messages };
  }

  /** The connection has been silent for a while: decides what is complete. What may be the beginning of a message stays. */
  quiet(): ClassicReading {
    return this.#done ? { messages: [] } : this.#decide("quiet", []);
  }

  /** The remote side has ended: decides everything. Nothing is held afterwards. */
  end(): ClassicReading {
    if (this.#done) return { messages: [] };
    const reading = this.#decide("ended", []);
    if (reading.refusal === undefined) this.#finish();
    return reading;
  }

  #decide(moment: Moment, messages: ClassicMessage[], unread: Uint8Array = new Uint8Array(0)): ClassicReading {
    // A list is decided at its end only: looking at each piece would cost its length squared.
    if (moment === "open" && this.#expects === "peer-list") return { messages };
    const { text, tail } = readUtf8(this.#held.view);
    const reading = this.#readText(text, tail === "ends" ? moment : "open");
    for (const message of reading.messages) messages.push(message);
    if (messages.length > 0) this.#first = false;
    this.#held.drop(reading.consumed === 0 ? 0 : utf8Length(text.slice(0, reading.consumed)));
    if (reading.refusal !== undefined) return this.#refuse(reading.refusal, messages, unread);
    if (this.#done) this.#finish();
    else if (tail === "broken" || (tail === "unfinished" && moment === "ended")) {
      return this.#refuse("not-utf8", messages, unread);
    }
    return { messages };
  }

  #readText(text: string, moment: Moment): TextReading {
    if (this.#expects === "requests") {
      return readRequests(text, { moment, remoteIp: this.#remoteIp, first: this.#first });
    }
    const answer =
      this.#expects === "connect-accepted"
        ? readConnectAccepted(text, moment)
        : this.#expects === "liveness-reply"
          ? readLivenessReply(text, moment)
          : readPeerList(text, moment, this.#ownPort);
    if (answer === "wait") return { messages: [], consumed: 0 };
    if (typeof answer === "string") return { messages: [], consumed: 0, refusal: answer };
    this.#done = true;
    return { messages: [answer], consumed: text.length };
  }

  #refuse(reason: ClassicRefusal["reason"], messages: ClassicMessage[], unread: Uint8Array): ClassicReading {
    const bytes = this.#held.length + unread.length;
    const preview = previewOf(this.#held.view, unread);
    this.#finish();
    return { messages, refusal: { reason, bytes, preview } };
  }

  #finish(): void {
    this.#done = true;
    this.#held.drop(this.#held.length);
  }
}

function previewOf(...parts: Uint8Array[]): string {
  let preview = "";
  for (const part of parts) {
    for (const byte of part.subarray(0, maxPreviewLength)) {
      const printable = byte >= 0x20 && byte < 0x7f && byte !== 0x5c;
      const next = printable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
      if (preview.length + next.length > maxPreviewLength) return preview;
      preview += next;
    }
  }
  return preview;
}
