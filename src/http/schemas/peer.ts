/** What one peer or seed answers. */
import { z } from "zod";
import {
  address,
  count,
  cursor,
  dialect,
  milliseconds,
  name,
  peerId,
  peerStatus,
  someoneSchema,
  time,
} from "./parts.js";

/** Actions that an endpoint may offer. */
export const actionNames = [
  "publish",
  "add-peer",
  "kill",
  "freeze",
  "thaw",
  "leave",
  "cut",
  "partition",
  "heal",
] as const;

/** `GET /api/v1/self`: whose endpoint this is. */
export const selfSchema = z
  .object({
    kind: z.enum(["peer", "seed", "network"]).describe("network: seeds and peers of one process (hearsay up)"),
    version: z.string().describe("of hearsay"),
    id: peerId.nullable(),
    address: address.nullable().describe("null for kind network"),
    network: z.string(),
    dialect: z.enum(["native", "classic", "mixed"]),
    tags: z.record(z.string(), z.string()),
    startedAt: time,
    now: time,
    isReady: z.boolean(),
    notReady: z.array(z.string()).describe("why not; the same as /readyz says"),
    actions: z.array(z.enum(actionNames)).describe("the POST requests that this endpoint takes"),
  })
  .meta({ id: "Self" });

/** One peer of a directory. */
export const directoryEntrySchema = z
  .object({
    id: peerId.nullable(),
    name,
    address,
    dialect,
    status: peerStatus,
    epoch: z.int().min(0).describe("when its process started, by its own clock; 0 for a classic peer"),
    incarnation: count,
    tags: z.record(z.string(), z.string()),
    since: time.describe("since when it is in this state"),
    seenAt: time.nullable().describe("when the asked peer itself last knew it to be there"),
    rttMs: milliseconds.nullable().describe("the last round trip"),
    isSelf: z.boolean(),
  })
  .meta({ id: "DirectoryEntry" });

/** How many peers of a directory are in each state. */
export const statusCounts = z
  .object({ alive: count, suspect: count, dead: count, left: count })
  .meta({ id: "StatusCounts" });

/** `GET /api/v1/directory`: who is there, as one peer knows it. */
export const directorySchema = z
  .object({
    observer: someoneSchema.describe("whose directory it is"),
    counts: statusCounts.describe("of the whole directory"),
    matching: count.describe("how many match the filter, on all pages"),
    peers: z.array(directoryEntrySchema).describe("by ascending id, classic ones by address at the end"),
    next: cursor,
  })
  .meta({ id: "Directory" });

/** One neighbor. */
export const neighborSchema = z
  .object({
    id: peerId.nullable(),
    name,
    address,
    dialect,
    since: time,
    rttMs: milliseconds.nullable(),
    isCongested: z.boolean().describe("it reads too slowly: it is announced to, and not sent to"),
    queuedBytes: count.nullable().describe("bytes that wait to be written to it; null for classic ones"),
    eager: z.array(peerId).describe("roots of the trees on which it is sent everything whole"),
    lazy: z.array(peerId).describe("roots of the trees on which it is only told what there is"),
  })
  .meta({ id: "Neighbor" });

/** `GET /api/v1/neighbors`. */
export const neighborsSchema = z
  .object({ observer: someoneSchema, neighbors: z.array(neighborSchema) })
  .meta({ id: "Neighbors" });

/** One peer's part in one tree. */
export const treeSchema = z
  .object({
    root: someoneSchema.describe("the peer that the tree has grown from; its address is empty when it is not known"),
    isOwn: z.boolean(),
    isInUse: z.boolean().describe("something came on it in the last minute"),
    distance: count.nullable().describe("hops to the root"),
    parent: someoneSchema.nullable().describe("the neighbor that is next on the way to the root"),
    eager: z.array(someoneSchema).describe("neighbors that are sent what comes on this tree"),
    lazy: z.array(someoneSchema).describe("neighbors that are told of it"),
    activeAt: time.nullable().describe("when something last came on it, or was published"),
  })
  .meta({ id: "Tree" });

/** `GET /api/v1/trees`. */
export const treesSchema = z.object({ observer: someoneSchema, trees: z.array(treeSchema) }).meta({ id: "Trees" });

/** What is remembered of one life of an origin. */
export const markSchema = z
  .object({
    origin: someoneSchema,
    epoch: time.describe("the life: when that process started"),
    contiguous: count.describe("all numbers from 1 to this one were seen or given up"),
    last: count.describe("the highest number seen"),
    missing: count.describe("numbers below the highest that were not seen"),
    kept: count.describe("messages kept whole"),
    heardAt: time,
  })
  .meta({ id: "Mark" });

