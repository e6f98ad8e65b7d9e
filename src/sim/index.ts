/**
 * `hearsay/sim`: scenarios for the simulator. The real cores run on a virtual network, in virtual time, with the faults one asks
 * for; what is promised is checked all the time. `import "hearsay"` does not load it.
 */

export type { PeerTuning } from "../core/peer-config.js";
export type { NetworkCounters, Travel } from "./network.js";
export { worldRegions } from "./scenario/latency.js";
export type { PromiseName, Violation } from "./scenario/promises.js";
export { type Coverage, type RunOptions, runScenario, type ScenarioReport } from "./scenario/run.js";
export {
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
  jump,
  type LatencyModel,
  latency,
  leave,
  loss,
  type Misdeed,
  type NetworkModel,
  partition,
  publish,
  redial,
  reset,
  restart,
  type Scenario,
  type ScenarioParts,
  type Step,
  scenario,
  scenarioDefaults,
  share,
  slow,
  suspend,
  tag,
  these,
  type Who,
  type Workload,
} from "./scenario/scenario.js";
export { type ShrinkOptions, shrinkScenario } from "./scenario/shrink.js";
export { type SwarmLimits, swarmScenario } from "./scenario/swarm.js";
export type { TraceLine, TraceWriter } from "./scenario/trace-lines.js";
