/** What a network in one process (`hearsay up`) answers. */
import { z } from "zod";
import { address, count, dialect, milliseconds, peerId, time } from "./parts.js";

/** What the latest liveness tests, or other peers, say of a peer's life. */
export const livenessSchema = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("untested") }),
    z.object({ type: z.literal("ok"), roundTripMs: milliseconds }),
    z.object({ type: z.literal("silent"), silences: count }),
    z.object({ type: z.literal("suspect") }),
    z.object({ type: z.literal("dead"), by: count.nullable(), of: count.nullable() }),
  ])
  .meta({ id: "Liveness", description: "dead: so many (by) of so many others (of) say it." });

/** A peer of a network in one process. */
export const networkPeerSchema = z
  .object({
    name: z.string(),
    id: peerId.nullable(),
    address,
    dialect,
    status: z.enum(["joining", "joined", "frozen", "killed", "left"]),
    startedAt: time,
    endedAt: time.nullable(),
    neighbors: z.array(z.string()).describe("names"),
    published: count,
    expected: count.describe("messages that it should have been given"),
    delivered: count.describe("and those that it was"),
    liveness: livenessSchema,
    group: count.nullable().describe("its side of the partition, from 0 on; null when there is none"),
  })
  .meta({ id: "NetworkPeer" });

/** A seed of a network in one process. */
export const networkSeedSchema = z
  .object({
    name: z.string(),
    address,
    registered: count,
    group: count.nullable(),
  })
  .meta({ id: "NetworkSeed" });

/** A link between two peers, whichever side has dialed it. */
export const networkLinkSchema = z
  .object({
    a: z.string(),
    b: z.string(),
    kind: z
      .enum(["eager", "lazy", "classic"])
      .describe("eager: a tree in use runs over it; lazy: none does; classic: one side speaks the classic texts"),
    roots: z.array(z.string()).describe("the roots (names, or ids) of the trees in use that run over it"),
    isTwoWay: z.boolean().describe("both sides know of it"),
    isCut: z.boolean().describe("nothing gets through: one side or both have not noticed yet"),
  })
  .meta({ id: "NetworkLink" });

/** How a message came to one peer. */
export const hopSchema = z
  .object({
    peer: z.string().describe("who got it"),
    from: z.string().nullable().describe("from whom; null at its origin, and where it cannot be told"),
    round: count.nullable().describe("hops from the origin; null for classic peers"),
    at: time,
  })
  .meta({ id: "Hop" });

/** A message that was published lately, and its way. */
export const messagePathSchema = z
  .object({
    id: z.string(),
    origin: z.string().describe("name, or address of an outsider"),
    topic: z.string(),
    preview: z.string().describe("the first 100 characters of its text"),
    publishedAt: time,
    expected: count.describe("other peers that should get it"),
    delivered: count,
    hops: z.array(hopSchema).describe("in the order they happened, the origin's first; at most 1,000"),
  })
  .meta({ id: "MessagePath" });

/** `GET /api/v1/network`: all of it, as it is now. */
export const networkSchema = z
  .object({
    at: time,
    network: z.string(),
    dialect: z.enum(["native", "classic", "mixed"]),
    seeds: z.array(networkSeedSchema),
    peers: z.array(networkPeerSchema).describe("all that were ever started, in order; the ended ones at most 1,000"),
    links: z.array(networkLinkSchema),
    cuts: z.array(z.object({ a: z.string(), b: z.string() })).describe("paths that were cut one by one"),
    isPartitioned: z.boolean(),
    messages: z.array(messagePathSchema).describe("the latest, newest first"),
  })
  .meta({ id: "Network" });

/** See {@link livenessSchema}. */
export type LivenessAnswer = z.infer<typeof livenessSchema>;
/** See {@link networkPeerSchema}. */
export type NetworkPeer = z.infer<typeof networkPeerSchema>;
/** See {@link networkSeedSchema}. */
export type NetworkSeed = z.infer<typeof networkSeedSchema>;
/** See {@link networkLinkSchema}. */
export type NetworkLink = z.infer<typeof networkLinkSchema>;
/** See {@link hopSchema}. */
export type Hop = z.infer<typeof hopSchema>;
/** See {@link messagePathSchema}. */
export type MessagePath = z.infer<typeof messagePathSchema>;
/** See {@link networkSchema}. */
export type NetworkAnswer = z.infer<typeof networkSchema>;
