/** Draws a spacetime diagram: a row for each peer, time from left to right, an arrow for each message. */
import { escaped } from "./picture/elements.js";
import type { Arrow, Mark, Spacetime, Spell } from "./spacetime.js";

const width = 1_280;
const left = 84;
const right = 28;
const top = 76;
const rowHeight = 34;
const foot = 76;
/** So many marks of time at most. */
const ticksMax = 11;

const ink = { text: "#1f2937", faint: "#6b7280", line: "#9ca3af", payload: "#64748b", word: "#c3cad6", hot: "#d9480f" };
const spellFills: Readonly<Record<string, string>> = {
  freeze: "#93c5fd",
  suspend: "#a5b4fc",
  slow: "#fcd34d",
  clog: "#d8b4fe",
  bandwidth: "#fdba74",
  "cut off": "#86efac",
};
const spellNames: Readonly<Record<string, string>> = {
  freeze: "frozen",
  suspend: "suspended",
  slow: "slow",
  clog: "clogged",
  bandwidth: "narrow line",
  "cut off": "in the smaller part of a partition",
};

/** The picture as SVG; `title` stands above it. */
export function spacetimeSvg(spacetime: Spacetime, title: string): string {
  const { peers, fromMs, toMs } = spacetime;
  const height = top + peers.length * rowHeight + foot;
  const bottom = top + peers.length * rowHeight;
  const x = (at: number) => left + ((at - fromMs) / Math.max(1, toMs - fromMs)) * (width - left - right);
  const rows = new Map(peers.map((peer, index) => [peer, top + (index + 0.5) * rowHeight]));
  const y = (peer: number) => rows.get(peer)!;
  const inside = (at: number) => Math.min(width - right, Math.max(left, x(at)));
  const spells = spacetime.spells.map((spell) => drawnSpell(spell, inside, y, bottom));
  const lives = spacetime.lives
    .filter(({ from, to }) => to >= fromMs && from <= toMs)
    .map(({ peer, from, to }) => stroke([inside(from), y(peer)], [inside(to), y(peer)], ink.line, 1.5));
  const labels = peers.map((peer) => text(left - 12, y(peer) + 4, `peer ${peer}`, "end"));
  const order = (arrow: Arrow) => (arrow.isHighlighted ? 2 : arrow.isPayload ? 1 : 0);
  const arrows = [...spacetime.arrows].sort((a, b) => order(a) - order(b)).map((arrow) => drawnArrow(arrow, x, y));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13" fill="${ink.text}">`,
    `<title>${escaped(title)}</title>`,
    "<defs>",
    ...Object.entries({ hot: ink.hot, payload: ink.payload, word: ink.word }).map(
      ([name, color]) =>
        `<marker id="${name}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="${name === "hot" ? 5 : 6}" markerHeight="${name === "hot" ? 5 : 6}" orient="auto"><path d="M0 0.8 8 4 0 7.2z" fill="${color}"/></marker>`,
    ),
    `<clipPath id="plot"><rect x="${left}" y="${top}" width="${width - left - right}" height="${bottom - top}"/></clipPath>`,
    "</defs>",
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="24" y="32" font-size="17" font-weight="600">${escaped(title)}</text>`,
    `<text x="24" y="54" fill="${ink.faint}">${escaped(subtitleOf(spacetime))}</text>`,
    ...axis(fromMs, toMs, x, bottom),
    ...spells,
    ...lives,
    `<g clip-path="url(#plot)">`,
    ...arrows,
    "</g>",
    ...spacetime.marks.map((mark) => drawnMark(mark, x, y)),
    ...labels,
    ...legend(spacetime, bottom + 54),
    "</svg>",
    "",
  ].join("\n");
}

function subtitleOf({ arrows, highlight, marks }: Spacetime): string {
  const words = `${arrows.length} messages between peers`;
  if (highlight === undefined) return words;
  const copies = arrows.filter((arrow) => arrow.isHighlighted).length;
  const delivered = marks.filter(({ kind }) => kind === "delivered").length;
  return `${words}; message ${highlight}: ${copies} copies on the way, ${delivered} peers have it`;
}

function axis(fromMs: number, toMs: number, x: (at: number) => number, bottom: number): string[] {
  const span = toMs - fromMs;
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500]
    .flatMap((one) => [one, one * 1_000, one * 1_000_000])
    .sort((a, b) => a - b)
    .find((one) => span / one <= ticksMax)!;
  const lines: string[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) {
    lines.push(
      stroke([x(at), top], [x(at), bottom + 6], "#e5e7eb", 1),
      text(
        x(at),
        bottom + 22,
        `${(at / 1_000)
          .toFixed(step < 1_000 ? 3 : 0)
          .replace(/(\.\d*?)0+$/, "$1")
          .replace(/\.$/, "")} s`,
        "middle",
        ink.faint,
      ),
    );
  }
  return lines;
}

function drawnSpell(
  { peer, kind, from, to }: Spell,
  x: (at: number) => number,
  y: (peer: number) => number,
  bottom: number,
): string {
  const [start, length] = [x(from), Math.max(1, x(to) - x(from))];
  if (peer === 0) {
    const band = `<rect x="${fixed(start)}" y="${top}" width="${fixed(length)}" height="${bottom - top}" fill="#16a34a" fill-opacity="0.07"/>`;
    return `${band}\n${text(start + 6, top - 6, "partition", "start", "#15803d")}`;
  }
  return `<rect x="${fixed(start)}" y="${fixed(y(peer) - 9)}" width="${fixed(length)}" height="18" rx="3" fill="${spellFills[kind]}" fill-opacity="0.6"/>`;
}

function drawnArrow(
  { from, to, sentAt, at, isPayload, isHighlighted }: Arrow,
  x: (at: number) => number,
  y: (peer: number) => number,
): string {
  const name = isHighlighted ? "hot" : isPayload ? "payload" : "word";
  const thickness = isHighlighted ? 1.8 : isPayload ? 1.1 : 0.8;
  const ends = `x1="${fixed(x(sentAt))}" y1="${fixed(y(from))}" x2="${fixed(x(at))}" y2="${fixed(y(to))}"`;
  return `<line ${ends} stroke="${ink[name]}" stroke-width="${thickness}" marker-end="url(#${name})"/>`;
}

function drawnMark({ peer, kind, at }: Mark, x: (at: number) => number, y: (peer: number) => number): string {
  const [cx, cy] = [fixed(x(at)), fixed(y(peer))];
  switch (kind) {
    case "published":
      return `<circle cx="${cx}" cy="${cy}" r="6.5" fill="${ink.hot}" stroke="#ffffff" stroke-width="1.5"/>`;
    case "delivered":
      return `<circle cx="${cx}" cy="${cy}" r="4" fill="${ink.hot}" stroke="#ffffff" stroke-width="1"/>`;
    case "started":
      return `<path d="M${cx} ${fixed(y(peer) - 7)}v14" stroke="${ink.text}" stroke-width="2.5"/>`;
    default: {
      const cross = `<path d="M${fixed(x(at) - 6)} ${fixed(y(peer) - 6)}l12 12m0 -12l-12 12" stroke="${kind === "crash" ? "#b91c1c" : ink.faint}" stroke-width="2.5" fill="none"/>`;
      return cross;
    }
  }
}

