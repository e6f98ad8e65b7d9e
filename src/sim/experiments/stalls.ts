/**
 * Lifeguard's experiment (Dadgar, Phillips, Currey, *Lifeguard: local health awareness for more accurate failure detection*,
 * DSN-W 2018): of 128 peers some stall together, again and again, for D milliseconds, and run for I milliseconds between.
 * How often does a healthy peer take another healthy one for dead? The same is asked of plain SWIM, on the same schedule.
 */
import { joinAddress } from "../../core/address.js";
import { type Random, sample, seededRandom } from "../../core/random.js";
import { VirtualNetwork } from "../network.js";
import type { VirtualProcess } from "../process.js";
import type { Progress, Values } from "./broadcast.js";
import { Opinions } from "./opinions.js";
import { SwimCore, type SwimMessage } from "./swim.js";
import { ExperimentWorld } from "./world.js";

/** One cell of the grid. */
export interface Stall {
  /** How many stall. */
  readonly concurrent: number;
  readonly durationMs: number;
  readonly intervalMs: number;
}

const peers = 128;
/** As in the paper: cycles begin within two minutes. */
const stallsMs = 120_000;
/** Until what was said last is decided. */
const restMs = 30_000;

/** The paper's grid, or a part of it that stands for the whole. */
export function gridOf(isFull: boolean): Stall[] {
  const concurrents = isFull ? [1, 4, 8, 12, 16, 20, 24, 28, 32] : [4, 32];
  const durations = isFull ? [128, 512, 2_048, 8_192, 16_384, 32_768] : [128, 2_048, 32_768];
  const intervals = isFull ? [1, 4, 16, 64, 256, 1_024, 4_096, 16_384] : [1, 64, 16_384];
  return concurrents.flatMap((concurrent) =>
    durations.flatMap((durationMs) => intervals.map((intervalMs) => ({ concurrent, durationMs, intervalMs }))),
  );
}

/** All cells of the grid, ours and SWIM's. */
export function stallsRun(randomSeed: number, isFull: boolean, progress: Progress): Values {
  let ours = 0;
  let swim = 0;
  const cells = gridOf(isFull);
  for (const [index, cell] of cells.entries()) {
    const one = oursUnder(randomSeed + index, cell);
    const other = swimUnder(randomSeed + index, cell);
    ours += one;
    swim += other;
    const { concurrent, durationMs, intervalMs } = cell;
    progress(
      `stalls ${index + 1}/${cells.length}: ${concurrent} for ${durationMs} ms every ${intervalMs} ms: ${one}, SWIM ${other}`,
    );
  }
  return { "stalls-false-deaths-ours": ours, "stalls-false-deaths-swim": swim, "false-deaths-of-swim": ours / swim };
}

/** How often healthy peers took healthy ones for dead. */
export function oursUnder(randomSeed: number, stall: Stall): number {
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
  return opinions.verdicts.filter(
    ({ observer, subject, status }) => status === "dead" && !observers.has(observer) && !subjects.has(subject),
  ).length;
}

/** The same of SWIM. */
export function swimUnder(randomSeed: number, stall: Stall): number {
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
  let falseDeaths = 0;
  const processes = addresses.map((address, self) => {
    const post = (to: number, message: SwimMessage) => network.post(address, addresses[to]!, message);
    const died = (subject: number) => {
      if (!stalled.has(self) && !stalled.has(subject)) falseDeaths++;
    };
    const make = (_: unknown, own: Random) => new SwimCore(self, peers, own, post, died);
    return network.start(address, make);
  });
  for (const process of processes) process.call((core, now) => core.start(now));
  network.run(20_000);
  stallTogether(
    network,
    [...stalled].map((index) => processes[index]!),
    stall,
  );
  return falseDeaths;
}

function stallTogether(
  network: { run(forMs: number): void; readonly now: number },
  stalled: readonly Pick<VirtualProcess<unknown>, "freeze" | "thaw">[],
  { durationMs, intervalMs }: Stall,
): void {
  const end = network.now + stallsMs;
  while (network.now < end) {
    for (const process of stalled) process.freeze();
    network.run(durationMs);
    for (const process of stalled) process.thaw();
    network.run(intervalMs);
  }
  network.run(restMs);
}
