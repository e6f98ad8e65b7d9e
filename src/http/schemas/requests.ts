/** What actions take, and what they answer. */
import { z } from "zod";
import { count, name } from "./parts.js";

/** `POST /api/v1/publish`. */
export const publishRequestSchema = z
  .strictObject({
    topic: z.string().min(1).max(255).default("demo"),
    text: z.string().optional().describe("what to say; or"),
    base64: z.base64().optional().describe("the same as bytes"),
    peer: z.string().optional().describe("name of the peer that is to say it, in a network of one process"),
    allowAlone: z.boolean().default(false).describe("say it even when there is no neighbor"),
  })
  .refine(({ text, base64 }) => (text === undefined) !== (base64 === undefined), "give text or base64, one of them")
  .meta({ id: "PublishRequest" });

/** The answer to {@link publishRequestSchema}. */
export const publishedSchema = z
  .object({
    id: z.string().describe("the message's name"),
    peer: name,
    neighbors: count.describe("so many were sent it; one at least has acknowledged it, unless it is 0"),
  })
  .meta({ id: "Published" });

/** `POST /api/v1/peers`: one more peer, or several. */
export const addPeersRequestSchema = z
  .strictObject({ count: z.int().min(1).max(50).default(1) })
  .meta({ id: "AddPeersRequest" });

/** The answer to {@link addPeersRequestSchema}. */
export const addedPeersSchema = z.object({ peers: z.array(z.string()).describe("names") }).meta({ id: "AddedPeers" });

/** `POST /api/v1/links/cut`: nothing gets through between the two any more, in either direction. */
export const cutRequestSchema = z
  .strictObject({ a: z.string().min(1), b: z.string().min(1) })
  .meta({ id: "CutRequest", description: "Names of two peers or seeds." });

/** `POST /api/v1/partition`: who is in no group goes with the last one. */
export const partitionRequestSchema = z
  .strictObject({
    groups: z
      .array(z.array(z.string().min(1)).min(1).max(1_000))
      .min(1)
      .max(10)
      .describe("names of peers and seeds, each in one group; all others together are one more"),
  })
  .meta({ id: "PartitionRequest" });

/** The body of an action that needs none. */
export const emptyRequestSchema = z.strictObject({}).meta({ id: "EmptyRequest" });

/** The answer to an action on a network. */
export const doneSchema = z
  .object({ done: z.boolean().describe("false: there was nothing to do, it is so already") })
  .meta({ id: "Done" });

/** See {@link publishRequestSchema}. */
export type PublishRequest = z.infer<typeof publishRequestSchema>;
/** See {@link publishedSchema}. */
export type PublishedAnswer = z.infer<typeof publishedSchema>;
/** See {@link addPeersRequestSchema}. */
export type AddPeersRequest = z.infer<typeof addPeersRequestSchema>;
/** See {@link addedPeersSchema}. */
export type AddedPeersAnswer = z.infer<typeof addedPeersSchema>;
/** See {@link cutRequestSchema}. */
export type CutRequest = z.infer<typeof cutRequestSchema>;
/** See {@link partitionRequestSchema}. */
export type PartitionRequest = z.infer<typeof partitionRequestSchema>;
/** See {@link doneSchema}. */
export type DoneAnswer = z.infer<typeof doneSchema>;