/** `GET /api/v1/history`. */
export const historySchema = z
  .object({
    observer: someoneSchema,
    messages: count.describe("kept whole"),
    bytes: count.describe("what they weigh: payloads, and 100 bytes for each"),
    total: count.describe("lives of origins, on all pages"),
    marks: z.array(markSchema).describe("by ascending origin and epoch"),
    next: cursor,
  })
  .meta({ id: "History" });

/** What one peer has done since its start, or all of a network together. */
const peerCounters = z.object({
  delivered: count.describe("messages of others, each counted once"),
  published: count,
  duplicates: count.describe("payloads that came although the message was there already"),
  gaps: count.describe("messages given up for lost"),
});

/** `GET /api/v1/counters`. Counts since the start; rates are the reader's to make. */
export const countersSchema = z
  .discriminatedUnion("kind", [
    peerCounters.extend({
      kind: z.literal("peer"),
      at: time,
      upMs: milliseconds,
      neighbors: count,
      connections: count,
      directory: statusCounts,
      historyMessages: count,
      historyBytes: count,
    }),
    z.object({
      kind: z.literal("seed"),
      at: time,
      upMs: milliseconds,
      registered: count,
      connections: count,
      registrations: count.describe("new ones since the start"),
      removals: count.describe("peers taken off the list since the start"),
    }),
    peerCounters.extend({
      kind: z.literal("network"),
      at: time,
      upMs: milliseconds,
      peers: count.describe("living ones"),
      seeds: count,
      links: count.describe("two-way links"),
      messages: count.describe("published by anybody"),
      expected: count.describe("deliveries there should be"),
      happened: count.describe("of which so many have happened"),
      missing: count,
    }),
  ])
  .meta({ id: "Counters" });

/** `GET /api/v1/config`: tunables as they are in force. */
export const configSchema = z
  .object({
    kind: z.enum(["peer", "seed"]),
    of: someoneSchema,
    config: z.record(z.string(), z.unknown()).describe("docs/api.md explains each; Infinity is null"),
  })
  .meta({ id: "Config" });

/** One registration with a seed. */
export const registrationSchema = z
  .object({
    id: peerId.nullable(),
    name,
    address,
    epoch: z.int().min(0),
    since: time,
    renewedAt: time.describe("when it last registered, or answered the seed"),
  })
  .meta({ id: "Registration" });

/** `GET /api/v1/registrations`: of a seed. */
export const registrationsSchema = z
  .object({
    seed: someoneSchema,
    total: count,
    registrations: z.array(registrationSchema).describe("in order of address"),
    next: cursor,
  })
  .meta({ id: "Registrations" });

// Health

/** `GET /healthz`. */
export const healthSchema = z.object({ status: z.literal("ok"), upMs: milliseconds }).meta({ id: "Health" });

/** `GET /readyz`: 200 when ready, 503 when not. */
export const readinessSchema = z
  .object({ isReady: z.boolean(), reasons: z.array(z.string()).describe("why not") })
  .meta({ id: "Readiness" });

/** What an endpoint may offer. */
export type ActionName = (typeof actionNames)[number];
/** See {@link selfSchema}. */
export type SelfAnswer = z.infer<typeof selfSchema>;
/** See {@link directoryEntrySchema}. */
export type DirectoryEntryAnswer = z.infer<typeof directoryEntrySchema>;
/** How many peers of a directory are in each state. */
export type StatusCounts = z.infer<typeof statusCounts>;
/** See {@link directorySchema}. */
export type DirectoryAnswer = z.infer<typeof directorySchema>;
/** See {@link neighborSchema}. */
export type NeighborAnswer = z.infer<typeof neighborSchema>;
/** See {@link neighborsSchema}. */
export type NeighborsAnswer = z.infer<typeof neighborsSchema>;
/** See {@link treeSchema}. */
export type TreeAnswer = z.infer<typeof treeSchema>;
/** See {@link treesSchema}. */
export type TreesAnswer = z.infer<typeof treesSchema>;
/** See {@link markSchema}. */
export type MarkAnswer = z.infer<typeof markSchema>;
/** See {@link historySchema}. */
export type HistoryAnswer = z.infer<typeof historySchema>;
/** See {@link countersSchema}. */
export type CountersAnswer = z.infer<typeof countersSchema>;
/** See {@link configSchema}. */
export type ConfigAnswer = z.infer<typeof configSchema>;
/** See {@link registrationSchema}. */
export type RegistrationAnswer = z.infer<typeof registrationSchema>;
/** See {@link registrationsSchema}. */
export type RegistrationsAnswer = z.infer<typeof registrationsSchema>;
/** See {@link healthSchema}. */
export type HealthAnswer = z.infer<typeof healthSchema>;
/** See {@link readinessSchema}. */
export type ReadinessAnswer = z.infer<typeof readinessSchema>;
