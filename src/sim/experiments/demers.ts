/**
 * Rumor mongering, as the first paper on epidemic algorithms measured it: A. Demers et al., *Epidemic algorithms for
 * replicated database maintenance*, PODC 1987, table 1 (push, feedback, counter; 1,000 sites).
 *
 * Time goes in cycles. In each one every site that has the rumor and is still interested tells it to one other site at
 * random. Who is told what it knows already is no use: after k such contacts in a row the teller loses interest. Contacts
 * of one cycle happen at once, so several that reach the same new site are all useful; and a useful contact makes the
 * teller as interested as in the beginning. (The paper leaves both open; with these the figures are its own.)
 *
 * It is not our protocol: there is a tree in ours, and repair, and so nobody is left out. It is here to be compared with.
 */
import { type Random, seededRandom } from "../../core/random.js";
import type { Values } from "./broadcast.js";
import { type Experiment, rowsOf, runsOf, sizesOf, valuesOf } from "./experiment.js";
import type { Panel } from "./picture.js";
import { type ExperimentRow, mean, type Target } from "./rows.js";
import { leastNetwork } from "./sizes.js";

/** How one rumor ended. */
export interface RumorOutcome {
  /** The share of the sites that never heard of it. */
  readonly residue: number;
  /** Messages for each site. */
  readonly traffic: number;
  /** Cycles from its start to the average hearing … */
  readonly averageDelay: number;
  /** … and to the last. */
  readonly lastDelay: number;
}

/** Table 1 of the paper, by k. */
export const demersTable: Readonly<Record<number, RumorOutcome>> = {
  1: { residue: 0.18, traffic: 1.7, averageDelay: 11, lastDelay: 16.8 },
  2: { residue: 0.037, traffic: 3.3, averageDelay: 12.1, lastDelay: 16.9 },
  3: { residue: 0.011, traffic: 4.5, averageDelay: 12.5, lastDelay: 17.4 },
  4: { residue: 0.0036, traffic: 5.6, averageDelay: 12.7, lastDelay: 17.5 },
  5: { residue: 0.0012, traffic: 6.7, averageDelay: 12.8, lastDelay: 17.7 },
};

/**
 * Lets one rumor spread until nobody is interested.
 *
 * @param sites - how many there are
 * @param k - useless contacts in a row after which a site loses interest
 */
export function spreadRumor(sites: number, k: number, random: Random): RumorOutcome {
  const heardAt = new Float64Array(sites).fill(Number.POSITIVE_INFINITY);
  const useless = new Uint8Array(sites);
  let interested = [0];
  heardAt[0] = 0;
  let contacts = 0;
  let lastDelay = 0;
  let delays = 0;
  let reached = 1;
  for (let cycle = 1; interested.length > 0; cycle++) {
    const news: number[] = [];
    const still: number[] = [];
    for (const teller of interested) {
      contacts++;
      const drawn = random.below(sites - 1);
      const other = drawn < teller ? drawn : drawn + 1;
      if (heardAt[other]! >= cycle) {
        if (heardAt[other] !== cycle) {
          heardAt[other] = cycle;
          news.push(other);
        }
        useless[teller] = 0;
      } else useless[teller]!++;
      if (useless[teller]! < k) still.push(teller);
    }
    if (news.length > 0) lastDelay = cycle;
    delays += cycle * news.length;
    reached += news.length;
    interested = still.concat(news);
  }
  return {
    residue: (sites - reached) / sites,
    traffic: contacts / sites,
    averageDelay: delays / Math.max(1, reached - 1),
    lastDelay,
  };
}

/** Rumors of one run, whose averages are its values: of 1,000 sites some miss one of five rumors at the most. */
const rumorsOfRun = 200;
const publishedSites = 1_000;
const source = `Demers et al., PODC 1987, table 1, ${publishedSites.toLocaleString("en")} sites`;
/**
 * How near our averages must come: the table has two digits. Not the average delay: a rumor that nearly doubles with each
 * cycle has reached half of 1,000 sites by the tenth, and 12.8 is not the average of runs whose other figures are these.
 */
const within = { residue: 0.15, traffic: 0.05, "average-delay": null, "last-delay": 0.05 } as const;

/** The averages of many rumors, for each k of the table. */
export function demersRun(randomSeed: number, sites: number, ks: readonly number[]): Values {
  const values: Record<string, number> = {};
  for (const k of ks) {
    const random = seededRandom(randomSeed * 8 + k);
    const outcomes = Array.from({ length: rumorsOfRun }, () => spreadRumor(sites, k, random));
    values[`residue-k${k}`] = mean(outcomes.map(({ residue }) => residue));
    values[`traffic-k${k}`] = mean(outcomes.map(({ traffic }) => traffic));
    values[`average-delay-k${k}`] = mean(outcomes.map(({ averageDelay }) => averageDelay));
    values[`last-delay-k${k}`] = mean(outcomes.map(({ lastDelay }) => lastDelay));
  }
  return values;
}

function targetOf(figure: string, sites: number): Target {
  const [, name, k] = /^(.*)-k(\d)$/.exec(figure) as unknown as [string, keyof typeof within, string];
  const { residue, traffic, averageDelay, lastDelay } = demersTable[Number(k)]!;
  const published = { residue, traffic, "average-delay": averageDelay, "last-delay": lastDelay }[name];
  const tolerance = within[name];
  if (tolerance === null || sites !== publishedSites) return { published, source, goal: null };
  return { published, source, goal: published, within: tolerance };
}

/** `hearsay sim experiment demers`. */
export const demersExperiment: Experiment = {
  name: "demers",
  summary: "rumor mongering: what is left out, and what it costs (push, feedback, counter)",
  source,
  peers: [publishedSites],
  runs: 5,
  kinds: Object.keys(demersTable).map((k) => `k${k}`),
  ownSize: () => undefined,
  leastPeers: () => leastNetwork,
  *measure(options, progress) {
    const ks = options.kinds.map((kind) => Number(kind.slice(1)));
    for (const sites of options.peers ?? this.peers) {
      const values = valuesOf(`${sites} sites`, options, progress, (number) => demersRun(number, sites, ks));
      yield* rowsOf("demers", sites, values, (figure) => targetOf(figure, sites));
    }
  },
  picture: (rows) => ({
    title: "Rumor mongering: useless contacts until a site loses interest",
    subtitle: `${sizesOf(rows)}, ${runsOf(rows)} of ${rumorsOfRun} rumors; push, feedback, counter`,
    source,
    panels: [
      panelOf(rows, "residue", "Sites that never hear of it", {
        label: "share of all sites",
        kind: "log",
        isShare: true,
      }),
      panelOf(rows, "traffic", "Traffic", { label: "messages per site", kind: "linear" }),
      panelOf(rows, "last-delay", "Delay to the last site", { label: "cycles", kind: "linear" }),
    ],
  }),
};

function panelOf(rows: readonly ExperimentRow[], name: string, title: string, y: Panel["y"]): Panel {
  const largest = Math.max(...rows.map(({ peers }) => peers));
  const shown = rows.filter(({ figure, peers }) => figure.startsWith(`${name}-k`) && peers === largest);
  const at = (value: (row: ExperimentRow) => number) =>
    shown.map((row) => [Number(row.figure.at(-1)), value(row)] as const).filter(([, one]) => one > 0);
  return {
    title,
    x: { label: "k, useless contacts", kind: "linear", min: 1, max: 5 },
    y,
    series: [
      { label: "published", whose: "published", mark: "line", points: at(({ published }) => published ?? 0) },
      { label: "ours", whose: "ours", mark: "line", points: at(({ median }) => median) },
    ],
  };
}
