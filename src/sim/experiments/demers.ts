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
import type { Random } from "../../core/random.js";

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
