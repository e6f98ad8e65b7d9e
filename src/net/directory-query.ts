/** Asks a running peer or seed for its directory, as a stranger: nobody joins anything. */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { abortError, HearsayError } from "../api/errors.js";
import { type Address, joinAddress, splitAddress } from "../core/address.js";
import { seedCapability } from "../core/capabilities.js";
import { type DirectoryEntry, type DirectoryPage, entryKey } from "../core/directory/messages.js";
import { nativeVersion } from "../core/greetings.js";
import { parsePeerId } from "../core/identity.js";
import type { Hello, Message } from "../core/message.js";
import { encodeNative, NativeReader, nativePreamble } from "../wire/native.js";
import { now } from "./clock.js";

/** Whom to ask, and for how long. */
export interface DirectoryQuery {
  readonly address: Address;
  /** The network's name. */
  readonly network: string;
  /** From the dial to the last page. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What was answered. */
export interface DirectoryAnswer {
  /** Whether a seed has answered: it knows who is registered, and nothing of tags and round trips. */
  readonly isSeed: boolean;
  /** By ascending ids; those without one, of the classic dialect, at the end. */
  readonly entries: readonly DirectoryEntry[];
}

/** The most entries that are read: what a seed may have registered. */
const entriesMax = 250_000;

/**
 * Reads the whole directory.
 *
 * @throws HearsayError `wrong-network`; `timeout` when there was no answer, or not all of it, in time; `alone` when nobody of this
 *   protocol is there; `aborted`
 */
export async function queryDirectory(query: DirectoryQuery): Promise<DirectoryAnswer> {
  const deadline = now() + query.timeoutMs;
  const entries: DirectoryEntry[] = [];
  for (;;) {
    const before = entries.length;
    const { isSeed, isComplete } = await readPages(query, Math.max(1, deadline - now()), entries);
    if (isComplete || entries.length >= entriesMax) return { isSeed, entries };
    // A conversation has a limit of its own; with what it brought, the next one goes on.
    if (entries.length === before) throw new HearsayError("timeout", `${query.address} hung up without an answer`);
  }
}

function readPages(
  { address, network, signal }: DirectoryQuery,
  timeoutMs: number,
  entries: DirectoryEntry[],
): Promise<{ readonly isSeed: boolean; readonly isComplete: boolean }> {
  const { ip, port } = splitAddress(address);
  const reader = new NativeReader();
  let theirs: Hello | undefined;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port, noDelay: true });
    const settle = (error?: Error, isComplete = false) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      socket.destroy();
      if (error !== undefined) reject(error);
      else resolve({ isSeed: ((theirs?.capabilities ?? 0) & seedCapability) !== 0, isComplete });
    };
    const abort = () => settle(abortError(signal!));
    const timer = setTimeout(() => settle(new HearsayError("timeout", `${address} does not answer`)), timeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    const ask = () => {
      const last = entries.at(-1);
      socket.write(encodeNative({ type: "directory-request", after: last === undefined ? "" : entryKey(last) }));
    };
    const heard = (message: Message) => {
      if (message.type === "hello" && theirs === undefined) {
        theirs = message;
        if (message.network === network) ask();
        else settle(wrongNetwork(address, message.network, network));
      } else if (message.type === "directory-page" && theirs !== undefined) {
        if (!isNext(entries, message)) settle(new HearsayError("alone", `${address} answers with nonsense`));
        else {
          for (const entry of message.entries) entries.push(entry);
          if (message.isLast || entries.length >= entriesMax) settle(undefined, true);
          else ask();
        }
      } else settle(new HearsayError("alone", `${address} does not tell who is there`));
    };
    socket.once("connect", () => socket.write(Buffer.concat([nativePreamble(), encodeNative(hello(network))])));
    socket.on("data", (bytes) => {
      const { messages, refusal } = reader.push(bytes);
      for (const message of messages) heard(message);
      if (refusal !== undefined) settle(new HearsayError("alone", `${address} does not speak this protocol`));
    });
    socket.once("error", (error) =>
      settle(new HearsayError("alone", `${address}: ${error.message}`, { cause: error })),
    );
    socket.once("close", () => {
      if (theirs === undefined) settle(new HearsayError("alone", `${address} does not speak this protocol`));
      else settle();
    });
  });
}

/** Whether a page follows what was read before: one that does not would be asked for again for ever. */
function isNext(entries: readonly DirectoryEntry[], { entries: more, isLast }: DirectoryPage): boolean {
  if (more.length === 0) return isLast;
  let before = entries.length === 0 ? "" : entryKey(entries.at(-1)!);
  for (const entry of more) {
    const key = entryKey(entry);
    if (key <= before) return false;
    before = key;
  }
  return true;
}

function wrongNetwork(address: Address, theirs: string, ours: string): HearsayError {
  return new HearsayError("wrong-network", `${address} belongs to the network "${theirs}", and not to "${ours}"`);
}

/** Nobody in particular: who only asks has no address. */
function hello(network: string): Hello {
  const self = { id: parsePeerId(randomBytes(16).toString("hex"))!, address: joinAddress("0.0.0.0", 1)! };
  return { type: "hello", version: nativeVersion, network, capabilities: 0, self, epoch: now() };
}
