// One network in the simulator, in a process of its own: the built code, as it is shipped. Prints what it cost as JSON.
import { ExperimentWorld } from "../../dist/sim/experiments/world.js";

const [peers, seconds, directory] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
/** Networks that are too large for directories of everybody: one message, and then they live. They need not be still before. */
const isHuge = directory === "neighbors";
const before = used();
const world = new ExperimentWorld(1, { directory: { directory } }, { seeds: 3 });
// So that a second of joining is the same share of all networks. Half a minute after the last change they are still.
world.grow(peers, { joinsPerSecond: Math.max(200, peers / 10), settleMs: isHuge ? 10_000 : 40_000, progress: say });
const grown = used();
if (!isHuge) live(Math.min(seconds, 5));
const spread = world.publish(world.any());
const from = { ...world.network.counters, cpuMs: cpuMs(), atMs: performance.now() };
live(seconds);
const to = { ...world.network.counters, cpuMs: cpuMs(), atMs: performance.now() };
process.stdout.write(
  `${JSON.stringify({
    seconds,
    wallMs: to.atMs - from.atMs,
    cpuMs: to.cpuMs - from.cpuMs,
    events: to.events - from.events,
    bytesPerPeer: (grown - before) / peers,
    rssBytes: process.resourceUsage().maxRSS * 1024,
    reached: spread.reached / peers,
    allMs: performance.now(),
    hash: world.network.traceHash.toString(16).padStart(8, "0"),
  })}\n`,
);

/** A message a second, from anybody; none in a huge network. */
function live(seconds) {
  for (let second = 0; second < seconds; second++) {
    if (!isHuge) world.publish(world.any());
    world.network.run(1_000);
    say(`second ${second + 1} of ${seconds}`);
  }
}

function say(what) {
  process.stderr.write(`${what}\n`);
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function used() {
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
