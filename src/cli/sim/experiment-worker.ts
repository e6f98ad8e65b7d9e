/** Runs one experiment in a thread of its own, and tells the main thread of each row: so that Ctrl-C has its turn there. */
import { workerData as given, parentPort } from "node:worker_threads";
import type { ExperimentOptions } from "../../sim/experiments/experiment.js";
import { experimentNamed } from "../../sim/experiments/registry.js";
import type { ExperimentRow } from "../../sim/experiments/rows.js";

/** What the thread is given. */
export interface ExperimentTask {
  readonly name: string;
  readonly options: ExperimentOptions;
}

/** What the thread tells. */
export type ExperimentNews = { readonly row: ExperimentRow } | { readonly progress: string };

const { name, options } = given as ExperimentTask;
const tell = (news: ExperimentNews) => parentPort!.postMessage(news);
for (const row of experimentNamed(name)!.measure(options, (progress) => tell({ progress }))) tell({ row });
