/** The shapes of `drawing.ts` as small drawings, for the legend. */
import type { JSX } from "preact";
import type { Status } from "./frames.js";

/** What each status is called. */
export const statusWords: Readonly<Record<Status, string>> = {
  joining: "joining",
  alive: "alive",
  suspect: "suspected",
  slow: "slow",
  frozen: "frozen",
  killed: "killed, unnoticed",
  dead: "dead, and known",
  left: "left",
};

const drawings: Readonly<Record<Status, JSX.Element>> = {
  alive: <circle cx="8" cy="8" r="6.5" />,
  suspect: (
    <>
      <circle cx="8" cy="8" r="5.7" class="outline" />
      <circle cx="8" cy="8" r="2.4" />
    </>
  ),
  slow: <path d="M8 .8L15.200 8L8 15.200L.8 8Z" />,
  frozen: <path d="M2.800 2H7v12H2.800ZM9 2h4.200v12H9Z" />,
  killed: (
    <>
      <circle cx="8" cy="8" r="6.2" class="outline thin" />
      <path d="M5 5l6 6M11 5l-6 6" class="outline" />
    </>
  ),
  dead: <path d="M3 3l10 10M13 3L3 13" class="outline thick" />,
  left: <circle cx="8" cy="8" r="5.7" class="outline" />,
  joining: <path d="M8 13.500L1.500 3.500h13Z" />,
};

/** Says a status by colour and shape; words stand beside it, so readers of screens are told nothing twice. */
export function StatusIcon({ status }: { readonly status: Status }) {
  return (
    <svg class={`icon status-${status}`} viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
      {drawings[status]}
    </svg>
  );
}
