/**
 * GossipSub's published simulation of 1,000 peers, run again, and our broadcast in the same place.
 *
 * The place is that of *gerbil-simsub* (github.com/vyzo/gerbil-simsub), the simulator in which GossipSub was designed: each peer
 * connects to ten others at random, packets between two peers always take the same time, 10 to 150 ms; five seconds after the
 * start, 100 messages are published, one every half a second, each by five random peers at once. Ours is published by one
 * random peer, on our own overlay, when it has settled; its trees have had time to grow, as they would have in any network
 * that is not new.
 */
import type { Address } from "../../core/address.js";
import { type Random, sample, seededRandom } from "../../core/random.js";
import { VirtualNetwork } from "../network.js";
import type { LatencyDraw } from "../paths.js";
import type { Progress, Values } from "./broadcast.js";
import { type Experiment, rowsOf, runsOf, sizesOf, valuesOf } from "./experiment.js";
import { GossipsubCore, type GossipsubMessage } from "./gossipsub-core.js";
import type { Panel } from "./picture.js";
import { type ExperimentRow, quantile, type Target } from "./rows.js";
import { leastNetwork } from "./sizes.js";
import { addressOf, ExperimentWorld, type Spread } from "./world.js";

const publishedPeers = 1_000;
const source =
  "Vyzovitis, gerbil-simsub, README: 1,000 peers, 100 messages, one every 0.5 s: 621,559 payloads, 198,372 ihave, 1,146 iwant";

/** Counted there, for each message and peer; of payloads, those beyond the one that is needed. */
const published: Readonly<Record<string, number>> = {
  "rmr-gossipsub": 621_559 / 100_000 - 1,
  "ihave-per-message-gossipsub": 198_372 / 100_000,
  "iwant-per-message-gossipsub": 1_146 / 100_000,
};
/**
 * How near the model must come. What is asked for depends on heartbeats that fall into the tenth of a second in which a
 * message is still under way, and there on how busy their machine was: it is only shown.
 */
const within: Readonly<Record<string, number>> = { "rmr-gossipsub": 0.05, "ihave-per-message-gossipsub": 0.1 };

const connections = 10;
const latencyMinMs = 10;
const latencyMaxMs = 150;
const connectMs = 5_000;
const messages = 100;
const pauseMs = 500;
const lingerMs = 10_000;
const entrances = 5;
/** Ours: from the last join to the first message, and messages until the trees have grown. */
const settleMs = 120_000;
const warmUpMessages = 300;
const warmUpPauseMs = 200;

/** Packets between two addresses always take the same time, both ways. */
export function steadyLatency(randomSeed: number): LatencyDraw {
  const spread = latencyMaxMs - latencyMinMs + 1;
  const known = new Map<Address, Map<Address, number>>();
  return (_random, from, to) => {
    const [low, high] = from < to ? [from, to] : [to, from];
    let ways = known.get(low);
    if (ways === undefined) {
      ways = new Map();
      known.set(low, ways);
    }
    let latencyMs = ways.get(high);
    if (latencyMs === undefined) {
      latencyMs = latencyMinMs + seededRandom(hashOf(`${low} ${high}`, randomSeed)).below(spread);
      ways.set(high, latencyMs);
    }
    return latencyMs;
  };
}

/** FNV-1a: which of the latencies two addresses get must not depend on the order in which they first speak. */
function hashOf(text: string, randomSeed: number): number {
  let hash = 0x811c_9dc5 ^ randomSeed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  return hash;
}

/** GossipSub's mesh. */
export function gossipsubRun(randomSeed: number, peers: number, progress: Progress): Values {
  progress("GossipSub");
  const random = seededRandom(randomSeed ^ 0x6055);
  const network = new VirtualNetwork<GossipsubMessage>({ randomSeed });
  network.setLatencyDraw(steadyLatency(randomSeed));
  const addresses = Array.from({ length: peers }, (_, index) => addressOf(index));
  const known = connected(peers, random);
  const counts = { publish: 0, ihave: 0, iwant: 0, graft: 0, prune: 0 };
  const publishedAt = new Map<number, number>();
  const lastMs = new Map<number, number>();
  let delivered = 0;
  const processes = addresses.map((address, self) =>
    network.start(
      address,
      (_effects, own) =>
        new GossipsubCore(self, known[self]!, own, {
          post: (to, message) => {
            counts[message.type]++;
            network.post(address, addresses[to]!, message);
          },
          delivered: (id) => {
            delivered++;
            lastMs.set(id, network.now - publishedAt.get(id)!);
          },
        }),
    ),
  );
  for (const process of processes) process.call((core, now) => core.start(now));
  network.run(connectMs);
  for (let id = 0; id < messages; id++) {
    publishedAt.set(id, network.now);
    for (const process of sample(random, processes, entrances)) process.call((core) => core.publish(id));
    network.run(pauseMs);
  }
  network.run(lingerMs);
  // As there, what the publishers are handed counts as well.
  const payloads = counts.publish + messages * entrances;
  const perMessage = messages * peers;
  return {
    "rmr-gossipsub": payloads / perMessage - 1,
    "ihave-per-message-gossipsub": counts.ihave / perMessage,
    "iwant-per-message-gossipsub": counts.iwant / perMessage,
    "frames-per-message-gossipsub": (payloads + counts.ihave + counts.iwant + counts.graft + counts.prune) / perMessage,
    "last-delivery-ms-gossipsub": quantile([...lastMs.values()], 0.5),
    "reached-gossipsub": delivered / perMessage,
    "mesh-degree-gossipsub": processes.reduce((sum, { core }) => sum + core.degree, 0) / peers,
  };
}

