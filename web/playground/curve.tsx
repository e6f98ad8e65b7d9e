/** How the last message has spread, drawn over what theory says, and what the messages before it cost. */
import type { Frame, MessageSpread, NetworkFrame } from "./frames.js";
import { expectedShares, roundsOf } from "./theory.js";

const width = 300;
const height = 132;
const left = 36;
const bottom = 20;
const top = 8;
const right = 10;
/** Messages of which it is shown how far they came. */
const shownMax = 24;

/** @param latencyMs - the median of one way; undefined where it is not known */
export function Curve({ frame, latencyMs }: { readonly frame: Frame; readonly latencyMs: number | undefined }) {
  const { last, hadMs } = frame;
  if (last === undefined) return <p class="empty">No message has been published yet.</p>;
  const reached = [...hadMs].filter((ms) => ms >= 0).sort((a, b) => a - b);
  const theoryMs = latencyMs === undefined ? 0 : roundsOf(last.peers) * latencyMs;
  const endMs = Math.max(theoryMs * 1.1, Math.min(reached.at(-1) ?? 0, 4 * theoryMs || Number.POSITIVE_INFINITY), 20);
  const x = (ms: number) => left + ((width - left - right) * Math.min(ms, endMs)) / endMs;
  const y = (share: number) => height - bottom - (height - bottom - top) * Math.min(1, share);
  // The words stand where there is room for them.
  const isLate = theoryMs > 0.6 * endMs;
  const shares = expectedShares(last.peers);
  const theory = shares.map((share, round) => `${x(round * (latencyMs ?? 0))},${y(share)}`).join(" ");
  return (
    <figure class="curve">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={wordsOf(last, reached)}>
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line class="grid" x1={left} x2={width - right} y1={y(share)} y2={y(share)} />
            <text x={left - 5} y={y(share) + 4} text-anchor="end">
              {100 * share}%
            </text>
          </g>
        ))}
        <text x={left} y={height - 5}>
          0 ms
        </text>
        <text x={width - right} y={height - 5} text-anchor="end">
          {Math.round(endMs)} ms
        </text>
        {latencyMs === undefined ? null : (
          <>
            <line class="rounds" x1={x(theoryMs)} x2={x(theoryMs)} y1={y(0)} y2={y(1)} />
            <text x={x(theoryMs) + (isLate ? -4 : 4)} y={height - bottom - 5} text-anchor={isLate ? "end" : "start"}>
              log₂N + ln N
            </text>
            <polyline class="theory" points={theory} />
          </>
        )}
        <path class="measured" d={stepsOf(reached, last, frame.at - last.publishedAt, x, y)} />
      </svg>
      <figcaption>{wordsOf(last, reached)}</figcaption>
    </figure>
  );
}

function stepsOf(
  reached: readonly number[],
  { peers }: MessageSpread,
  sinceMs: number,
  x: (ms: number) => number,
  y: (share: number) => number,
): string {
  let path = `M${x(0)} ${y(0)}`;
  for (const [index, ms] of reached.entries()) path += `H${x(ms).toFixed(1)}V${y((index + 1) / peers).toFixed(1)}`;
  return `${path}H${x(sinceMs).toFixed(1)}`;
}

function wordsOf(last: MessageSpread, reached: readonly number[]): string {
  const lasting =
    reached.length > 1
      ? `, in ${Math.round(reached.at(-1)!)} ms and ${last.lastHop} ${last.lastHop === 1 ? "hop" : "hops"}`
      : "";
  return `From peer ${last.by}: ${Math.min(last.reached, last.peers)} of ${last.peers} peers${lasting}`;
}

/** How many of those who should have the last messages do, in both networks: each message is one step. */
export function Coverages({ ours, classic }: { readonly ours: NetworkFrame; readonly classic: NetworkFrame }) {
  const height = 96;
  const [floor, ceiling] = [height - 20, 10];
  const step = (width - left - right) / (shownMax - 1);
  const y = (share: number) => floor - (floor - ceiling) * share;
  const pathOf = ({ recent }: NetworkFrame) =>
    recent
      .slice(-shownMax)
      .map((one, i) => `${i === 0 ? "M" : "L"}${(left + i * step).toFixed(1)} ${y(shareOf(one)).toFixed(1)}`)
      .join("");
  const words = `Of those that should have the message before the last, ${percentOf(ours)} have it with Hearsay, and ${percentOf(classic)} in the classic network`;
  return (
    <figure class="curve">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={words}>
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line class="grid" x1={left} x2={width - right} y1={y(share)} y2={y(share)} />
            <text x={left - 5} y={y(share) + 4} text-anchor="end">
              {100 * share}%
            </text>
          </g>
        ))}
        <path class="classic" d={pathOf(classic)} />
        <path class="measured" d={pathOf(ours)} />
        <text x={left} y={height - 4}>
          the last {shownMax} messages
        </text>
      </svg>
      <figcaption>
        <span data-coverage="ours">{percentOf(ours)}</span> Hearsay (whole line),{" "}
        <span data-coverage="classic">{percentOf(classic)}</span> classic (dashed)
      </figcaption>
    </figure>
  );
}

function shareOf({ reached, peers }: MessageSpread): number {
  return Math.min(1, reached / Math.max(1, peers));
}

/** Of the message before the last: the last one may be under way. */
function percentOf({ recent }: NetworkFrame): string {
  const one = recent.at(-2) ?? recent.at(-1);
  return one === undefined ? "–" : `${Math.round(100 * shareOf(one))}\u202f%`;
}

/** What each of the last messages cost: times that it was sent, for each peer that it reached. 1 is a perfect tree. */
export function Copies({ recent }: { readonly recent: readonly MessageSpread[] }) {
  const known = recent.filter(({ sent, reached }) => sent > 0 && reached > 1);
  if (known.length === 0) return null;
  const costs = known.map(({ sent, reached }) => sent / (reached - 1));
  const most = Math.max(2, ...costs);
  const step = (width - left - right) / 24;
  const y = (cost: number) => 58 - (50 * cost) / most;
  return (
    <figure class="curve">
      <svg
        viewBox={`0 0 ${width} 62`}
        role="img"
        aria-label={`The last message: ${costs.at(-1)!.toFixed(2)} copies a peer`}
      >
        {costs.map((cost, i) => (
          <rect
            class="cost"
            key={known[i]!.publishedAt}
            x={left + i * step + 1}
            width={step - 2}
            y={y(cost)}
            height={58 - y(cost)}
          />
        ))}
        <line class="rounds" x1={left} x2={width - right} y1={y(1)} y2={y(1)} />
        <text x={left - 5} y={y(1) + 4} text-anchor="end">
          1
        </text>
      </svg>
      <figcaption>
        Copies for each peer reached, of the last messages: {costs.at(-1)!.toFixed(2)} now; 1 is a perfect tree
      </figcaption>
    </figure>
  );
}
