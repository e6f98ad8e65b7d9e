/** What is played, how it is set, and what it has shown. */

import { StatusIcon, statusWords } from "../graph/status-icon.js";
import { Copies, Coverages, Curve } from "./curve.js";
import { type Frame, type Status, statuses } from "./frames.js";
import { medianOf, ofScene, sceneOf, scenes, sliders, withSlider } from "./scenes.js";
import type { Session } from "./session.js";

/** What stands beside the picture: scenes, sliders, numbers, and what has happened. */
export function Side({ session, onTrace }: { readonly session: Session; onTrace(file: File): void }) {
  const { frame, scenario } = session;
  const latencyMs = scenario === undefined ? undefined : medianOf(scenario.network.latency);
  return (
    <aside class="side">
      <Scenes session={session} onTrace={onTrace} />
      {frame?.beside === undefined ? null : (
        <section>
          <h2>Who has the messages</h2>
          <Coverages ours={frame} classic={frame.beside} />
        </section>
      )}
      {frame === undefined ? null : (
        <>
          <section>
            <h2>The last message{frame.beside === undefined ? "" : " of Hearsay"}</h2>
            <Curve frame={frame} latencyMs={latencyMs} />
            <Copies recent={frame.recent} />
          </section>
          <section>
            <h2>Counted{frame.beside === undefined ? "" : " of Hearsay"}</h2>
            <Counters frame={frame} />
          </section>
          <Promises frame={frame} isLive={scenario !== undefined} />
        </>
      )}
      <Sliders session={session} />
      {frame === undefined ? null : <Remarks frame={frame} />}
    </aside>
  );
}

function Scenes({ session, onTrace }: { readonly session: Session; onTrace(file: File): void }) {
  const { scenario, name } = session;
  const scene = scenario === undefined ? undefined : sceneOf(scenario);
  return (
    <section>
      <h2>Scenario</h2>
      <label>
        <span class="unseen">Scenario</span>
        <select
          class="scenes"
          value={scene?.name ?? ""}
          onChange={(event) => {
            const next = scenes.find((one) => one.name === event.currentTarget.value);
            if (next !== undefined) session.run(ofScene(next, scenario?.randomSeed ?? 1), true);
          }}
        >
          {scene === undefined ? (
            <option value="">{scenario === undefined ? `Trace: ${name}` : `From the address: ${name}`}</option>
          ) : null}
          {scenes.map((one) => (
            <option key={one.name} value={one.name}>
              {one.title}
            </option>
          ))}
        </select>
      </label>
      <p class="story">
        {scene?.story ??
          (scenario === undefined
            ? "A trace holds no messages under way: who has the last one is seen by the rings."
            : `${scenario.peers} peers for ${scenario.forMs / 1_000} s, with ${scenario.steps.length} deed${scenario.steps.length === 1 ? "" : "s"}.`)}
      </p>
      <div class="row">
        <label class="seed">
          Random seed{" "}
          <input
            class="number"
            type="number"
            step="1"
            value={scenario?.randomSeed ?? ""}
            disabled={scenario === undefined}
            onChange={(event) => {
              const randomSeed = Math.trunc(Number(event.currentTarget.value));
              if (scenario !== undefined && Number.isSafeInteger(randomSeed))
                session.run({ ...scenario, randomSeed }, true);
            }}
          />
        </label>
        <label class="file">
          Open a trace …
          <input
            type="file"
            class="unseen"
            accept=".ndjson,.jsonl,.json,.txt"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file !== undefined) onTrace(file);
              event.currentTarget.value = "";
            }}
          />
        </label>
      </div>
    </section>
  );
}

