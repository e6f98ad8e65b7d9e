/** Pictures made of characters. */

const blocks = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** How many columns and rows a curve takes. */
export interface CurveSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * A curve over time, filled below.
 *
 * @param values - 0 to 1, one for each column
 */
export function curve(values: readonly number[], { columns, rows }: CurveSize): string[] {
  const lines: string[] = [];
  for (let row = rows - 1; row >= 0; row--) {
    let line = "";
    for (let column = 0; column < columns; column++) {
      const value = values[Math.floor((column * values.length) / columns)] ?? 0;
      const eighths = Math.round(Math.min(1, Math.max(0, value * rows - row)) * 8);
      line += blocks[eighths]!;
    }
    lines.push(line.trimEnd());
  }
  return lines;
}
