/**
 * `hearsay top` as a pure function: what was read and a size in, lines out. No line is wider than the terminal, and there
 * are fewer lines than it has rows.
 */
import type { createColors } from "picocolors";
import type { LivenessAnswer } from "../../http/schemas.js";
import { printable } from "../../net/log-lines.js";
import { column, line, type Piece } from "../up/text.js";
import type { Snapshot } from "./snapshot.js";

/** What there is to show. */
export interface TopState {
  readonly url: string;
  /** Undefined before the first. */
  readonly snapshot: Snapshot | undefined;
  /** Why the last attempt to read has failed; undefined when it has not. */
  readonly failure: string | undefined;
  /** Lines, the oldest first. */
  readonly events: readonly string[];
  readonly hasKeys: boolean;
}

/** The room there is. */
export interface TopSize {
  readonly columns: number;
  readonly rows: number;
}

type Colors = ReturnType<typeof createColors>;
type Row = readonly string[];

interface Table {
  readonly heading: Row;
  readonly widths: readonly number[];
  readonly rows: readonly Row[];
  /** How many there are, shown or not. */
  readonly total: number;
}

const eventsMin = 4;

/** The lines of the view. */
export function renderTop(state: TopState, size: TopSize, colors: Colors): string[] {
  const columns = Math.max(1, size.columns);
  const height = Math.max(1, size.rows - 1);
  const { snapshot } = state;
  const head = [headLine(state, columns, colors)];
  if (state.failure !== undefined) head.push(line([[state.failure, colors.red]], columns));
  if (snapshot !== undefined) head.push(line([figures(snapshot)], columns));
  const foot = [line([[state.hasKeys ? "q quits" : "Ctrl-C quits", colors.dim]], columns)];
  const tables = snapshot === undefined ? [] : tablesOf(snapshot);
  let room = height - head.length - foot.length - eventsMin - 1;
  const body: string[] = [];
  for (const [index, table] of tables.entries()) {
    const share = Math.floor(room / (tables.length - index));
    const lines = tableLines(table, share, columns, colors);
    room -= lines.length;
    body.push(...lines);
  }
  const eventsRoom = Math.max(0, height - head.length - body.length - foot.length - 1);
  const events =
    eventsRoom === 0 ? [] : state.events.slice(-eventsRoom).map((text) => line([printable(text)], columns));
  while (events.length < eventsRoom) events.push("");
  return [...head, ...body, "", ...events, ...foot].slice(0, height);
}

function headLine({ url, snapshot }: TopState, columns: number, { bold, dim, green, yellow }: Colors): string {
  if (snapshot === undefined) return line([["hearsay top", bold], ` · ${url}`], columns);
  const { kind, address, network, isReady, notReady } = snapshot.self;
  const ready: Piece = isReady ? ["ready", green] : [notReady.join("; "), yellow];
  const where = address === null ? "" : ` ${address}`;
  const parts: Piece[] = [["hearsay top", bold], ` · ${kind}${where} of ${printable(network)} · up `];
  return line([...parts, span(snapshot.counters.upMs), " · ", ready, [` · ${url}`, dim]], columns);
}

function figures({ counters, rates }: Snapshot): string {
  const pace = (name: string) => (rates[name] === undefined ? "" : ` (${rates[name].toFixed(1)}/s)`);
  if (counters.kind === "seed") {
    return `${counters.registered} registered · ${counters.registrations} came · ${counters.removals} went · ${counters.connections} connections`;
  }
  const common = `${counters.delivered} delivered${pace("delivered")} · ${counters.published} published${pace("published")}`;
  const waste = `${counters.duplicates} duplicates · ${counters.gaps} lost`;
  if (counters.kind === "network") {
    return `${counters.peers} peers · ${counters.links} links · ${common} · ${counters.missing} on the way · ${waste}`;
  }
  const kept = `history ${counters.historyMessages} (${(counters.historyBytes / 1_048_576).toFixed(1)} MiB)`;
  return `${common} · ${waste} · ${kept}`;
}

