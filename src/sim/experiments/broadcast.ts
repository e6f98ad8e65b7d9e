/**
 * How complete the broadcast is, and what it costs: in steady state, under churn, and after mass failure.
 *
 * Every run builds its network anew from one number, and lets it be for two minutes: by then young peers have mixed.
 * Latencies are 10 to 50 ms, drawn for each packet; a message is published every 200 ms. All tunables are the defaults,
 * but that silent links are probed every 10 s instead of every second, and that peers of more than 2,000 know their
 * neighbors only: neither has a part in these figures, and both would be most of the simulator's work.
 */
import type { PeerTuning } from "../../core/peer-config.js";
import { type Goal, quantile } from "./rows.js";
import { leastWithSurvivors } from "./sizes.js";
import { ExperimentWorld, type Spread } from "./world.js";

/** One run's values, by figure. */
export type Values = Readonly<Record<string, number>>;

/** How far an experiment has come: a line for whoever waits. */
export type Progress = (what: string) => void;

/** What the figures are held against, by figure and number of peers. */
export function goalOf(figure: string, peers: number): Goal {
  const isLarge = peers > 1_000;
  switch (figure) {
    case "rmr-random-sender":
      return { goal: 0.02 };
    case "last-hop-steady-sender":
      return { goal: isLarge ? 9 : 7 };
    case "last-hop-random-sender":
      return { goal: isLarge ? 11 : 9 };
    case "ihave-frames-per-message":
      return { goal: 0.3 };
    case "rmr-churn":
      return { goal: 0.15 };
    case "first-message-after-50%-crash":
      return { goal: 1, isShare: true };
    case "first-message-after-80%-crash":
      return { goal: 0.99, isShare: true };
    case "two-repairs-after-90%-crash":
      return { goal: 0.999, isShare: true };
    case "two-repairs-after-95%-crash":
      return { goal: 0.95, isShare: true };
    case "all-retained-at-all-survivors":
      return { goal: 1, isShare: true };
    case "reached-steady":
    case "reached-churn":
      return { goal: 1, isShare: true };
    default:
      return { goal: null };
  }
}

const pauseMs = 200;
/** The same while peers come and go: two minutes of it, and memory for each sender at each peer. */
const churnPauseMs = 1_000;
/** From the last join to the first message. */
const settleMs = 120_000;

/** What has no part in these figures, and would be most of the work: frequent probes, and a directory of very many. */
function tuningFor(peers: number): PeerTuning {
  const quietProbes: PeerTuning = { links: { probeIntervalMs: 10_000 } };
  return peers <= fullDirectoryMax ? quietProbes : { ...quietProbes, directory: { directory: "neighbors" } };
}

/** Larger networks are measured with directories of neighbors: with 10,000 peers, 100 million entries would be kept. */
const fullDirectoryMax = 2_000;

/**
 * Steady state, a steady sender first and then a random one for each message; then with churn.
 *
 * @param looked - what else there is to see of the network when it has settled, before anybody speaks
 */
export function steadyRun(
  randomSeed: number,
  peers: number,
  progress: Progress,
  looked?: (world: ExperimentWorld) => Values,
): Values {
  const world = new ExperimentWorld(randomSeed, tuningFor(peers));
  progress("growing");
  world.grow(peers, { settleMs });
  const seen = looked?.(world);
  const sender = world.any();
  progress("one sender");
  talk(world, 20, () => sender);
  const begin = world.copies();
  const steady = talk(world, 50, () => sender);
  const end = world.copies();
  progress("random senders, warming up");
  // Trees grow while there are new senders.
  talk(world, 300, () => world.any());
  progress("random senders");
  world.resetSent();
  const before = world.copies();
  const messages = 100;
  const random = talk(world, messages, () => world.any());
  const after = world.copies();
  const { ihave, entries, graft, prune } = world.sent;
  const perMessage = messages * peers;
  progress(`churn; there were ${(ihave / perMessage).toPrecision(3)} ihave frames for each message at each peer`);
  const churn = churnRun(world, peers);
  return {
    ...seen,
    "rmr-steady-sender": (end.duplicates - begin.duplicates) / (end.delivered - begin.delivered),
    "rmr-random-sender": (after.duplicates - before.duplicates) / (after.delivered - before.delivered),
    "last-hop-steady-sender": quantile(
      steady.map(({ lastHop }) => lastHop),
      0.5,
    ),
    "last-hop-random-sender": quantile(
      random.map(({ lastHop }) => lastHop),
      0.5,
    ),
    "ihave-frames-per-message": ihave / perMessage,
    "ihave-entries-per-message": entries / perMessage,
    "graft-frames-per-message": graft / perMessage,
    "prune-frames-per-message": prune / perMessage,
    "reached-steady": Math.min(...random.map(({ reached }) => reached / peers)),
    ...churn,
  };
}

