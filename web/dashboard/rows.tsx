/** Long tables: only those rows exist that can be seen, and a few more above and below. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** What a table shows. */
export interface RowsProps<Row> {
  readonly label: string;
  readonly head: ComponentChildren;
  readonly columns: number;
  readonly rows: readonly Row[];
  /** All rows are of one height, in pixels; the style sheet holds them to it. */
  readonly rowHeight: number;
  readonly empty: string;
  readonly render: (row: Row) => ComponentChildren;
}

/** Beyond the edge, so that nothing blinks while scrolling. */
const spareRows = 8;

/** A table that scrolls by itself. */
export function Rows<Row>({ label, head, columns, rows, rowHeight, empty, render }: RowsProps<Row>) {
  const place = useRef<HTMLDivElement>(null);
  const [range, setRange] = useState({ from: 0, to: 40 });
  const measure = () => {
    const { scrollTop, clientHeight } = place.current!;
    const from = Math.max(0, Math.floor(scrollTop / rowHeight) - spareRows);
    const to = Math.ceil((scrollTop + clientHeight) / rowHeight) + spareRows;
    setRange((before) => (before.from === from && before.to === to ? before : { from, to }));
  };
  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  const shown = rows.slice(range.from, range.to);
  const above = Math.min(range.from, rows.length) * rowHeight;
  const below = Math.max(0, rows.length - range.to) * rowHeight;
  return (
    <div class="rows" ref={place} onScroll={measure}>
      <table aria-label={label} aria-rowcount={rows.length}>
        <thead>{head}</thead>
        <tbody>
          {above > 0 ? <Spacer columns={columns} height={above} /> : null}
          {shown.map(render)}
          {below > 0 ? <Spacer columns={columns} height={below} /> : null}
        </tbody>
      </table>
      {rows.length === 0 ? <p class="empty">{empty}</p> : null}
    </div>
  );
}

function Spacer({ columns, height }: { readonly columns: number; readonly height: number }) {
  return (
    <tr class="spacer">
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  );
}
