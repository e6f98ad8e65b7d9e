/** The whole page. */
import { useEffect } from "preact/hooks";
import { StatusIcon, statusWords } from "../graph/status-icon.js";
import { theme, toggleTheme } from "../graph/theme.js";
import { ActionsView } from "./actions-view.js";
import type { Deeds } from "./deeds.js";
import { DirectoryView } from "./directory-view.js";
import type { Endpoint } from "./endpoint.js";
import { GraphView } from "./graph-view.js";
import { Help } from "./help.js";
import { listenToKeys } from "./keys.js";
import { MessagesView } from "./messages-view.js";
import { now } from "./now.js";
import { PeerPanel } from "./peer-panel.js";
import { connection, counters, dock, isHelpOpen, notes, picture, selected, self, type View, view } from "./state.js";
import { TimelineView } from "./timeline-view.js";
import { TokenForm } from "./token-form.js";
import { lasting, many } from "./words.js";

/** What the page works with. */
export interface AppProps {
  readonly endpoint: Endpoint;
  readonly deeds: Deeds;
  readonly onToken: (token: string) => void;
}

const views: readonly (readonly [view: View, words: string, path: string])[] = [
  [
    "graph",
    "Overlay",
    "M5.200 4.600l5.600 1.300M4.400 5.800l2.200 5M9 11.500l2.700-3.900M2.500 4a1.500 1.500 0 1 0 3 0a1.500 1.500 0 1 0-3 0M11 6a1.500 1.500 0 1 0 3 0a1.500 1.500 0 1 0-3 0M6 12.500a1.500 1.500 0 1 0 3 0a1.500 1.500 0 1 0-3 0",
  ],
  ["messages", "Messages", "M2.500 3.500h11v7h-6l-3 3v-3h-2Z"],
  ["directory", "Directory", "M3 4h10M3 8h10M3 12h10"],
  ["timeline", "Timeline", "M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 1 1 0-11M8 5v3.200l2.200 1.300"],
  ["actions", "Actions", "M9 2L4 9h4l-1 5 5-7H8Z"],
];

/** Everything there is to see. */
export function App({ endpoint, deeds, onToken }: AppProps) {
  useEffect(() => listenToKeys(), []);
  const { type } = connection.value;
  const isThere = self.value !== undefined && type !== "token-wanted" && type !== "failed";
  return (
    <div class="page" data-view={view.value} data-connection={type}>
      <Header />
      {type === "lost" && isThere ? <Lost /> : null}
      {isThere ? (
        <Parts endpoint={endpoint} deeds={deeds} />
      ) : (
        <main class="alone">
          <Alone onToken={onToken} />
        </main>
      )}
      <ul class="notes" aria-live="polite">
        {notes.value.map(({ number, tone, text }) => (
          <li key={number} class={tone}>
            {text}
          </li>
        ))}
      </ul>
      {isHelpOpen.value ? <Help /> : null}
    </div>
  );
}

function Parts({ endpoint, deeds }: Pick<AppProps, "endpoint" | "deeds">) {
  return (
    <>
      <main class="parts">
        <GraphView />
        <div class="dock" data-dock={dock.value}>
          <div class="tabs" role="tablist" aria-label="Under the graph">
            {(["directory", "timeline"] as const).map((tab) => (
              <button
                type="button"
                role="tab"
                key={tab}
                aria-selected={dock.value === tab}
                onClick={() => {
                  dock.value = tab;
                }}
              >
                {tab === "timeline" ? "Timeline" : self.value?.kind === "seed" ? "Registrations" : "Directory"}
              </button>
            ))}
          </div>
          <DirectoryView />
          <TimelineView />
        </div>
        <aside class="side">
          {selected.value === undefined ? null : (
            <PeerPanel key={selected.value} of={selected.value} endpoint={endpoint} deeds={deeds} />
          )}
          <ActionsView deeds={deeds} />
          <MessagesView />
        </aside>
      </main>
      <nav class="views" aria-label="Parts of the page">
        {views.map(([name, words, path]) => (
          <button
            type="button"
            key={name}
            aria-current={view.value === name ? "page" : undefined}
            onClick={() => {
              view.value = name;
              selected.value = undefined;
            }}
          >
            <svg class="icon" viewBox="0 0 16 16" width="20" height="20" aria-hidden="true">
              <path class="outline" d={path} />
            </svg>
            {words}
          </button>
        ))}
      </nav>
    </>
  );
}

