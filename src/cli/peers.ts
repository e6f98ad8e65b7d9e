/** `hearsay peers`: who is there, as a running peer or seed knows it. */
import { setTimeout as sleep } from "node:timers/promises";
import { createLogUpdate } from "log-update";
import ms from "ms";
import pc from "picocolors";
import { HearsayError } from "../api/errors.js";
import type { Address } from "../core/address.js";
import { type DirectoryEntry, entryKey } from "../core/directory/messages.js";
import type { PeerStatus } from "../core/directory/record.js";
import type { PeerId } from "../core/identity.js";
import { type DirectoryAnswer, queryDirectory } from "../net/directory-query.js";
import { printable } from "../net/log-lines.js";
import { defaultNetwork } from "../net/network-name.js";
import { type ContactOptions, contactsText, readSomeContacts } from "./contacts.js";
import { Departure } from "./departure.js";
import { exitFine } from "./exit-codes.js";
import { Output, type OutputOptions, wantsColor } from "./output.js";
import { withProgress } from "./progress.js";
import { column } from "./up/text.js";

/** The options of `hearsay peers`. */
export interface PeersCommandOptions extends OutputOptions, ContactOptions {
  readonly network?: string;
  /** How long to wait for an answer, in milliseconds. */
  readonly timeout: number;
  /** Ask again and again, until stopped. */
  readonly watch?: boolean;
  /** From one question to the next, in milliseconds. */
  readonly every: number;
}

/**
 * Prints the directory, once or with every change. Resolves with the exit code.
 *
 * @throws {@link Failure} when nobody is named; HearsayError when nobody answers
 */
export async function runPeers(address: Address | undefined, options: PeersCommandOptions): Promise<number> {
  const departure = new Departure();
  const output = new Output(options, () => departure.requestOnce());
  const named = address === undefined ? options : { ...options, peer: [address, ...(options.peer ?? [])] };
  const { peers, seeds } = await readSomeContacts(named);
  const stop = new AbortController();
  void departure.requested.then(() => stop.abort());
  const ask = () => askAny([...peers, ...seeds], options, stop.signal);
  try {
    const first = await withProgress(output, `asking ${contactsText({ peers, seeds })}`, ask());
    if (options.watch === true) await watch(first, ask, options, output, stop.signal);
    else print(first, options, output);
  } catch (error) {
    if (!departure.isRequested) throw error;
  }
  await output.flush();
  return exitFine;
}

