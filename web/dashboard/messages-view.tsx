/** The latest messages: how fast they reached how many. */
import { scaleLinear } from "d3-scale";
import { curveStepAfter, line } from "d3-shape";
import { deliveredOf, type Message } from "./messages.js";
import { messages, self, traced, view } from "./state.js";
import { clock, took } from "./words.js";

/** Curves at a time; older ones would hide the new. */
const curvesMax = 8;
const listedMax = 30;
const size = { width: 340, height: 132, left: 42, right: 26, top: 10, bottom: 24 };

/** The coverage curve, and the list whose lines draw their way on the graph. */
export function MessagesView() {
  const all = messages.value;
  const isNetwork = self.value?.kind === "network";
  const withWays = all.filter(({ hops, expected }) => hops.length > 0 && expected !== null && expected > 0);
  return (
    <section class="card messages" aria-label="Messages">
      <h2>Messages</h2>
      {isNetwork ? <CoverageChart messages={withWays.slice(0, curvesMax)} /> : null}
      {all.length === 0 ? (
        <p class="empty">Nothing was said since this page was opened.</p>
      ) : (
        <ol class="message-list">
          {all.slice(0, listedMax).map((message) => (
            <li key={message.id}>{isNetwork ? <TracedLine message={message} /> : <HeardLine message={message} />}</li>
          ))}
        </ol>
      )}
    </section>
  );
}

/** A message of a network: its line shows its way. */
function TracedLine({ message }: { readonly message: Message }) {
  const isTraced = traced.value === message.id;
  const delivered = deliveredOf(message);
  const { expected } = message;
  const isEverywhere = expected !== null && delivered >= expected;
  const onClick = () => {
    traced.value = isTraced ? undefined : message.id;
    if (!isTraced) view.value = "graph";
  };
  return (
    <button type="button" class="message" aria-pressed={isTraced} onClick={onClick} title="Draw its way on the graph">
      <MessageWords message={message} />
      <span class={isEverywhere ? "reach whole" : "reach"}>
        {expected === null ? delivered : `${delivered} of ${expected}`}
        {delivered === 0 ? "" : ` in ${took(lengthOf(message))}`}
      </span>
    </button>
  );
}

/** A message as one peer heard it. */
function HeardLine({ message }: { readonly message: Message }) {
  const { receivedAt, publishedAt } = message;
  return (
    <div class="message">
      <MessageWords message={message} />
      <span class="reach">
        {receivedAt === null
          ? clock(publishedAt)
          : `${clock(receivedAt)}, ${took(receivedAt - publishedAt)} on the way`}
      </span>
    </div>
  );
}

function MessageWords({ message: { preview, topic, origin } }: { readonly message: Message }) {
  return (
    <>
      <span class="preview">{preview === "" ? "(no text)" : preview}</span>
      <span class="origin">
        {origin}
        {topic === "" ? "" : ` · ${topic}`}
      </span>
    </>
  );
}

/** Share of those who should have it, over the time since it was published. The newest is bright. */
function CoverageChart({ messages: shown }: { readonly messages: readonly Message[] }) {
  const longest = Math.max(5, ...shown.map(lengthOf));
  const x = scaleLinear([0, longest], [size.left, size.width - size.right]).nice(4);
  const y = scaleLinear([0, 1], [size.height - size.bottom, size.top]);
  const path = line<readonly [number, number]>(
    ([at]) => x(at),
    ([, share]) => y(share),
  ).curve(curveStepAfter);
  const label = shown[0] === undefined ? "" : `${deliveredOf(shown[0])} of ${shown[0].expected}`;
  return (
    <figure class="coverage">
      <figcaption>Coverage of the last {Math.max(shown.length, 1)} over time</figcaption>
      <svg viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={`The newest has reached ${label}.`}>
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <path class="grid" d={`M${size.left} ${y(share)}H${size.width - size.right}`} />
            <text x={size.left - 6} y={y(share) + 4} text-anchor="end">
              {share * 100} %
            </text>
          </g>
        ))}
        {x.ticks(3).map((at) => (
          <text key={at} x={x(at)} y={size.height - 7} text-anchor={at === 0 ? "start" : "middle"}>
            {at === 0 ? "0" : took(at).replace(".0 ", " ")}
          </text>
        ))}
        {[...shown].reverse().map((message, at) => (
          <path
            key={message.id}
            class={at === shown.length - 1 || message.id === traced.value ? "curve newest" : "curve"}
            d={path(stepsOf(message, x.domain()[1]!)) ?? ""}
          />
        ))}
      </svg>
    </figure>
  );
}

function stepsOf(message: Message, until: number): (readonly [number, number])[] {
  const { publishedAt, expected, hops, origin } = message;
  const steps: (readonly [number, number])[] = [[0, 0]];
  let count = 0;
  for (const { at } of hops.filter(({ peer }) => peer !== origin).sort((a, b) => a.at - b.at)) {
    steps.push([Math.max(0, at - publishedAt), Math.min(1, ++count / expected!)]);
  }
  return [...steps, [until, steps.at(-1)![1]]];
}

/** From its being published until the last one known got it. */
function lengthOf({ publishedAt, hops }: Message): number {
  return hops.reduce((longest, { at }) => Math.max(longest, at - publishedAt), 0);
}
