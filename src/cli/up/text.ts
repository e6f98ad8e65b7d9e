/** Text that must fit: measured in terminal columns, never in characters. */
import stringWidth from "string-width";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Characters that would move the cursor or break the line, whoever has put them there. */
const controls = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** The text, cut to at most `columns` with an ellipsis, its control characters replaced. */
export function cut(text: string, columns: number): string {
  const clean = text.replace(controls, "\ufffd");
  if (stringWidth(clean) <= columns) return clean;
  if (columns <= 0) return "";
  let result = "";
  let width = 0;
  for (const { segment } of graphemes.segment(clean)) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    result += segment;
  }
  return `${result}…`;
}

/** The text at exactly `columns`, filled up with spaces. */
export function column(text: string, columns: number, align: "left" | "right" = "left"): string {
  const fitting = cut(text, columns);
  const space = " ".repeat(Math.max(0, columns - stringWidth(fitting)));
  return align === "left" ? fitting + space : space + fitting;
}

/** Part of a line, with what colors it. */
export type Piece = string | readonly [text: string, style: (text: string) => string];

/** One line of pieces, cut to `columns`. Colors take no room, so they are put on after the cut. */
export function line(pieces: readonly Piece[], columns: number): string {
  let left = columns;
  let result = "";
  for (const [index, piece] of pieces.entries()) {
    const [text, style] = typeof piece === "string" ? [piece, (same: string) => same] : piece;
    const rest = pieces.slice(index + 1).some((later) => later[0] !== "");
    // The ellipsis stands where the line is cut, even when that is between two pieces.
    const fitting = rest && stringWidth(text) === left ? cut(`${text}…`, left) : cut(text, left);
    if (fitting !== "") result += style(fitting);
    left -= stringWidth(fitting);
    if (left <= 0) break;
  }
  return result;
}
