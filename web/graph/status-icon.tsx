/** The shapes of `marks.ts` as small drawings, for legends and tables. */
import type { JSX } from "preact";
import type { Mark } from "./marks.js";

/** What each status is called. */
export const statusWords: Readonly<Record<Mark, string>> = {
  joining: "joining",
  alive: "alive",
  suspect: "suspected",
  frozen: "frozen",
  killed: "killed, unnoticed",
  dead: "dead",
  left: "left",
  slow: "slow",
  seed: "seed",
};

const drawings: Readonly<Record<Mark, JSX.Element>> = {
  alive: <circle cx="8" cy="8" r="6.5" />,
  suspect: (
    <>
      <circle cx="8" cy="8" r="5.7" class="outline" />
      <circle cx="8" cy="8" r="2.4" />
    </>
  ),
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
  slow: <path d="M8 .8L15.200 8L8 15.200L.8 8Z" />,
  seed: <path d="M2 2h12v12H2Z" />,
};

/** Says a status by colour and shape; words stand beside it, so readers of screens are told nothing twice. */
export function StatusIcon({ status }: { readonly status: Mark }) {
  return (
    <svg class={`icon status-${status}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      {drawings[status]}
    </svg>
  );
}