function tablesOf({ self, directory, neighbors, registrations, network }: Snapshot): Table[] {
  const tables: Table[] = [];
  if (neighbors !== undefined) {
    const rows = neighbors.neighbors.map(({ address, dialect, rttMs, eager, lazy, queuedBytes, isCongested }) => [
      address,
      rttMs === null ? "-" : `${rttMs} ms`,
      dialect === "classic" ? "classic" : `${eager.length}/${lazy.length}`,
      queuedBytes === null ? "-" : String(queuedBytes),
      isCongested ? "too slow" : "",
    ]);
    const heading = ["NEIGHBOR", "RTT", "EAGER/LAZY", "QUEUED", ""];
    tables.push({ heading, widths: [24, 8, 11, 9, 9], rows, total: rows.length });
  }
  if (directory !== undefined) {
    const rows = directory.peers.map(({ address, id, status, rttMs, tags, isSelf }) => [
      address,
      (id ?? "-").slice(0, 8),
      isSelf ? "self" : status,
      rttMs === null ? "-" : `${rttMs} ms`,
      Object.entries(tags)
        .map(([name, value]) => `${name}=${value}`)
        .join(" "),
    ]);
    const heading = ["PEER", "ID", "STATUS", "RTT", "TAGS"];
    tables.push({ heading, widths: [24, 8, 8, 8, 40], rows, total: directory.matching });
  }
  if (registrations !== undefined) {
    const rows = registrations.registrations.map(({ address, id, renewedAt, since }) => [
      address,
      (id ?? "classic").slice(0, 8),
      `${span(self.now - since)}`,
      `${span(self.now - renewedAt)}`,
    ]);
    const heading = ["REGISTERED", "ID", "FOR", "RENEWED"];
    tables.push({ heading, widths: [24, 8, 8, 8], rows, total: registrations.total });
  }
  if (network !== undefined) {
    const living = network.peers.filter(({ endedAt }) => endedAt === null);
    const ended = network.peers.filter(({ endedAt }) => endedAt !== null).reverse();
    const rows = [...living, ...ended].map(
      ({ name, address, status, neighbors: links, delivered, expected, liveness }) => [
        name,
        address,
        status,
        String(links.length),
        `${delivered}/${expected}`,
        livenessText(liveness),
      ],
    );
    const heading = ["PEER", "ADDRESS", "STATUS", "LINKS", "HEARD", "LIVENESS"];
    tables.push({ heading, widths: [5, 22, 8, 6, 11, 12], rows, total: rows.length });
  }
  return tables;
}

/** At most `room` lines: a heading, rows, and how many are not shown. */
function tableLines({ heading, widths, rows, total }: Table, room: number, columns: number, { dim }: Colors): string[] {
  if (room < 2) return [];
  const rowLine = (row: Row) =>
    row
      .map((cell, i) => column(printable(cell), widths[i]!))
      .join("  ")
      .trimEnd();
  const shown = rows.length <= room - 1 && total === rows.length ? rows : rows.slice(0, room - 2);
  const lines = [line([[rowLine(heading), dim]], columns), ...shown.map((row) => line([rowLine(row)], columns))];
  if (shown.length < total) lines.push(line([[`… and ${total - shown.length} more`, dim]], columns));
  return lines;
}

function livenessText(liveness: LivenessAnswer): string {
  switch (liveness.type) {
    case "ok":
      return `ok ${liveness.roundTripMs} ms`;
    case "silent":
      return `silent ${liveness.silences}/3`;
    case "dead":
      return liveness.of === null ? "dead" : `dead ${liveness.by}/${liveness.of}`;
    default:
      return liveness.type === "untested" ? "-" : liveness.type;
  }
}

function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
  return `${Math.floor(seconds / 3_600)}h${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}m`;
}