/** The answer of the first who gives one; or why the last one did not. */
async function askAny(
  addresses: readonly Address[],
  { network = defaultNetwork, timeout: timeoutMs }: PeersCommandOptions,
  signal: AbortSignal,
): Promise<DirectoryAnswer> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await queryDirectory({ address, network, timeoutMs, signal });
    } catch (error) {
      if (signal.aborted || !(error instanceof HearsayError)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function print(answer: DirectoryAnswer, options: PeersCommandOptions, output: Output): void {
  const at = Date.now();
  if (output.json) for (const entry of answer.entries) output.event("peer", entryFields(entry, answer, at));
  else for (const line of tableOf(answer, wantsColor(process.stdout, options))) output.line(line);
}

/** Asks again and again. A terminal shows the whole of it, anything else is told what has changed. */
async function watch(
  first: DirectoryAnswer,
  ask: () => Promise<DirectoryAnswer>,
  options: PeersCommandOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const screen = !output.json && process.stdout.isTTY ? createLogUpdate(process.stdout) : undefined;
  const known = new Map<string, string>();
  let answer = first;
  let failure: string | undefined;
  while (!signal.aborted) {
    const trouble = failure === undefined ? [] : [`${failure}; this is the answer before`];
    if (screen !== undefined) screen([...tableOf(answer, wantsColor(process.stdout, options)), ...trouble].join("\n"));
    else if (failure === undefined) tellChanges(answer, known, output);
    await output.room();
    await sleep(options.every, undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    try {
      answer = await ask();
      failure = undefined;
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof HearsayError)) throw error;
      // Who is away stays away for a while: said once, and not with every question.
      if (screen === undefined && error.message !== failure) output.warning(error.message);
      failure = error.message;
    }
  }
  screen?.done();
}

function tellChanges(answer: DirectoryAnswer, known: Map<string, string>, output: Output): void {
  const at = Date.now();
  const gone = new Set(known.keys());
  for (const entry of answer.entries) {
    const key = entryKey(entry);
    const { status, address, tags } = entry;
    const state = JSON.stringify([status, address, tags]);
    gone.delete(key);
    if (known.get(key) === state) continue;
    known.set(key, state);
    output.event("peer", entryFields(entry, answer, at));
    output.line(`${column(status, changeColumns)}  ${address}  ${shortId(entry)}  ${tagsText(entry)}`.trimEnd());
  }
  for (const key of gone) {
    known.delete(key);
    const address = key.startsWith("~") ? key.slice(1) : undefined;
    output.event("forgotten", address === undefined ? { id: key } : { address });
    output.line(`${column("forgotten", changeColumns)}  ${address ?? key.slice(0, 8)}`);
  }
}

function entryFields(entry: DirectoryEntry, { asked }: DirectoryAnswer, at: number): object {
  const { forMs, seenAgoMs, ...rest } = entry;
  const seenAt = seenAgoMs === undefined ? undefined : at - seenAgoMs;
  return { ...rest, since: at - forMs, seenAt, isAsked: entry.id === asked };
}

/** In the order in which people care. */
const order: readonly PeerStatus[] = ["alive", "suspect", "dead", "left"];
/** "forgotten" */
const changeColumns = 9;

function tableOf({ entries, asked }: DirectoryAnswer, hasColors: boolean): string[] {
  const colors = pc.createColors(hasColors);
  const paint: Readonly<Record<PeerStatus, (text: string) => string>> = {
    alive: colors.green,
    suspect: colors.yellow,
    dead: colors.red,
    left: colors.dim,
  };
  const sorted = entries.toSorted(
    (a, b) =>
      order.indexOf(a.status) - order.indexOf(b.status) || a.address.localeCompare(b.address, "en", { numeric: true }),
  );
  const addressColumns = Math.min(46, Math.max(7, ...sorted.map(({ address }) => address.length)));
  const row = (cells: readonly string[], style = (text: string) => text) => {
    const [address, id, status, rtt, seen, tags] = cells as [string, string, string, string, string, string];
    return [
      column(address, addressColumns),
      column(id, 8),
      style(column(status, 7)),
      column(rtt, 7, "right"),
      column(seen, 8, "right"),
      tags,
    ]
      .join("  ")
      .trimEnd();
  };
  const lines = sorted.map((entry) => row(cellsOf(entry, asked), paint[entry.status]));
  const counts = order.map((status) => [status, entries.filter((entry) => entry.status === status).length] as const);
  const summary = counts
    .filter(([status, count]) => count > 0 || status === "alive")
    .map(([status, count]) => `${count} ${status}`);
  return [row(["ADDRESS", "ID", "STATUS", "RTT", "SEEN", "TAGS"], colors.bold), ...lines, summary.join(", ")];
}

function cellsOf(entry: DirectoryEntry, asked: PeerId): string[] {
  const { id, address, status, rttMs } = entry;
  const seen = id === asked ? "itself" : seenText(entry);
  return [address, shortId(entry), status, rttMs === undefined ? "–" : `${rttMs} ms`, seen, tagsText(entry)];
}

/** When it was last there, as far as that is known. Of the dead and the left all know when they ended. */
function seenText({ status, forMs, seenAgoMs }: DirectoryEntry): string {
  const agoMs = status === "dead" || status === "left" ? forMs : seenAgoMs;
  if (agoMs === undefined) return "–";
  return agoMs < 1_000 ? "now" : `${ms(agoMs)} ago`;
}

function shortId({ id, dialect }: DirectoryEntry): string {
  return id?.slice(0, 8) ?? dialect;
}

/** Whatever others call themselves: control characters are made visible. */
function tagsText({ tags }: DirectoryEntry): string {
  const texts = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return printable(texts.join(" "));
}
