/** The shapes of `shapes.ts` as small drawings, for legends and tables. */
import type { JSX } from "preact";
import type { PointStatus } from "./picture.js";

/** What each status is called. */
export const statusWords: Readonly<Record<PointStatus | "seed", string>> = {
  joining: "joining",
  alive: "alive",
  suspect: "suspected",
  frozen: "frozen",
  killed: "killed, unnoticed",
  dead: "dead",
  left: "left",
  seed: "seed",
};

const drawings: Readonly<Record<PointStatus | "seed", JSX.Element>> = {
  alive: <circle cx="8" cy="8" r="6.5" />,
  suspect: (
    <>
      <circle cx="8" cy="8" r="5.7" class="outline" />
      <circle cx="8" cy="8" r="2.4" />
    </>
  ),
  frozen: (
    <>
      <circle cx="8" cy="8" r="6.2" class="outline thin" />
      <path d="M4.800 5H7v6H4.800ZM9 5h2.200v6H9Z" />
    </>
  ),
  killed: (
    <>
      <circle cx="8" cy="8" r="6.2" class="outline thin" />
      <path d="M5 5l6 6M11 5l-6 6" class="outline" />
    </>
  ),
  dead: <path d="M3 3l10 10M13 3L3 13" class="outline thick" />,
  left: <circle cx="8" cy="8" r="5.7" class="outline" />,
  joining: <path d="M8 13.500L1.500 3.500h13Z" />,
  seed: <path d="M2 2h12v12H2Z" />,
};

/** Says a status by colour and shape; words stand beside it, so readers of screens are told nothing twice. */
export function StatusIcon({ status }: { readonly status: PointStatus | "seed" }) {
  return (
    <svg class={`icon status-${status}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      {drawings[status]}
    </svg>
  );
}
