/** Whether a network fits into memory: told before it grows, not when it breaks off an hour later. */
import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Scenario } from "../../sim/scenario/scenario.js";
import { usageFailure } from "../failure.js";

/** What a virtual peer needs that knows its neighbors, in bytes: measured between 1,000 and 100,000 peers, and rounded up. */
const peerBytes = 60_000;
/** … and for each other one in its directory: 100 at 10,000 peers that have just joined. */
const entryBytes = 100;

/** So much more than that is to be allowed: collecting garbage takes room. */
const reserve = 1.2;

const gigabyte = 1e9;

type Sized = Pick<Scenario, "peers" | "steps" | "config">;

/** Throws a failure of wrong usage when a scenario needs more memory than Node.js allows itself, or than there is. */
export function checkMemory(
  chosen: Sized,
  limits = { node: getHeapStatistics().heap_size_limit, machine: totalmem() },
): void {
  const peers = peersOf(chosen);
  const isFull = chosen.config.directory?.directory !== "neighbors";
  const bytes = peers * (peerBytes + (isFull ? peers * entryBytes : 0));
  if (bytes <= limits.node) return;
  const what = `${peers.toLocaleString("en")} peers need some ${Math.ceil(bytes / gigabyte).toLocaleString("en")} GB of memory`;
  if (bytes > limits.machine) {
    const help = isFull
      ? "take fewer, or directories of neighbors (--directory neighbors, or config.directory.directory)"
      : "take fewer";
    throw usageFailure(`${what}, and this machine has ${Math.floor(limits.machine / gigabyte)}: ${help}`);
  }
  const flag = `--max-old-space-size=${Math.ceil((bytes * reserve) / 2 ** 30) * 1_024}`;
  throw usageFailure(`${what}, more than Node.js takes by itself: set NODE_OPTIONS=${flag}`);
}

/** Those that join later among them. */
function peersOf({ peers, steps }: Sized): number {
  return steps.reduce((count, step) => (step.do === "join" ? count + step.count : count), peers);
}
