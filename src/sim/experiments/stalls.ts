/**
 * Lifeguard's experiment (Dadgar, Phillips, Currey, *Lifeguard: local health awareness for more accurate failure detection*,
 * DSN-W 2018): of 128 peers some stall together, again and again, for D milliseconds, and run for I milliseconds between.
 * How often is a healthy peer taken for dead? The same is asked of plain SWIM, on the same schedule.
 *
 * In the paper everything stalls that a process sends and receives, and nothing else of it: its timers fire, probes are not
 * answered, suspicions ripen, and what it says of all that goes out when the stall ends. That is `blocked`. A process of
 * Node stalls as a whole (`frozen`): its timers are late as well, and come first.
 */
import { joinAddress } from "../../core/address.js";
import { type Random, sample, seededRandom } from "../../core/random.js";
import { VirtualNetwork } from "../network.js";
import type { VirtualProcess } from "../process.js";
import type { Progress, Values } from "./broadcast.js";
import { Opinions } from "./opinions.js";
import { SwimCore, type SwimMessage } from "./swim.js";
import { ExperimentWorld } from "./world.js";

/** How a process stalls. */
export type StallKind = "blocked" | "frozen";

/** One cell of the grid. */
export interface Stall {
  readonly kind: StallKind;
  /** How many stall. */
  readonly concurrent: number;
  readonly durationMs: number;
  readonly intervalMs: number;
}

/** How often a healthy peer was taken for dead. */
export interface FalseDeaths {
  /** By anybody: the paper's FP. */
  readonly anywhere: number;
  /** By healthy peers: its FP−. */
  readonly healthy: number;
}

/** The paper's. */
const peersOfPaper = 128;
/** As in the paper: cycles begin within two minutes. */
const stallsMs = 120_000;
/** Until what was said last is decided. */
const restMs = 30_000;

/** The paper's grid, or a part of it that stands for the whole. */
export function gridOf(kind: StallKind, isFull: boolean): Stall[] {
  const concurrents = isFull ? [1, 4, 8, 12, 16, 20, 24, 28, 32] : [4, 32];
  const durations = isFull ? [128, 512, 2_048, 8_192, 16_384, 32_768] : [128, 2_048, 16_384, 32_768];
  const intervals = isFull ? [1, 4, 16, 64, 256, 1_024, 4_096, 16_384] : [1, 64, 16_384];
  return concurrents.flatMap((concurrent) =>
    durations.flatMap((durationMs) => intervals.map((intervalMs) => ({ kind, concurrent, durationMs, intervalMs }))),
  );
}

/** All cells of the grid, ours and SWIM's. */
export function stallsRun(randomSeed: number, kind: StallKind, isFull: boolean, progress: Progress): Values {
  const ours = new Total();
  const swim = new Total();
  const waiting = new Total();
  const cells = gridOf(kind, isFull);
  for (const [index, cell] of cells.entries()) {
    const one = oursUnder(randomSeed + index, cell);
    const other = swimUnder(randomSeed + index, cell, false);
    ours.add(one);
    swim.add(other);
    if (kind === "blocked") waiting.add(swimUnder(randomSeed + index, cell, true));
    const { concurrent, durationMs, intervalMs } = cell;
    progress(
      `${index + 1}/${cells.length}: ${concurrent} for ${durationMs} ms every ${intervalMs} ms: ${textOf(one)}; SWIM ${textOf(other)}`,
    );
  }
  return {
    [`stalls-${kind}-healthy`]: ours.healthy,
    [`stalls-${kind}-healthy-swim`]: swim.healthy,
    [`stalls-${kind}-anywhere`]: ours.anywhere,
    [`stalls-${kind}-anywhere-swim`]: swim.anywhere,
    ...(kind === "blocked" && {
      "false-deaths-of-swim": ours.healthy / swim.healthy,
      "stalls-blocked-healthy-swim-waiting": waiting.healthy,
      "stalls-blocked-anywhere-swim-waiting": waiting.anywhere,
    }),
  };
}

class Total implements FalseDeaths {
  anywhere = 0;
  healthy = 0;

  add({ anywhere, healthy }: FalseDeaths): void {
    this.anywhere += anywhere;
    this.healthy += healthy;
  }
}

function textOf({ anywhere, healthy }: FalseDeaths): string {
  return `${healthy} at the healthy, ${anywhere} in all`;
}

/** How often peers took healthy ones for dead. */
export function oursUnder(randomSeed: number, stall: Stall, peers = peersOfPaper): FalseDeaths {
  const opinions = new Opinions();
  const world = new ExperimentWorld(
    randomSeed,
    {},
    { told: (observer, event, at) => opinions.told(observer, event, at) },
  );
  world.grow(peers);
  opinions.forget();
  const stalled = sample(world.random, world.peers, stall.concurrent);
  stallTogether(
    world.network,
    stalled.map(({ process }) => process),
    stall,
  );
  const observers = new Set(stalled.map(({ index }) => index));
  const subjects = new Set(stalled.map(({ process }) => process.core.self.contact.id));
  const total = new Total();
  for (const { observer, subject, status } of opinions.verdicts) {
    if (status !== "dead" || subjects.has(subject)) continue;
    total.add({ anywhere: 1, healthy: observers.has(observer) ? 0 : 1 });
  }
  return total;
}

/**
 * The same of SWIM.
 *
 * @param waits - whether a loop that sends while all sends are blocked waits in that, as the threads of memberlist do; else
 *   the loops go on, and what they send waits
 */
export function swimUnder(randomSeed: number, stall: Stall, waits: boolean, peers = peersOfPaper): FalseDeaths {
  const random = seededRandom(randomSeed);
  const network = new VirtualNetwork<SwimMessage>({ randomSeed });
  const addresses = Array.from({ length: peers }, (_, index) => joinAddress(`10.0.0.${index}`, 6000)!);
  const stalled = new Set(
    sample(
      random,
      addresses.map((_, index) => index),
      stall.concurrent,
    ),
  );
  const total = new Total();
  const processes = addresses.map((address, self) => {
    const post = (to: number, message: SwimMessage) => network.post(address, addresses[to]!, message);
    const died = (subject: number) => {
      if (!stalled.has(subject)) total.add({ anywhere: 1, healthy: stalled.has(self) ? 0 : 1 });
    };
    const isBlocked = () => waits && network.isBlocked(address);
    const make = (_: unknown, own: Random) => new SwimCore(self, peers, own, post, died, isBlocked);
    return network.start(address, make);
  });
  for (const process of processes) process.call((core, now) => core.start(now));
  network.run(20_000);
  stallTogether(
    network,
    [...stalled].map((index) => processes[index]!),
    stall,
  );
  return total;
}

function stallTogether(
  network: { run(forMs: number): void; readonly now: number },
  stalled: readonly Pick<VirtualProcess<unknown>, "block" | "unblock" | "freeze" | "thaw">[],
  { kind, durationMs, intervalMs }: Stall,
): void {
  const end = network.now + stallsMs;
  while (network.now < end) {
    for (const process of stalled) kind === "blocked" ? process.block() : process.freeze();
    network.run(durationMs);
    for (const process of stalled) kind === "blocked" ? process.unblock() : process.thaw();
    network.run(intervalMs);
  }
  network.run(restMs);
}