function legend({ spells, marks }: Spacetime, y: number): string[] {
  const line = (color: string, thickness: number) => (x: number) =>
    stroke([x, y - 4], [x + 22, y - 4], color, thickness);
  const dot = (radius: number) => (x: number) =>
    `<circle cx="${x + 11}" cy="${y - 4}" r="${radius}" fill="${ink.hot}"/>`;
  const cross = (color: string) => (x: number) =>
    `<path d="M${x + 5} ${y - 10}l12 12m0 -12l-12 12" stroke="${color}" stroke-width="2.5" fill="none"/>`;
  const entries: (readonly [draw: (x: number) => string, words: string])[] = [
    [line(ink.hot, 2), "a copy of the message"],
    [dot(5), "has it"],
    [line(ink.payload, 1.2), "other messages"],
    [line(ink.word, 1.2), "probes, announcements, …"],
  ];
  if (marks.some(({ kind }) => kind === "crash")) entries.push([cross("#b91c1c"), "killed"]);
  if (marks.some(({ kind }) => kind === "leave")) entries.push([cross(ink.faint), "left"]);
  for (const kind of new Set(spells.map((spell) => spell.kind))) {
    const fill = spellFills[kind];
    if (fill === undefined) continue;
    const box = (x: number) =>
      `<rect x="${x}" y="${y - 12}" width="22" height="16" rx="3" fill="${fill}" fill-opacity="0.6"/>`;
    entries.push([box, spellNames[kind]!]);
  }
  const drawn: string[] = [];
  let x = 24;
  for (const [draw, words] of entries) {
    drawn.push(draw(x), text(x + 28, y, words, "start", ink.faint));
    x += 28 + words.length * 7 + 24;
  }
  return drawn;
}

function stroke(
  from: readonly [x: number, y: number],
  to: readonly [x: number, y: number],
  color: string,
  thickness: number,
): string {
  const ends = `x1="${fixed(from[0])}" y1="${fixed(from[1])}" x2="${fixed(to[0])}" y2="${fixed(to[1])}"`;
  return `<line ${ends} stroke="${color}" stroke-width="${thickness}"/>`;
}

function text(
  x: number,
  y: number,
  words: string,
  anchor: "start" | "middle" | "end",
  color: string = ink.text,
): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}" fill="${color}">${escaped(words)}</text>`;
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
