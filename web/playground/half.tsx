/** The picture of one network: alone in the room, or one of two. */
import type { RefObject } from "preact";
import type { NetworkFrame } from "./frames.js";

/** What is drawn, and onto what. */
export interface HalfProps {
  readonly title: string;
  /** Undefined: nothing is drawn, and the half takes no room. */
  readonly network: NetworkFrame | undefined;
  readonly isAlone: boolean;
  readonly links: RefObject<HTMLCanvasElement | null>;
  readonly points: RefObject<HTMLCanvasElement | null>;
  readonly onClick: (event: MouseEvent) => void;
}

/** Two canvases; where there are two networks, also which of them this is, and how many it reaches. */
export function Half({ title, network, isAlone, links, points, onClick }: HalfProps) {
  return (
    <figure class="half" hidden={network === undefined && !isAlone}>
      {network === undefined || isAlone ? null : (
        <figcaption>
          <b>{title}</b> {reachOf(network)}
        </figcaption>
      )}
      <div class="drawn">
        <canvas ref={links} />
        <canvas
          ref={points}
          class="points"
          role="img"
          aria-label={network === undefined ? "Nothing yet" : `${title}: ${network.counts.up} peers that run`}
          onClick={onClick}
        />
      </div>
    </figure>
  );
}

function reachOf({ counts: { delivered, expected } }: NetworkFrame): string {
  if (expected === 0) return "";
  return `${Math.floor((100 * Math.min(delivered, expected)) / expected)}\u202f% of all deliveries so far`;
}
