// Breaks a network on purpose, and sees that what is promised holds: the same number makes the same run.
import { at, clog, count, crash, heal, partition, restart, runScenario, scenario, share, suspend } from "hearsay/sim";

const storm = scenario({
  name: "storm",
  randomSeed: 42,
  peers: 30,
  forMs: 60_000,
  network: { latency: { kind: "log-normal", medianMs: 20, sigma: 0.5 }, lossRate: 0.01 },
  workload: { everyMs: 200 },
  steps: [
    at(10_000, partition(share(0.5))),
    at(25_000, heal()),
    at(30_000, crash(count(5))),
    at(35_000, suspend(count(2), 10_000)),
    at(40_000, restart(3)),
    at(45_000, clog(count(3), 4_000)),
  ],
});

const report = runScenario(storm);
console.log(`${report.coverage.length} messages, ${report.delivered} deliveries, ${report.peers} peers at the end`);
for (const { promise, message } of report.violations) console.log(`broken: ${promise}: ${message}`);
if (report.violations.length === 0) console.log("all promises kept");
console.log(`the same again: ${runScenario(storm).hash === report.hash}`);