/** Ours, on the same paths. */
export function hearsayRun(randomSeed: number, peers: number, progress: Progress): Values {
  progress("Hearsay, growing");
  const tuning = { links: { probeIntervalMs: 10_000 }, directory: { directory: "neighbors" } } as const;
  const world = new ExperimentWorld(randomSeed, tuning);
  world.network.setLatencyDraw(steadyLatency(randomSeed));
  world.grow(peers, { settleMs });
  progress("Hearsay, trees grow");
  talk(world, warmUpMessages, warmUpPauseMs);
  progress("Hearsay, messages");
  world.resetSent();
  const before = world.copies();
  const spreads = talk(world, messages, pauseMs);
  const after = world.copies();
  const { gossip, repair, ihave, graft, prune } = world.sent;
  const perMessage = messages * peers;
  return {
    "rmr-hearsay": (after.duplicates - before.duplicates) / (after.delivered - before.delivered),
    "ihave-per-message-hearsay": ihave / perMessage,
    "iwant-per-message-hearsay": graft / perMessage,
    "frames-per-message-hearsay": (gossip + repair + ihave + graft + prune) / perMessage,
    "last-delivery-ms-hearsay": quantile(
      spreads.map(({ lastMs }) => lastMs),
      0.5,
    ),
    "reached-hearsay": spreads.reduce((sum, { reached }) => sum + reached, 0) / perMessage,
  };
}

function talk(world: ExperimentWorld, count: number, everyMs: number): Spread[] {
  const spreads: Spread[] = [];
  for (let i = 0; i < count; i++) {
    spreads.push(world.publish(world.any()));
    world.network.run(everyMs);
  }
  world.network.run(lingerMs);
  world.forgetSpreads();
  return spreads;
}

/** Whom each peer has a connection to: it dials ten, and is dialed by as many on average. */
function connected(peers: number, random: Random): number[][] {
  const known = Array.from({ length: peers }, () => new Set<number>());
  const all = [...known.keys()];
  for (const self of all) {
    const others = all.filter((one) => one !== self);
    for (const other of sample(random, others, connections)) {
      known[self]!.add(other);
      known[other]!.add(self);
    }
  }
  return known.map((set) => [...set]);
}

/** What a figure is held against: the model against what was counted there, ours against our goal for random senders. */
export function gossipsubTarget(figure: string, peers: number): Target {
  if (figure === "rmr-hearsay") return { goal: 0.02 };
  if (figure === "reached-hearsay") return { goal: 1, isShare: true };
  const value = published[figure];
  if (value === undefined) return { goal: null };
  const tolerance = within[figure];
  if (tolerance === undefined || peers !== publishedPeers) return { published: value, source, goal: null };
  return { published: value, source, goal: value, within: tolerance };
}

/** `hearsay sim experiment gossipsub`. */
export const gossipsubExperiment: Experiment = {
  name: "gossipsub",
  summary: "GossipSub's own simulation of its mesh, run again, and our trees in its place",
  source,
  peers: [publishedPeers],
  runs: 3,
  kinds: ["gossipsub", "hearsay"],
  ownSize: () => undefined,
  leastPeers: (kind) => (kind === "gossipsub" ? entrances : leastNetwork),
  *measure(options, progress) {
    for (const peers of options.peers ?? this.peers) {
      for (const kind of options.kinds) {
        const run = kind === "gossipsub" ? gossipsubRun : hearsayRun;
        const values = valuesOf(`${peers} peers`, options, progress, (number, told) => run(number, peers, told));
        yield* rowsOf("gossipsub", peers, values, (figure) => gossipsubTarget(figure, peers));
      }
    }
  },
  picture: (rows) => ({
    title: "GossipSub's mesh and Hearsay's trees",
    subtitle: `${sizesOf(rows)}, ${runsOf(rows)}; latencies of 10 to 150 ms; random senders`,
    source: "Vyzovitis, gerbil-simsub, README, 1,000 peers (payloads and announcements counted there)",
    panels: [
      panelOf(rows, "rmr", "Redundancy", "payloads beyond the first, per peer"),
      panelOf(rows, "frames-per-message", "All frames", "frames per message and peer"),
      panelOf(rows, "last-delivery-ms", "Last delivery", "milliseconds, median"),
    ],
  }),
};

function panelOf(rows: readonly ExperimentRow[], name: string, title: string, label: string): Panel {
  const largest = Math.max(...rows.map(({ peers }) => peers));
  const one = (ending: string, shown: string, value: (row: ExperimentRow) => number | null) => {
    const row = rows.find(({ figure, peers }) => figure === `${name}-${ending}` && peers === largest);
    const found = row === undefined ? null : value(row);
    return found === null ? [] : [[shown, found] as const];
  };
  return {
    title,
    x: { label: "", kind: "names" },
    y: { label, kind: "linear" },
    series: [
      {
        label: "published",
        whose: "published",
        mark: "bar",
        points: one("gossipsub", "GossipSub", (row) => row.published),
      },
      {
        label: "GossipSub, run again",
        whose: "theirs",
        mark: "bar",
        points: one("gossipsub", "GossipSub", (row) => row.median),
      },
      { label: "Hearsay", whose: "ours", mark: "bar", points: one("hearsay", "Hearsay", (row) => row.median) },
    ],
  };
}
