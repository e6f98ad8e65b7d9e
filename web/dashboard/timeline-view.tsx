/** What happened, newest first. */
import { signal } from "@preact/signals";
import { open } from "./deeds.js";
import { Rows } from "./rows.js";
import { timeline } from "./state.js";
import type { TimelineKind, TimelineLine } from "./timeline.js";
import { clock, many } from "./words.js";

const kinds: readonly (readonly [kind: TimelineKind, words: string])[] = [
  ["join", "joins"],
  ["suspicion", "suspicions"],
  ["death", "deaths"],
  ["leave", "leaves"],
  ["link", "links"],
  ["action", "actions"],
  ["notice", "notices"],
];
const rowHeight = 34;
const shown = signal<ReadonlySet<TimelineKind>>(new Set(kinds.map(([kind]) => kind)));
const signs: Readonly<Record<TimelineKind, string>> = {
  join: "M8 3v10M3 8h10",
  suspicion: "M5.500 5.500a2.500 2.500 0 1 1 3.600 2.300Q8 8.500 8 10M8 12.500v.5",
  death: "M3.500 3.500l9 9M12.500 3.500l-9 9",
  leave: "M3 8h10M9 4l4 4-4 4",
  link: "M6 10l4-4M4.500 8.500L3 10a2 2 0 0 0 3 3l1.500-1.500M8.500 4.500L10 3a2 2 0 0 1 3 3l-1.500 1.500",
  action: "M9 2L4 9h4l-1 5 5-7H8Z",
  notice: "M8 3v6.500M8 12.500v.5",
};
/** Names of observers that are spelled out. */
const namedMax = 3;

/** A long list, and what kinds of lines it shows. */
export function TimelineView() {
  const rows = timeline.value.filter(({ kind }) => shown.value.has(kind));
  const counts = new Map<TimelineKind, number>();
  for (const { kind } of timeline.value) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const toggle = (kind: TimelineKind) => {
    const next = new Set(shown.value);
    if (!next.delete(kind)) next.add(kind);
    shown.value = next;
  };
  return (
    <section class="timeline" aria-label="Timeline">
      <div class="filter">
        <fieldset class="chips">
          <legend class="unseen">Shown kinds</legend>
          {kinds.map(([kind, words]) => (
            <button
              type="button"
              key={kind}
              class="chip"
              aria-pressed={shown.value.has(kind)}
              onClick={() => toggle(kind)}
            >
              <Sign kind={kind} /> {words} {many(counts.get(kind) ?? 0)}
            </button>
          ))}
        </fieldset>
      </div>
      <Rows
        label="Timeline"
        columns={2}
        rowHeight={rowHeight}
        rows={rows}
        empty={
          timeline.value.length === 0
            ? "Nothing has happened since this page was opened."
            : "No such thing has happened."
        }
        head={
          <tr class="unseen">
            <th scope="col">Time</th>
            <th scope="col">What happened</th>
          </tr>
        }
        render={(line) => <Line key={line.number} line={line} />}
      />
    </section>
  );
}

function Line({ line }: { readonly line: TimelineLine }) {
  const { subject } = line;
  return (
    <tr>
      <td class="time">{clock(line.at)}</td>
      <td title={line.text}>
        <div class="what">
          <Sign kind={line.kind} />
          {subject === null ? (
            <span class="words">{line.text}</span>
          ) : (
            <button type="button" class="link words" onClick={() => open(subject)}>
              {line.text}
            </button>
          )}
          <span class="observers">{observersText(line)}</span>
        </div>
      </td>
    </tr>
  );
}

function observersText({ observers, kind }: TimelineLine): string {
  if (observers.length === 0 || kind === "link") return "";
  const named = observers.slice(0, namedMax).join(", ");
  const rest = observers.length - namedMax;
  return rest > 0 ? `say ${named} and ${many(rest)} more` : `${observers.length === 1 ? "says" : "say"} ${named}`;
}

function Sign({ kind }: { readonly kind: TimelineKind }) {
  return (
    <svg class={`icon sign-${kind}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d={signs[kind]} class="outline" />
    </svg>
  );
}
