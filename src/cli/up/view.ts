/**
 * The live view as a pure function: a state and a size in, lines out. No line is wider than the terminal, and there are
 * fewer lines than it has rows. Every status is a word, so nothing is lost without colors.
 */
import type { createColors } from "picocolors";
import stringWidth from "string-width";
import type { LivenessState, PeerState, SeedState } from "./local-network.js";
import type { Counts } from "./tally.js";
import { column, cut, line, type Piece } from "./text.js";

/** What there is to show. */
export interface ViewState {
  /** What is going on, in a few words. */
  readonly phase: string;
  /** Where the network can be looked at; undefined when it cannot. */
  readonly url?: string | undefined;
  readonly upMs: number;
  /** Until the end of `--for`; undefined when there is none. */
  readonly leftMs: number | undefined;
  readonly seeds: readonly SeedState[];
  readonly peers: readonly PeerState[];
  readonly linkCount: number;
  readonly counts: Counts;
  /** Oldest first. */
  readonly events: readonly ViewEvent[];
  /** The last line, such as the keys; none when left out. */
  readonly footer?: "keys" | "no-keys";
}

/** A line of the list of events. */
export interface ViewEvent {
  /** When it happened, in milliseconds from the start. */
  readonly atMs: number;
  readonly text: string;
  readonly tone: "plain" | "good" | "bad";
}

/** The room there is. */
export interface ViewSize {
  readonly columns: number;
  readonly rows: number;
}

type Colors = ReturnType<typeof createColors>;

/** From this many columns on there is room for addresses. */
const addressesFrom = 64;
/** From this many rows on there is room for empty lines. */
const airyFrom = 18;
const eventsMin = 3;

function hasEnded(status: PeerState["status"]): boolean {
  return status === "killed" || status === "left";
}

/** The lines of the view. */
export function renderView(state: ViewState, size: ViewSize, colors: Colors): string[] {
  const columns = Math.max(1, size.columns);
  const height = Math.max(1, size.rows - 1);
  const air = size.rows >= airyFrom ? [""] : [];
  const head = [headLine(state, columns, colors), seedsLine(state, columns, colors), ...air];
  const foot = [...air, totalsLine(state, columns, colors)];
  if (state.footer !== undefined) foot.push(footerLine(state.footer, columns, colors));
  const room = Math.max(0, height - head.length - foot.length - air.length - 1);
  const eventsRoom = Math.max(Math.min(eventsMin, room - 1), room - state.peers.length);
  const table = tableLines(state.peers, Math.max(0, room - eventsRoom), columns, colors);
  const events = state.events.slice(-Math.max(1, eventsRoom)).map((event) => eventLine(event, columns, colors));
  while (events.length < eventsRoom) events.push("");
  return [...head, ...table, ...air, ...events.slice(0, Math.max(0, eventsRoom)), ...foot].slice(0, height);
}

function headLine(state: ViewState, columns: number, { bold, dim }: Colors): string {
  const living = state.peers.filter(({ status }) => !hasEnded(status)).length;
  const parts: Piece[] = [
    ["hearsay", bold],
    ` · up ${seconds(state.upMs)} · ${living} peers · ${state.linkCount} links · `,
    state.phase,
  ];
  if (state.leftMs !== undefined) parts.push([` · ends in ${seconds(state.leftMs)}`, dim]);
  if (state.url !== undefined) parts.push([` · ${state.url}`, dim]);
  return line(parts, columns);
}

function seedsLine({ seeds }: ViewState, columns: number, { bold, dim }: Colors): string {
  if (seeds.length === 0) return line(["no seeds yet"], columns);
  const pieces = (whole: boolean) =>
    seeds.flatMap(({ name, address, registered }, index): Piece[] => {
      const where = whole ? address : address.slice(address.lastIndexOf(":"));
      const first = index === 0;
      return [[`${first ? "" : "  "}${name}`, bold], ` ${where} `, [`(${registered}${first ? " peers" : ""})`, dim]];
    });
  const whole = line(pieces(true), Number.POSITIVE_INFINITY);
  // With the ports alone when the whole addresses don't fit.
  return line(pieces(stringWidth(whole) <= columns), columns);
}

/** At most `room` rows under a heading. */
function tableLines(peers: readonly PeerState[], room: number, columns: number, colors: Colors): string[] {
  const widths = columnWidths(columns);
  const heading = (text: string, width: number, align?: "right") => column(text, width, align);
  const top = [
    heading("PEER", widths.name),
    ...(widths.address > 0 ? [heading("ADDRESS", widths.address)] : []),
    heading("NEIGHBORS", widths.neighbors),
    heading("SENT", widths.sent, "right"),
    heading("HEARD", widths.heard, "right"),
    heading("LIVENESS", widths.liveness),
  ];
  const lines = [line([[top.join("  ").trimEnd(), colors.dim]], columns)];
  if (room <= 0) return lines;
  const sorted = [
    ...peers.filter(({ status }) => !hasEnded(status)),
    ...peers.filter(({ status }) => hasEnded(status)).reverse(),
  ];
  const shown = sorted.length <= room ? sorted : sorted.slice(0, room - 1);
  for (const peer of shown) lines.push(peerLine(peer, widths, columns, colors));
  if (shown.length < sorted.length) {
    const hidden = sorted.slice(shown.length);
    const killed = hidden.filter(({ status }) => status === "killed").length;
    const note = killed > 0 ? ` (${killed} killed)` : "";
    lines.push(line([[`… and ${hidden.length} more${note}`, colors.dim]], columns));
  }
  return lines;
}

