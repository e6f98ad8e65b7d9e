/** What `hearsay top` shows at one moment. */
import type {
  CountersAnswer,
  DirectoryAnswer,
  NeighborsAnswer,
  NetworkAnswer,
  RegistrationsAnswer,
  SelfAnswer,
} from "../../http/schemas.js";
import type { Remote } from "./remote.js";

/** All that was read of an endpoint. What its kind does not have is undefined. */
export interface Snapshot {
  readonly self: SelfAnswer;
  readonly counters: CountersAnswer;
  /** Of each counter, so much more a second since the snapshot before; empty at the first. */
  readonly rates: Readonly<Record<string, number>>;
  readonly directory?: DirectoryAnswer;
  readonly neighbors?: NeighborsAnswer;
  readonly registrations?: RegistrationsAnswer;
  readonly network?: NetworkAnswer;
}

/** Counters whose pace is of interest. */
const paced = ["delivered", "published", "duplicates", "gaps", "happened", "registrations", "removals"] as const;

/** Reads all of it. Throws what {@link Remote.get} throws. */
export async function takeSnapshot(remote: Remote, before: Snapshot | undefined): Promise<Snapshot> {
  const [self, counters] = await Promise.all([
    remote.get<SelfAnswer>("api/v1/self"),
    remote.get<CountersAnswer>("api/v1/counters"),
  ]);
  const rates = ratesOf(counters, before?.counters);
  const base = { self, counters, rates };
  switch (self.kind) {
    case "peer": {
      const [directory, neighbors] = await Promise.all([
        remote.get<DirectoryAnswer>("api/v1/directory?limit=200"),
        remote.get<NeighborsAnswer>("api/v1/neighbors"),
      ]);
      return { ...base, directory, neighbors };
    }
    case "seed":
      return { ...base, registrations: await remote.get<RegistrationsAnswer>("api/v1/registrations?limit=200") };
    case "network":
      return { ...base, network: await remote.get<NetworkAnswer>("api/v1/network?messages=0") };
  }
}

/** How fast counters have grown, a second. */
export function ratesOf(counters: CountersAnswer, before: CountersAnswer | undefined): Record<string, number> {
  const rates: Record<string, number> = {};
  if (before === undefined || counters.at <= before.at) return rates;
  const counts = counters as unknown as Readonly<Record<string, number | undefined>>;
  const earlier = before as unknown as Readonly<Record<string, number | undefined>>;
  for (const name of paced) {
    const [now, then] = [counts[name], earlier[name]];
    if (now !== undefined && then !== undefined)
      rates[name] = (1_000 * Math.max(0, now - then)) / (counters.at - before.at);
  }
  return rates;
}
