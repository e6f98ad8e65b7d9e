/**
 * How soon all know who is dead, left or new; how often somebody is taken for dead who is not; what it costs.
 *
 * Every run builds its network anew from one number. Latencies are 10 to 50 ms, drawn for each packet; all tunables are the
 * defaults. Nobody publishes anything: traffic of applications would only make for quicker signs of life.
 */
import type { ClassicMessage } from "../../core/classic/message.js";
import type { PeerId } from "../../core/identity.js";
import type { Message } from "../../core/message.js";
import { messageBytes } from "../message-bytes.js";
import type { Progress, Values } from "./broadcast.js";
import { Opinions } from "./opinions.js";
import type { Goal } from "./rows.js";
import { ExperimentWorld, type WorldOptions, type WorldPeer } from "./world.js";

/** What the figures are held against. */
export function livenessGoalOf(figure: string): Goal {
  switch (figure) {
    case "killed-known-everywhere-ms":
      return { goal: 1_000, goalOfWorst: 2_000 };
    case "frozen-known-everywhere-ms":
      return { goal: 4_000, goalOfWorst: 6_000 };
    case "false-deaths-at-10%-loss":
      return { goal: 0, goalOfWorst: 0 };
    case "false-deaths-of-swim":
      return { goal: 0.01 };
    case "healthy-deaths-incoming-loss":
    case "healthy-deaths-on-off":
      return { goal: 0, goalOfWorst: 0 };
    case "removed-everywhere-incoming-loss":
    case "removed-everywhere-on-off":
      return { goal: 1, isShare: true, goalOfWorst: 1 };
    case "returns-incoming-loss":
    case "returns-on-off":
      return { goal: 1, goalOfWorst: 1 };
    case "idle-bytes-per-second":
      return { goal: 2_048, goalOfWorst: 2_048 };
    case "idle-directories-complete":
      return { goal: 1, isShare: true, goalOfWorst: 1 };
    case "joins-complete-ms":
      return { goal: 5_000 };
    case "leave-known-everywhere-ms":
      return { goal: 1_000 };
    default:
      return { goal: null };
  }
}

/** Never reached: whoever has not noticed by then never will. */
const limitMs = 60_000;

/** A world, and what its peers think of each other. */
class LivenessWorld extends ExperimentWorld {
  readonly opinions: Opinions;

  constructor(randomSeed: number, options: Omit<WorldOptions, "told"> = {}) {
    const opinions = new Opinions();
    super(randomSeed, {}, { ...options, told: (index, event, now) => opinions.told(index, event, now) });
    this.opinions = opinions;
  }

  /** All join in the same moment, through seeds. @returns after how long every directory is complete */
  joinAtOnce(count: number): number {
    const begin = this.network.now;
    for (let i = 0; i < count; i++) this.join();
    return this.until(begin, () => this.peers.every(({ index }) => this.opinions.knownTo(index) === count - 1));
  }

  /** Lets time pass until a condition holds. @returns how long that took since `begin`; Infinity when too long */
  until(begin: number, condition: () => boolean): number {
    return this.network.runUntil(condition, limitMs) ? this.network.now - begin : Number.POSITIVE_INFINITY;
  }

  /** Takes one out of those that are waited for. */
  remove(peer: WorldPeer): void {
    this.peers.splice(this.peers.indexOf(peer), 1);
  }

  /** How long until all know that somebody is gone. */
  goneEverywhere(id: PeerId): number {
    return this.until(this.network.now, () => this.peers.every(({ index }) => this.opinions.isGone(index, id)));
  }
}

function idOf({ process }: WorldPeer): PeerId {
  return process.core.self.contact.id;
}

/** One of the peers is killed, or stops; until every survivor says that it is dead. */
export function deathRun(randomSeed: number, peers: number, progress: Progress): Values {
  const values: Record<string, number> = {};
  for (const how of ["killed", "frozen"] as const) {
    progress(how);
    const world = new LivenessWorld(randomSeed);
    world.grow(peers, { settleMs: 30_000 + world.random.below(5_000) });
    const victim = world.any();
    world.remove(victim);
    if (how === "killed") victim.process.crash();
    else victim.process.freeze();
    values[`${how}-known-everywhere-ms`] = world.goneEverywhere(idOf(victim));
    const others = world.opinions.verdicts.filter(({ subject }) => subject !== idOf(victim));
    values[`false-deaths-while-${how}`] = others.length;
  }
  return values;
}

/** An hour in which every tenth transmission is lost. */
export function lossRun(randomSeed: number, peers: number, progress: Progress): Values {
  const world = new LivenessWorld(randomSeed, { lossRate: 0.1 });
  world.grow(peers);
  for (let minute = 0; minute < 60; minute++) {
    if (minute % 20 === 0) progress(`minute ${minute}`);
    world.network.run(60_000);
  }
  return { "false-deaths-at-10%-loss": world.opinions.verdicts.length };
}

