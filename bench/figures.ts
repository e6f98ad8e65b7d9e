/** Measured figures, side by side, and whether each meets its goal. */

/** One figure of ours beside that of a naive program. */
export interface Figure {
  /** What was measured, with its unit. */
  readonly figure: string;
  /** Registered peers at the time. */
  readonly peers: number;
  readonly ours: number;
  readonly naive: number | null;
  /** Ours must not be above it; null for a figure that only explains others. */
  readonly goal: number | null;
  readonly met: boolean | null;
}

/** A figure, rounded to what can be told apart, and judged. */
export function figure(name: string, peers: number, ours: number, naive: number | null, goal?: number): Figure {
  return {
    figure: name,
    peers,
    ours: rounded(ours),
    naive: naive === null ? null : rounded(naive),
    goal: goal ?? null,
    met: goal === undefined ? null : ours <= goal,
  };
}

/** The figures as a table for people. */
export function table(figures: readonly Figure[]): string {
  const head = ["figure", "peers", "ours", "naive", "goal", ""];
  const rows = figures.map(({ figure, peers, ours, naive, goal, met }) => [
    figure,
    peers.toLocaleString("en"),
    ours.toLocaleString("en"),
    naive?.toLocaleString("en") ?? "–",
    goal === null ? "" : `≤ ${goal}`,
    met === null ? "" : met ? "met" : "MISSED",
  ]);
  return columns(head, rows);
}

/** Lines of text in columns, the first one to the left, under a line of titles. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [head, widths.map((width) => "─".repeat(width)), ...rows].map(line).join("\n");
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