function Header() {
  return (
    <header class="top">
      <h1>
        <img src="./icon.svg" alt="" width="22" height="22" /> Hearsay
      </h1>
      <span class="whose">{whoseText()}</span>
      <Totals />
      <span class={`connection ${connection.value.type}`} role="status">
        {connectionWords()}
      </span>
      <button
        type="button"
        class="round"
        onClick={toggleTheme}
        aria-label={theme.value === "dark" ? "Light look" : "Dark look"}
        title={`${theme.value === "dark" ? "Light" : "Dark"} look (t)`}
      >
        {theme.value === "dark" ? "☀" : "☾"}
      </button>
      <button
        type="button"
        class="round"
        aria-label="Keys and signs"
        title="Keys (?)"
        onClick={() => {
          isHelpOpen.value = true;
        }}
      >
        ?
      </button>
    </header>
  );
}

function whoseText(): string {
  const { value } = self;
  if (value === undefined) return "";
  if (value.kind === "network")
    return `${value.dialect === "mixed" ? "mixed" : value.dialect} network “${value.network}”`;
  return `${value.kind} ${value.address ?? ""} of “${value.network}”`;
}

function Totals() {
  const counts = new Map<keyof typeof statusWords, number>();
  for (const { role, status } of picture.value.points) {
    if (role === "peer") counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const total = counters.value;
  return (
    <ul class="totals" aria-label="Totals">
      {[...counts].map(([status, count]) => (
        <li key={status} data-status={status}>
          <StatusIcon status={status} /> {many(count)} {statusWords[status]}
        </li>
      ))}
      {total?.kind === "network" ? (
        <li class="wide" title="Deliveries that have happened, of those there should be">
          {many(total.happened)} of {many(total.expected)} deliveries
        </li>
      ) : total?.kind === "peer" ? (
        <li class="wide">
          {many(total.delivered)} heard, {many(total.published)} said
        </li>
      ) : null}
      {total === undefined ? null : <li class="wide">up {lasting(total.upMs + Math.max(0, now.value - total.at))}</li>}
    </ul>
  );
}

function connectionWords(): string {
  const { value } = connection;
  switch (value.type) {
    case "loading":
      return "connecting";
    case "live":
      return "live";
    case "lost":
      return "connection lost";
    case "token-wanted":
      return "token needed";
    default:
      return "failed";
  }
}

/** What is shown stays, and is old. */
function Lost() {
  const { value } = connection;
  if (value.type !== "lost") return null;
  const left = Math.max(0, Math.ceil((value.retryAt - now.value) / 1_000));
  return (
    <p class="banner" role="alert">
      Connection lost: {value.reason}. What you see is how it was.{" "}
      {left > 0 ? `Trying again in ${left} s.` : "Trying again …"}
    </p>
  );
}

/** Nothing can be shown yet, or ever. */
function Alone({ onToken }: Pick<AppProps, "onToken">) {
  const { value } = connection;
  if (value.type === "token-wanted") return <TokenForm wasRefused={value.wasRefused} onToken={onToken} />;
  if (value.type === "loading") return <p class="big">Asking the endpoint …</p>;
  if (value.type === "lost") {
    return (
      <div class="big">
        <h2>The endpoint does not answer</h2>
        <p>It has ended, or cannot be reached from here. This page tries again by itself.</p>
        <p class="why">{value.reason}</p>
      </div>
    );
  }
  return (
    <div class="big">
      <h2>This page cannot be used here</h2>
      <p>{value.type === "failed" ? value.reason : ""}</p>
    </div>
  );
}