/** Where peers go that join all at once. */
const seedsOfJoins = 3;
const calmMs = 60_000;
const loadMs = 20_000;

/** What peers say to each other while nothing happens. They come one after the other, so that the network may be large. */
export function idleRun(randomSeed: number, peers: number, progress: Progress): Values {
  let bytes = 0;
  let frames = 0;
  let isCounting = false;
  const sent = (message: Message | ClassicMessage) => {
    if (!isCounting) return;
    bytes += messageBytes(message);
    frames++;
  };
  const world = new ExperimentWorld(randomSeed, {}, { seeds: seedsOfJoins, sent });
  world.grow(peers, { joinsPerSecond: Math.max(200, peers / 10), settleMs: calmMs, progress });
  const knowAll = world.peers.filter(({ process }) => process.core.present === peers).length;
  isCounting = true;
  for (let second = 0; second * 1_000 < loadMs; second++) {
    progress(`idle, ${second} s`);
    world.network.run(1_000);
  }
  const perPeerSecond = peers * (loadMs / 1_000);
  return {
    "idle-bytes-per-second": bytes / perPeerSecond,
    "idle-frames-per-second": frames / perPeerSecond,
    "idle-directories-complete": knowAll / peers,
  };
}

/** Many join at once; then nothing happens for a while; then one leaves. */
export function largeRun(randomSeed: number, peers: number, progress: Progress): Values {
  const world = new LivenessWorld(randomSeed, { seeds: seedsOfJoins });
  progress("all join");
  const joinsMs = world.joinAtOnce(peers);
  progress("calm");
  world.network.run(calmMs);
  progress("one leaves");
  const leaver = world.any();
  world.remove(leaver);
  leaver.process.call((core, now) => core.leave(now));
  const leaveMs = world.goneEverywhere(idOf(leaver));
  return {
    "joins-complete-ms": joinsMs,
    "leave-known-everywhere-ms": leaveMs,
    "false-deaths-large": world.opinions.verdicts.filter(({ status }) => status === "dead").length,
  };
}

const faultyShare = 0.01;
const onOffMs = 20_000;
const faultsMs = 180_000;

/**
 * Rapid's asymmetric faults (Suresh et al., *Stable and consistent membership at scale with Rapid*, ATC 2018): one per cent of
 * the peers lose most of what is sent to them, or, every other 20 seconds, all of it. What they say gets through.
 */
export function asymmetricRun(
  randomSeed: number,
  peers: number,
  kind: "incoming-loss" | "on-off",
  progress: Progress,
): Values {
  const world = new LivenessWorld(randomSeed, { seeds: seedsOfJoins });
  progress("growing");
  world.joinAtOnce(peers);
  world.network.run(calmMs);
  world.opinions.forget();
  const faulty = new Set<WorldPeer>();
  const count = Math.max(1, Math.round(peers * faultyShare));
  while (faulty.size < count) faulty.add(world.any());
  for (const peer of faulty) world.remove(peer);
  const ids = [...faulty].map(idOf);
  const lose = (rate: number) => {
    for (const { process } of faulty) world.network.setIncomingLoss(process.address, rate);
  };
  const begin = world.network.now;
  const isRemoved = () => ids.every((id) => world.peers.every(({ index }) => world.opinions.isGone(index, id)));
  let removedMs = Number.POSITIVE_INFINITY;
  for (let second = 0; second * 1_000 < faultsMs; second++) {
    if (second % 30 === 0) progress(`${kind}, ${second} s`);
    if (kind === "incoming-loss" && second === 0) lose(0.8);
    if (kind === "on-off" && (second * 1_000) % onOffMs === 0) lose((second * 1_000) % (2 * onOffMs) === 0 ? 1 : 0);
    world.network.run(1_000);
    if (removedMs === Number.POSITIVE_INFINITY && isRemoved()) removedMs = world.network.now - begin;
  }
  const healthy = new Set(world.peers.map(({ index }) => index));
  const { verdicts } = world.opinions;
  const returns = new Map<string, number>();
  for (const { observer, subject, status } of verdicts) {
    const key = `${observer} ${subject}`;
    if (status === "back" && healthy.has(observer)) returns.set(key, (returns.get(key) ?? 0) + 1);
  }
  let removed = 0;
  for (const { index } of world.peers) for (const id of ids) if (world.opinions.isGone(index, id)) removed++;
  const isFaulty = new Set(ids);
  return {
    [`healthy-deaths-${kind}`]: verdicts.filter(
      ({ observer, subject, status }) => status === "dead" && healthy.has(observer) && !isFaulty.has(subject),
    ).length,
    [`removed-everywhere-${kind}`]: removed / (ids.length * world.peers.length),
    [`removed-everywhere-ms-${kind}`]: removedMs,
    [`returns-${kind}`]: Math.max(0, ...returns.values()),
  };
}
