/** All experiments, by name: what `hearsay sim experiment` and `npm run figures` can measure. */
import { broadcastExperiment, livenessExperiment, reconcileExperiment } from "./claims.js";
import { demersExperiment } from "./demers.js";
import type { Experiment } from "./experiment.js";
import { gossipsubExperiment } from "./gossipsub.js";
import { hyparviewExperiment } from "./hyparview.js";
import { lifeguardExperiment } from "./lifeguard.js";
import { maelstromExperiment } from "./maelstrom.js";
import { plumtreeExperiment } from "./plumtree.js";

/** Those that reproduce what others have published come first. */
export const experiments: readonly Experiment[] = [
  demersExperiment,
  hyparviewExperiment,
  plumtreeExperiment,
  lifeguardExperiment,
  gossipsubExperiment,
  maelstromExperiment,
  broadcastExperiment,
  livenessExperiment,
  reconcileExperiment,
];

/** The experiment of this name, if there is one. */
export function experimentNamed(name: string): Experiment | undefined {
  return experiments.find((one) => one.name === name);
}
