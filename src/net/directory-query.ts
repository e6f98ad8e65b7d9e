/** Asks a running peer or seed for its directory, as a stranger: nobody joins anything. */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { abortError, HearsayError } from "../api/errors.js";
import { type Address, joinAddress, splitAddress } from "../core/address.js";
import { seedCapability } from "../core/capabilities.js";
import { type DirectoryEntry, type DirectoryPage, entryKey } from "../core/directory/messages.js";
import { nativeVersion } from "../core/greetings.js";
import { type PeerId, parsePeerId } from "../core/identity.js";
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
  /** Who has answered; it is in its own directory, if it is a peer. */
  readonly asked: PeerId;
  /** By ascending ids; those without one, of the classic dialect, at the end. */
  readonly entries: readonly DirectoryEntry[];
}

/** The most entries that are read: what a seed may have registered. */
const entriesMax = 250_000;
/** How long one is left alone that would not go on. */
const busyMs = 250;
/** The longest key that can be asked for: what a text may have on the wire. */
const keyMaxBytes = 255;

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
    const { isComplete, ...answer } = await readPages(query, Math.max(1, deadline - now()), entries);
    if (isComplete || entries.length >= entriesMax) return { ...answer, entries };
    // A conversation has a limit of its own; with what it brought, the next one goes on.
    if (entries.length > before) continue;
    if (entries.length === 0) throw new HearsayError("timeout", `${query.address} hung up without an answer`);
    // So many questions are answered in a second, whoever asks.
    await pause(busyMs, undefined, query.signal === undefined ? {} : { signal: query.signal }).catch(() => {});
  }
}

function readPages(
  { address, network, signal }: DirectoryQuery,
  timeoutMs: number,
  entries: DirectoryEntry[],
): Promise<Omit<DirectoryAnswer, "entries"> & { readonly isComplete: boolean }> {
  const { ip, port } = splitAddress(address);
  const reader = new NativeReader();
  let theirs: Hello | undefined;
  let isSettled = false;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ip, port, noDelay: true });
    const settle = (error?: Error, isComplete = false) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      socket.destroy();
      if (error !== undefined || theirs === undefined) reject(error ?? stranger(address));
      else resolve({ isSeed: (theirs.capabilities & seedCapability) !== 0, asked: theirs.self.id, isComplete });
    };
    const abort = () => settle(abortError(signal!));
    const timer = setTimeout(() => {
      const what =
        entries.length === 0 ? "does not answer" : `has told of ${entries.length} peers so far, and takes too long`;
      settle(new HearsayError("timeout", `${address} ${what}`));
    }, timeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    const ask = () => {
      const last = entries.at(-1);
      socket.write(encodeNative({ type: "directory-request", after: last === undefined ? "" : entryKey(last) }));
    };
    const heard = (message: Message) => {
      if (isSettled) return;
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
      if (refusal !== undefined) settle(stranger(address));
    });
    socket.once("error", (cause) => settle(new HearsayError("alone", failureText(address, cause), { cause })));
    socket.once("close", () => settle());
  });
}

function stranger(address: Address): HearsayError {
  return new HearsayError("alone", `${address} does not speak this protocol`);
}

function failureText(address: Address, { code, message }: NodeJS.ErrnoException): string {
  if (code === "ECONNREFUSED") return `${address} refuses connections`;
  if (code === "ENOTFOUND") return `${address}: there is no machine of that name`;
  return `${address} cannot be reached: ${message}`;
}

/** Whether a page follows what was read before: one that does not would be asked for again for ever. */
function isNext(entries: readonly DirectoryEntry[], { entries: more, isLast }: DirectoryPage): boolean {
  const last = more.at(-1);
  if (last === undefined) return isLast;
  if (!isLast && Buffer.byteLength(entryKey(last)) > keyMaxBytes) return false;
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