interface Widths {
  readonly name: number;
  /** 0: not shown. */
  readonly address: number;
  readonly neighbors: number;
  readonly sent: number;
  readonly heard: number;
  readonly liveness: number;
}

function columnWidths(columns: number): Widths {
  const address = columns >= addressesFrom ? 15 : 0;
  const fixed = { name: 4, address, sent: 4, heard: columns >= addressesFrom ? 9 : 7, liveness: 10 };
  const gaps = address > 0 ? 10 : 8;
  const taken = fixed.name + address + fixed.sent + fixed.heard + fixed.liveness + gaps;
  // Wider than needed would only tear the row apart.
  return { ...fixed, neighbors: Math.min(48, Math.max(6, columns - taken)) };
}

function peerLine(peer: PeerState, widths: Widths, columns: number, colors: Colors): string {
  const { name, address, status, neighbors, generated, delivered, expected, liveness } = peer;
  const faint = hasEnded(status) ? colors.dim : (text: string) => text;
  const complete = delivered === expected;
  const pieces: Piece[] = [[column(name, widths.name), hasEnded(status) ? colors.dim : colors.bold], "  "];
  if (widths.address > 0) pieces.push([column(address, widths.address), faint], "  ");
  const company = status === "joined" ? fittingNames(neighbors, widths.neighbors) : `(${status})`;
  pieces.push([column(company, widths.neighbors), faint], "  ");
  pieces.push([column(String(generated), widths.sent, "right"), faint], "  ");
  const heard = column(`${delivered}/${expected}`, widths.heard, "right");
  pieces.push([heard, complete || hasEnded(status) ? faint : colors.yellow], "  ");
  pieces.push([livenessText(liveness), livenessStyle(liveness, colors)]);
  return line(pieces, columns);
}

/** As many names as fit, and how many there are more: `p2 p3 +4`. */
function fittingNames(names: readonly string[], width: number): string {
  if (names.length === 0) return "(none)";
  for (let count = names.length; count > 0; count--) {
    const more = names.length - count;
    const text = names.slice(0, count).join(" ") + (more > 0 ? ` +${more}` : "");
    if (text.length <= width) return text;
  }
  return cut(`${names.length}`, width);
}

function livenessText(liveness: LivenessState): string {
  switch (liveness.type) {
    case "untested":
      return "-";
    case "ok":
      return `ok ${liveness.roundTripMs} ms`;
    case "silent":
      return `silent ${liveness.silences}/3`;
    case "suspect":
      return "suspect";
    case "dead":
      return liveness.of === undefined ? "dead" : `dead ${liveness.by}/${liveness.of}`;
  }
}

function livenessStyle({ type }: LivenessState, { green, yellow, red, dim }: Colors): (text: string) => string {
  return { untested: dim, ok: green, silent: yellow, suspect: yellow, dead: red }[type];
}

function eventLine({ atMs, text, tone }: ViewEvent, columns: number, { dim, green, red }: Colors): string {
  const style = tone === "good" ? green : tone === "bad" ? red : (same: string) => same;
  return line([[column(seconds(atMs), 6, "right"), dim], "  ", [text, style]], columns);
}

function totalsLine({ counts }: ViewState, columns: number, { bold, yellow }: Colors): string {
  const { messages, delivered, expected, missing, duplicates } = counts;
  const pieces: Piece[] = [[`${messages} messages · ${delivered} of ${expected} deliveries`, bold]];
  if (missing > 0) pieces.push([` · ${missing} on the way`, yellow]);
  if (duplicates > 0) pieces.push([` · ${duplicates} duplicates`, yellow]);
  return line(pieces, columns);
}

function footerLine(footer: "keys" | "no-keys", columns: number, { bold, dim }: Colors): string {
  if (footer === "no-keys") return line([["Ctrl-C quits", dim]], columns);
  const keys = [
    ["a", "add a peer"],
    ["k", "kill one"],
    ["p", "publish"],
    ["q", "quit"],
  ] as const;
  const short = columns < 50;
  const pieces: Piece[] = [];
  for (const [index, [key, text]] of keys.entries()) {
    const gap = index === keys.length - 1 ? "" : "   ";
    pieces.push([key, bold], [` ${short ? text.split(" ")[0] : text}${gap}`, dim]);
  }
  return line(pieces, columns);
}

function seconds(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  if (total < 60) return `${total} s`;
  if (total < 3_600) return `${Math.floor(total / 60)}m${String(total % 60).padStart(2, "0")}s`;
  return `${Math.floor(total / 3_600)}h${String(Math.floor(total / 60) % 60).padStart(2, "0")}m`;
}
