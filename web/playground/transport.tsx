/** Play, pause, step, and any moment of the run. */
import type { Step } from "../../src/sim/scenario/scenario.js";
import type { Frame } from "./frames.js";

const speeds = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 20];

/** What the buttons do. */
export interface TransportProps {
  readonly frame: Frame | undefined;
  readonly steps: readonly Step[];
  readonly speed: number;
  onSpeed(speed: number): void;
  onPlay(): void;
  onStep(by: "event" | "millisecond"): void;
  onSeek(at: number): void;
}

/** Play, pause, steps, and the line of time. */
export function Transport({ frame, steps, speed, onSpeed, onPlay, onStep, onSeek }: TransportProps) {
  const at = frame?.at ?? 0;
  const endAt = Math.max(1, frame?.endAt ?? 1);
  const isPlaying = frame?.isPlaying ?? false;
  return (
    <div class="transport">
      <button
        type="button"
        class="play"
        disabled={frame === undefined || frame.isOver}
        onClick={onPlay}
        title="Play or pause (space)"
      >
        {isPlaying ? "Pause" : "Play"}
      </button>
      <button type="button" onClick={() => onStep("millisecond")} title="One millisecond on (,)">
        +1 ms
      </button>
      <button type="button" onClick={() => onStep("event")} title="On to the next event (.)">
        Next event
      </button>
      <button type="button" onClick={() => onSeek(0)} title="Back to the beginning (Home)">
        Restart
      </button>
      <label>
        <span class="unseen">Speed</span>
        <select
          value={String(speed)}
          onChange={(event) => onSpeed(Number(event.currentTarget.value))}
          title="Virtual seconds in a real one"
        >
          {speeds.map((one) => (
            <option key={one} value={String(one)}>
              {one}×
            </option>
          ))}
        </select>
      </label>
      <span class="at" data-at={at}>
        {(at / 1_000).toFixed(3)} s
        {frame === undefined ? "" : frame.isSeeking ? ", on its way …" : paceOf(frame, speed)}
      </span>
      <div class="line-of-time">
        <input
          type="range"
          min="0"
          max={endAt}
          step="10"
          value={at}
          aria-label="Moment of the run, in milliseconds"
          onChange={(event) => onSeek(Number(event.currentTarget.value))}
        />
        <svg viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
          {steps.slice(0, 200).map((step, index) => (
            <rect
              key={`${index} ${step.atMs}`}
              class={`mark-${step.do}`}
              x={(1_000 * step.atMs) / endAt - 1.5}
              y="0"
              width="3"
              height="8"
            />
          ))}
          {frame === undefined || frame.calmAt === 0 ? null : (
            <rect
              class="calm"
              x={(1_000 * frame.calmAt) / endAt}
              y="2"
              width={1_000 - (1_000 * frame.calmAt) / endAt}
              height="4"
            />
          )}
        </svg>
      </div>
    </div>
  );
}

/** What was asked for may be more than this machine can do. */
function paceOf({ isOver, isPlaying, pace }: Frame, speed: number): string {
  if (isOver) return ", the end";
  return isPlaying && pace < 0.7 * speed && pace > 0 ? `, at ${pace.toPrecision(1)}×` : "";
}
