/** `hearsay publish`: joins for a moment, tells everyone, and leaves when another peer has it. */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { HearsayError } from "../api/errors.js";
import type { Peer } from "../api/peer.js";
import { peerDefaults } from "../core/peer-config.js";
import { now } from "../net/clock.js";
import { journalOf } from "../net/peer-journal.js";
import { type ContactOptions, type Contacts, contactsText, readSomeContacts } from "./contacts.js";
import { Departure } from "./departure.js";
import { exitAlone, exitFine, exitInterrupted } from "./exit-codes.js";
import { Failure, usageFailure } from "./failure.js";
import { startNative } from "./native-start.js";
import { Output, type OutputOptions } from "./output.js";
import { withProgress } from "./progress.js";

/** The options of `hearsay publish`. */
export interface PublishCommandOptions extends OutputOptions, ContactOptions {
  readonly port?: number;
  readonly host?: string;
  readonly advertise?: string;
  readonly network?: string;
  /** Each line of standard input is a message. */
  readonly lines?: boolean;
  /** How long to look for another peer, and then for each message's acknowledgement, in milliseconds. */
  readonly timeout: number;
}

/** Lines that are on the way at the same time: the rest waits in the pipe. */
const openMax = 256;
/** Reasons that are named when nobody is found. */
const troublesMax = 3;

/**
 * Publishes. Resolves with the exit code when another peer has what was published.
 *
 * @throws {@link Failure}, HearsayError
 */
export async function runPublish(
  topic: string,
  text: string | undefined,
  options: PublishCommandOptions,
): Promise<number> {
  const isLines = options.lines ?? false;
  if (isLines && text !== undefined && text !== "-") throw usageFailure("--lines reads standard input: give no text");
  if (!isLines && text === undefined)
    throw usageFailure("what to publish? give a text, - for standard input, or --lines");
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const contacts = await readSomeContacts(options);
  const payload = isLines || text === undefined ? undefined : text === "-" ? await wholeInput() : text;
  const { timeout } = options;
  const deadline = now() + timeout;
  const started = await startNative(contacts, options, {
    history: "none",
    joinTimeoutMs: timeout,
    config: { publish: { publishTimeoutMs: timeout } },
  });
  const { peer } = started;
  const troubles = new Troubles(peer, contacts);
  const publication = new Publication(peer, topic, output);
  const work = async () => {
    const joining = started.join().then(() => firstNeighbor(peer, deadline, troubles));
    await withProgress(output, `joining through ${contactsText(contacts)}`, joining);
    if (payload === undefined) await publication.lines(departure);
    else await withProgress(output, "waiting for an acknowledgement", publication.one(payload));
    return true;
  };
  const isDone = await Promise.race([work(), whenAsked(departure, publication, timeout)]);
  await peer.close();
  await output.flush();
  if (isDone) return exitFine;
  throw new Failure("asked to leave before another peer has acknowledged it", exitInterrupted);
}

/** What is published, and said to have been. */
class Publication {
  readonly #peer: Peer;
  readonly #topic: string;
  readonly #output: Output;
  /** It does, or has done so. */
  readsLines = false;

  constructor(peer: Peer, topic: string, output: Output) {
    this.#peer = peer;
    this.#topic = topic;
    this.#output = output;
  }

  async one(payload: Uint8Array | string): Promise<void> {
    const { id, neighbors } = await this.#peer.publish(this.#topic, payload);
    this.#output.line(id);
    this.#output.jsonLine({ id, neighbors });
  }

  /** Ends with the input, or when leaving is asked for; then what is on the way is still waited for. */
  async lines(departure: Departure): Promise<void> {
    this.readsLines = true;
    const lines = createInterface({ input: process.stdin, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
    void departure.requested.then(() => lines.close());
    const open: Promise<void>[] = [];
    let number = 0;
    for await (const line of lines) {
      const published = this.#line(line, ++number);
      // Whoever waits for it hears of the failure; until then it must not end the process.
      published.catch(() => {});
      open.push(published);
      if (open.length >= openMax) await open.shift();
      await this.#output.room();
    }
    await Promise.all(open);
  }

  async #line(line: string, number: number): Promise<void> {
    try {
      await this.one(line);
    } catch (error) {
      if (!(error instanceof HearsayError)) throw error;
      throw new HearsayError(error.code, `line ${number}: ${error.message}`, { cause: error });
    }
  }
}

/** What seeds and peers had against this one, for the moment when nobody is found. */
class Troubles {
  readonly #contacts: Contacts;
  readonly #texts = new Set<string>();

  constructor(peer: Peer, contacts: Contacts) {
    this.#contacts = contacts;
    journalOf(peer, {
      onWarning: (line) => {
        if (this.#texts.size < troublesMax) this.#texts.add(line.replace(/; next try in .*$/, ""));
      },
    });
  }

  get text(): string {
    if (this.#texts.size > 0) return [...this.#texts].join("; ");
    const { seeds, peers } = this.#contacts;
    // A peer that can be reached becomes a neighbor: it would have been found itself.
    const silent = peers.length > 0 ? [`no link to ${contactsText({ seeds: [], peers })}`] : [];
    return [...(seeds.length > 0 ? ["the seeds know of none"] : []), ...silent].join("; ");
  }
}

/**
 * Waits for a neighbor: in a script, the other peers may have been started a moment ago.
 *
 * @throws {@link Failure} when none is found
 */
async function firstNeighbor(peer: Peer, deadline: number, troubles: Troubles): Promise<void> {
  if (peer.neighbors().length > 0) return;
  try {
    await peer.once("link", { signal: AbortSignal.timeout(Math.max(1, deadline - now())) });
  } catch (error) {
    if (!(error instanceof HearsayError) || error.code !== "aborted") throw error;
    throw new Failure(`no other peer was found in time: ${troubles.text}`, exitAlone, error);
  }
}

/** False, some time after leaving is asked for: what is on the way gets that long. */
async function whenAsked(departure: Departure, publication: Publication, graceMs: number): Promise<false> {
  await departure.requested;
  if (publication.readsLines) await sleep(graceMs);
  return false;
}

/**
 * All of standard input, as bytes.
 *
 * @throws {@link Failure} when it is more than a message may have
 */
async function wholeInput(): Promise<Uint8Array> {
  const { maxPayloadBytes } = peerDefaults;
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of process.stdin) {
    pieces.push(piece as Buffer);
    bytes += (piece as Buffer).length;
    if (bytes > maxPayloadBytes)
      throw usageFailure(`a message has at most ${maxPayloadBytes} bytes; this input has more`);
  }
  return Buffer.concat(pieces);
}