const churnMinutes = 2;
/** Of a minute. */
const leastReplacements = 1;

/** One per cent of the peers leaves without a goodbye each minute, and as many come; two minutes of it. */
function churnRun(world: ExperimentWorld, peers: number): Values {
  const replacements = Math.max(leastReplacements, Math.round(peers / 100)) * churnMinutes;
  const messages = (churnMinutes * 60_000) / churnPauseMs;
  const before = world.copies();
  const spreads: Spread[] = [];
  const old = new Set(world.peers);
  world.notesReceivers = true;
  let replaced = 0;
  for (let i = 0; i < messages; i++) {
    while (replaced < (replacements * (i + 1)) / messages) {
      const gone = world.any();
      old.delete(gone);
      world.kill(gone);
      world.join();
      replaced++;
    }
    spreads.push(world.publish(world.any()));
    world.network.run(churnPauseMs);
  }
  world.network.run(15_000);
  const after = world.copies();
  // Those that were there all the time must have heard all of it.
  const complete = [...old].filter(({ had }) => spreads.every((spread) => had.has(spread)));
  world.forgetSpreads();
  return {
    "rmr-churn": (after.duplicates - before.duplicates) / (after.delivered - before.delivered),
    "reached-churn": complete.length / old.size,
  };
}

/** Seeds live through a crash of peers. Without any, some survivors of 95 % would have no way back to the others. */
const seedsOfCrashes = 3;

/** The least network for `steady`, which ends with churn, or for a crash of so many per cent. */
export function leastToTalk(kind: string): number {
  return kind === "steady" ? leastReplacements * churnMinutes + 1 : leastWithSurvivors(Number.parseInt(kind, 10) / 100);
}

/** A share of all peers crashes in one moment. */
export function crashRun(randomSeed: number, peers: number, share: number, progress: Progress): Values {
  const world = new ExperimentWorld(randomSeed, tuningFor(peers), { seeds: seedsOfCrashes });
  progress("growing");
  world.grow(peers, { settleMs });
  talk(world, 30, () => world.any());
  progress("crash");
  world.killShare(share);
  const percent = Math.round(share * 100);
  const survivors = world.peers.length;
  const values: Record<string, number> = {};
  if (share < 0.9) {
    const first = world.publish(world.any());
    world.network.run(15_000);
    values[`first-message-after-${percent}%-crash`] = first.reached / survivors;
  } else {
    world.network.run(2 * shuffleIntervalMs);
    const message = world.publish(world.any());
    world.network.run(10_000);
    values[`two-repairs-after-${percent}%-crash`] = message.reached / survivors;
  }
  progress("repair");
  talk(world, 10, () => world.any());
  world.network.run(60_000);
  values["all-retained-at-all-survivors"] = retainedEverywhere(world);
  return values;
}

const shuffleIntervalMs = 10_000;

/** The share of peers that keep every message that any of them keeps. */
export function retainedEverywhere(world: ExperimentWorld): number {
  const all = new Set<string>();
  const kept = world.peers.map(({ process }) =>
    process.core.retained(undefined, "any").map(({ origin, epoch, seq }) => `${origin}/${epoch}/${seq}`),
  );
  for (const one of kept) for (const key of one) all.add(key);
  return kept.filter((one) => one.length === all.size).length / kept.length;
}

function talk(world: ExperimentWorld, messages: number, sender: () => ExperimentWorld["peers"][number]): Spread[] {
  const spreads: Spread[] = [];
  for (let i = 0; i < messages; i++) {
    spreads.push(world.publish(sender()));
    world.network.run(pauseMs);
  }
  world.network.run(3_000);
  world.forgetSpreads();
  return spreads;
}
