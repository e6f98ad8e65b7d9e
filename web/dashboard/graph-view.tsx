/** The live overlay. */
import { computed, effect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { OverlayGraph } from "../graph/overlay-graph.js";
import { type PointStatus, piecesOf } from "../graph/picture.js";
import { StatusIcon, statusWords } from "../graph/status-icon.js";
import { theme } from "../graph/theme.js";
import { onHop } from "./hops.js";
import { messages, network, picture, selected, traced } from "./state.js";
import { some } from "./words.js";

const legend: readonly (PointStatus | "seed")[] = [
  "seed",
  "alive",
  "suspect",
  "killed",
  "dead",
  "frozen",
  "joining",
  "left",
];

const pieces = computed(() => piecesOf(picture.value));

/** The graph, what its signs mean, and how to move in it. */
export function GraphView() {
  const place = useRef<HTMLDivElement>(null);
  const graph = useRef<OverlayGraph | null>(null);

  // Before the first paint: the page and its picture come together.
  useLayoutEffect(() => {
    const container = place.current!;
    const drawn = new OverlayGraph(container, theme.peek(), (key) => {
      selected.value = key;
    });
    graph.current = drawn;
    const stops = [
      effect(() => drawn.show(picture.value)),
      effect(() => drawn.select(selected.value)),
      effect(() => {
        drawn.theme = theme.value;
      }),
      effect(() => {
        const message = messages.value.find(({ id }) => id === traced.value);
        drawn.trace((message?.hops ?? []).map(({ from, peer: to }) => ({ message: message!.id, from, to })));
        container.dataset.tracedHops = String(message?.hops.length ?? 0);
      }),
      onHop(({ message, from, to }) => {
        drawn.pulse({ message, from, to });
        container.dataset.drawnHops = String(drawn.drawnHops);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      drawn.close();
      graph.current = null;
    };
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    const keys = picture.value.points.map(({ key }) => key);
    const at = keys.indexOf(selected.value ?? "");
    const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step !== undefined && keys.length > 0) {
      const next = at < 0 ? (step > 0 ? 0 : keys.length - 1) : (at + step + keys.length) % keys.length;
      selected.value = keys[next];
    } else if (event.key === "+" || event.key === "=") graph.current?.zoom(1.4);
    else if (event.key === "-") graph.current?.zoom(0.7);
    else if (event.key === "0") graph.current?.showAll();
    else return;
    event.preventDefault();
  };

  const isEmpty = picture.value.points.length === 0;
  return (
    <section class="graph" aria-label="Overlay">
      <div class="picture">
        <div
          class="canvas"
          ref={place}
          role="application"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys go from peer to peer here
          tabIndex={0}
          aria-label={`${caption()} Arrow keys go from peer to peer.`}
          onKeyDown={onKeyDown}
        />
        {isEmpty ? <p class="empty over">Nobody is here yet.</p> : null}
        <p class="caption" data-pieces={pieces.value}>
          {caption()}
        </p>
        <div class="zoom">
          <button type="button" onClick={() => graph.current?.zoom(1.4)} aria-label="Nearer" title="Nearer (+)">
            +
          </button>
          <button type="button" onClick={() => graph.current?.zoom(0.7)} aria-label="Farther" title="Farther (-)">
            −
          </button>
          <button type="button" onClick={() => graph.current?.showAll()} aria-label="Show all" title="Show all (0)">
            ⤢
          </button>
        </div>
      </div>
      <Legend />
    </section>
  );
}

/** Signs that are on the picture now. */
function Legend() {
  const { points, lines } = picture.value;
  const there = new Set(points.map(({ role, status }) => (role === "seed" ? "seed" : status)));
  const kinds = new Set(lines.map(({ kind, isCut }) => (isCut ? "cut" : kind)));
  const words = {
    eager: "eager link",
    lazy: "lazy link",
    classic: "classic link",
    registered: "registered",
    cut: "cut",
  };
  return (
    <ul class="legend" aria-label="Signs">
      {legend
        .filter((status) => there.has(status))
        .map((status) => (
          <li key={status}>
            <StatusIcon status={status} /> {statusWords[status]}
          </li>
        ))}
      {(["eager", "lazy", "classic", "registered", "cut"] as const)
        .filter((kind) => kinds.has(kind))
        .map((kind) => (
          <li key={kind}>
            <svg class={`line line-${kind}`} viewBox="0 0 22 8" width="22" height="8" aria-hidden="true">
              <path d="M0 4H22" />
            </svg>{" "}
            {words[kind]}
          </li>
        ))}
    </ul>
  );
}

function caption(): string {
  const { points, lines } = picture.value;
  const peers = points.filter(({ role }) => role === "peer").length;
  const seeds = points.length - peers;
  const links = lines.filter(({ kind, isCut }) => kind !== "registered" && !isCut).length;
  const parts = [some(peers, "peer"), ...(seeds > 0 ? [some(seeds, "seed")] : [])];
  if (lines.some(({ kind }) => kind === "registered")) return `${parts.join(", ")}.`;
  const whole = pieces.value < 2 ? "all connected" : `in ${pieces.value} pieces`;
  const isPartitioned = network.value?.isPartitioned === true ? ", partitioned" : "";
  return peers === 0
    ? `${parts.join(", ")}.`
    : `${parts.join(", ")}, ${some(links, "link")}, ${whole}${isPartitioned}.`;
}