function Sliders({ session }: { readonly session: Session }) {
  const { scenario } = session;
  if (scenario === undefined) return null;
  return (
    <section>
      <h2>Set it otherwise</h2>
      <p class="story">The run begins anew, with all that was done to it.</p>
      {sliders.map((slider) => {
        const value = slider.get(scenario);
        return (
          <label class="slider" key={slider.name} title={slider.hint}>
            <span>{slider.label}</span>
            <input
              type="range"
              name={slider.name}
              min="0"
              max={slider.values.length - 1}
              step="1"
              value={nearest(slider.values, value)}
              aria-valuetext={`${value} ${slider.unit}`}
              onChange={(event) => {
                const next = slider.values[Number(event.currentTarget.value)]!;
                if (next !== value) session.run(withSlider(scenario, slider, next), true);
              }}
            />
            <output>
              {value.toLocaleString("en")} {slider.unit}
            </output>
          </label>
        );
      })}
    </section>
  );
}

function nearest(values: readonly number[], value: number): number {
  let best = 0;
  for (const [index, one] of values.entries()) {
    if (Math.abs(one - value) < Math.abs(values[best]! - value)) best = index;
  }
  return best;
}

function Counters({ frame }: { readonly frame: Frame }) {
  const { counts } = frame;
  const { duplicates, messages } = counts;
  const redundancy = duplicates === undefined || counts.delivered === 0 ? undefined : duplicates / counts.delivered;
  const byStatus = new Map<Status, number>();
  for (const code of frame.statuses) byStatus.set(statuses[code]!, (byStatus.get(statuses[code]!) ?? 0) + 1);
  const rows: readonly (readonly [label: string, value: string, hint: string])[] = [
    ["published", many(counts.published), "Messages of the application"],
    ["delivered", many(counts.delivered), "To peers, the message's own included"],
    ["sent on links", messages === undefined ? "–" : many(messages), "Messages of all kinds"],
    ["copies too many", duplicates === undefined ? "–" : many(duplicates), "Messages that were there already"],
    ["redundancy (RMR)", redundancy === undefined ? "–" : redundancy.toFixed(2), "Copies too many for each delivery"],
    ["deaths known", many(counts.deaths), "Peers that ended, or stopped, and most others know"],
    ["taken for dead while running", many(counts.falseDeaths), "By anybody, unless a partition is between the two"],
  ];
  return (
    <>
      <ul class="legend">
        {statuses
          .filter((status) => byStatus.has(status))
          .map((status) => (
            <li key={status} data-status={status}>
              <StatusIcon status={status} /> {many(byStatus.get(status)!)} {statusWords[status]}
            </li>
          ))}
        <li>
          <svg class="icon halo" viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
            <circle cx="8" cy="8" r="6.2" />
          </svg>{" "}
          has the last message
        </li>
      </ul>
      <dl class="counts">
        {rows.map(([label, value, hint]) => (
          <div key={label} title={hint}>
            <dt>{label}</dt>
            <dd data-count={label}>{value}</dd>
          </div>
        ))}
        {frame.hash === "" ? null : (
          <div title="The same number means the same run: hearsay sim prints it, too">
            <dt>hash so far</dt>
            <dd data-count="hash">{frame.hash}</dd>
          </div>
        )}
      </dl>
    </>
  );
}

function Promises({ frame, isLive }: { readonly frame: Frame; readonly isLive: boolean }) {
  if (!isLive) return null;
  const { broken } = frame;
  return (
    <section>
      <h2>Promises</h2>
      {broken.length === 0 ? (
        <p class="kept">{frame.isOver ? "All promises kept, to the end." : "None is broken so far."}</p>
      ) : (
        <ul class="broken">
          {broken.map(({ promise, message }) => (
            <li key={message}>
              <strong>{promise}</strong>: {message}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Remarks({ frame }: { readonly frame: Frame }) {
  const remarks = frame.remarks.slice(-14).reverse();
  return (
    <section>
      <h2>What happened</h2>
      {remarks.length === 0 ? (
        <p class="story">Nothing worth a line yet.</p>
      ) : (
        <ol class="remarks">
          {remarks.map(({ at, text }, index) => (
            <li key={`${at} ${text} ${index}`}>
              <time>{(at / 1_000).toFixed(2)} s</time> {text}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function many(value: number): string {
  return value.toLocaleString("en");
}
