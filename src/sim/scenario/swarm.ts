/**
 * Scenarios drawn at random, each from one number: the network, what befalls it, and what is said in it.
 *
 * Every run leaves some kinds of faults out (*swarm testing*: Groce et al., ISSTA 2012): where everything happens at once,
 * one fault hides what another would have shown.
 */
import { type Random, sample, seededRandom } from "../../core/random.js";
import { worldRegions } from "./latency.js";
import { misdeeds } from "./model.js";
import {
  at,
  type Bandwidth,
  bandwidth,
  clog,
  corrupt,
  count,
  crash,
  cut,
  type Deed,
  freeze,
  heal,
  join,
  type LatencyModel,
  leave,
  loss,
  type NetworkModel,
  partition,
  redial,
  restart,
  type Scenario,
  type Step,
  scenario,
  share,
  slow,
  suspend,
} from "./scenario.js";

/** How large the drawn scenarios may get. */
export interface SwarmLimits {
  /** Peers at the beginning. Default: 24. */
  readonly peersMax?: number;
  /** Deeds and misdeeds that are left out of what was drawn, by their names. The rest stays as it is. Default: none. */
  readonly without?: readonly string[];
}

type Kind = (random: Random) => readonly Deed[];

const kinds: Readonly<Record<string, Kind>> = {
  crash: (random) => [crash(random.below(3) === 0 ? share(0.5) : count(1 + random.below(3)))],
  restart: (random) => [
    restart(1 + random.below(3), {
      identity: oneOf(random, ["same", "same", "new"]),
      address: oneOf(random, ["same", "same", "new"]),
      clockBackMs: oneOf(random, [0, 0, 0, 3_600_000]),
    }),
  ],
  freeze: (random) => [freeze(count(1 + random.below(3)), 200 + random.below(20_000))],
  jump: (random) => [{ do: "jump", who: count(1), byMs: 1 + random.below(120_000) }],
  partition: (random) => [partition(share((1 + random.below(5)) / 10))],
  cut: (random) => [cut(count(1 + random.below(2)), share(oneOf(random, [0.3, 1])))],
  heal: () => [heal()],
  loss: (random) => [loss((1 + random.below(40)) / 100, 1_000 + random.below(15_000))],
  deafen: (random) => [loss(oneOf(random, [0.5, 0.8, 1]), 1_000 + random.below(20_000), count(1))],
  latency: (random) => [{ do: "latency", latency: drawLatency(random, 400), forMs: 1_000 + random.below(10_000) }],
  reset: (random) => [{ do: "reset", who: count(1 + random.below(3)) }],
  join: (random) => [join(1 + random.below(4))],
  leave: (random) => [leave(count(1 + random.below(2)))],
  burst: (random) => [{ do: "publish", who: count(1), messages: 1 + random.below(300), bytes: drawBytes(random) }],
  tag: () => [{ do: "tag", who: count(2) }],
  corrupt: (random) => [corrupt(count(1), oneOf(random, misdeeds))],
  clog: (random) => [clog(count(1 + random.below(3)), 200 + random.below(15_000))],
  "clog ways": (random) => [clog(share(oneOf(random, [0.3, 1])), 200 + random.below(8_000), count(1))],
  suspend: (random) => [suspend(count(1 + random.below(2)), 2_000 + random.below(40_000))],
  slow: (random) => [slow(count(1 + random.below(2)), oneOf(random, [0.5, 2, 10, 50]), 1_000 + random.below(15_000))],
  bandwidth: (random) => [
    bandwidth(drawBandwidth(random), 1_000 + random.below(15_000), oneOf(random, [undefined, count(1), share(0.3)])),
  ],
  redial: (random) => [redial(oneOf(random, [count(1), count(3), share(1)]))],
};

const deedNames =
  "bandwidth clog corrupt crash cut freeze heal join jump latency leave loss partition publish redial reset restart slow suspend tag";

/** What a swarm draws and can leave out: deeds, and what peers do that mean harm. */
export const swarmNames: readonly string[] = [...deedNames.split(" "), ...misdeeds];

/** One peer in so many may mean harm. */
const corruptShare = 6;

/** The scenario of a number. The same number always draws the same one. */
export function swarmScenario(randomSeed: number, { peersMax = 24, without = [] }: SwarmLimits = {}): Scenario {
  const random = seededRandom(randomSeed * 7_919 + 13);
  const peers = 2 + random.below(Math.max(1, peersMax - 1));
  const names = Object.keys(kinds);
  const chosen = sample(random, names, 1 + random.below(names.length));
  const forMs = 10_000 + random.below(80_000);
  const steps: Step[] = [];
  const deeds = random.below(24);
  // Promises hold for the others as long as those who mean harm are few.
  let corruptLeft = Math.floor(peers / corruptShare);
  for (let i = 0; i < deeds; i++) {
    const kind = kinds[chosen[random.below(chosen.length)]!]!;
    const atMs = 1_000 + random.below(forMs - 1_000);
    for (const deed of kind(random)) if (deed.do !== "corrupt" || corruptLeft-- > 0) steps.push(at(atMs, deed));
  }
  return scenario({
    name: `swarm ${randomSeed}`,
    randomSeed,
    peers,
    seeds: oneOf(random, [1, 3, 3, 5]),
    joinEveryMs: oneOf(random, [0, 5, 50, 300]),
    forMs,
    network: drawNetwork(random),
    workload: {
      everyMs: oneOf(random, [0, 50, 200, 1_000]),
      bytes: drawBytes(random),
      from: oneOf(random, ["random", "one"]),
    },
    config: oneOf(random, [
      {},
      {},
      { history: { retainedMax: 50, retainedPerOriginMax: 20 } },
      { history: { retainedMaxAgeMs: 5_000 } },
      { overlay: { activeViewMax: 3, passiveViewMax: 6 } },
    ]),
    steps: steps.filter(
      (step) => !(without.includes(step.do) || (step.do === "corrupt" && without.includes(step.misdeed))),
    ),
  });
}

function drawNetwork(random: Random): NetworkModel {
  const latency = drawLatency(random, 60);
  const lossRate = oneOf(random, [0, 0, 0, 0.01, 0.05]);
  return random.below(4) === 0
    ? { latency, lossRate, bandwidth: { peerBytesPerS: oneOf(random, [1_250_000, 12_500_000]) } }
    : { latency, lossRate };
}

/** From a poor line to a good one. */
function drawBandwidth(random: Random): Bandwidth {
  const bytesPerS = oneOf(random, [5_000, 50_000, 500_000]);
  return oneOf(random, [{ linkBytesPerS: bytesPerS }, { peerBytesPerS: bytesPerS }]);
}

function drawLatency(random: Random, mostMs: number): LatencyModel {
  const ms = 1 + random.below(mostMs);
  return oneOf<LatencyModel>(random, [
    { kind: "constant", ms },
    { kind: "uniform", minMs: Math.ceil(ms / 5), maxMs: ms },
    { kind: "normal", meanMs: ms, deviationMs: ms / 4 },
    { kind: "log-normal", medianMs: Math.ceil(ms / 2), sigma: 0.5 },
    worldRegions,
  ]);
}

function drawBytes(random: Random): number {
  return oneOf(random, [0, 64, 1_000, 20_000]);
}

function oneOf<Value>(random: Random, values: readonly Value[]): Value {
  return values[random.below(values.length)]!;
}
