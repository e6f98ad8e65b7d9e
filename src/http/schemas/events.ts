/** What the stream of events tells. */
import { z } from "zod";
import { count, dialect, milliseconds, someoneSchema, time } from "./parts.js";
import { directoryEntrySchema } from "./peer.js";

const observed = { at: time, observer: someoneSchema.describe("who has seen it") };

const directoryEvent = <Type extends string>(type: Type) =>
  z.object({ type: z.literal(type), ...observed, peer: directoryEntrySchema });

const peerAction = <Type extends string>(type: Type) =>
  z.object({ type: z.literal(type), at: time, peer: someoneSchema });

/** Everything that `GET /api/v1/events` tells: the `data` of an event, whose `event` is the same as its `type`. */
export const streamEventSchema = z
  .discriminatedUnion("type", [
    z.object({
      type: z.literal("hello"),
      at: time,
      kind: z.enum(["peer", "seed", "network"]),
      isResumed: z.boolean().describe("Last-Event-ID was known: what was missed follows, or its number as `dropped`"),
    }),
    z.object({
      type: z.literal("dropped"),
      at: time,
      count: count.nullable().describe("events that this reader was too slow for; null: nobody knows how many"),
    }),
    directoryEvent("join"),
    directoryEvent("update"),
    directoryEvent("suspect"),
    directoryEvent("alive"),
    directoryEvent("dead"),
    directoryEvent("leave"),
    z.object({ type: z.literal("link"), ...observed, neighbor: someoneSchema, dialect }),
    z.object({ type: z.literal("unlink"), ...observed, neighbor: someoneSchema, dialect, reason: z.string() }),
    z.object({
      type: z.literal("slow"),
      ...observed,
      neighbor: someoneSchema,
      isSlow: z.boolean().describe("it has begun, or ceased, to read too slowly"),
    }),
    z.object({
      type: z.literal("message"),
      ...observed,
      id: z.string(),
      origin: someoneSchema,
      topic: z.string(),
      publishedAt: time,
      bytes: count.describe("of the payload"),
      preview: z.string().describe("the first 100 characters; empty when it is no text"),
      expected: count.nullable().describe("of a network: other peers that should get it"),
    }),
    z.object({
      type: z.literal("hop"),
      at: time,
      message: z.string().describe("its id"),
      origin: z.string().describe("name, or address of an outsider"),
      from: z.string().nullable().describe("null where it cannot be told"),
      to: z.string(),
      round: count.nullable(),
      isLast: z.boolean().describe("now all that should have it do"),
    }),
    z.object({ type: z.literal("gap"), ...observed, origin: someoneSchema, count }),
    z.object({ type: z.literal("joined"), ...observed, isAlone: z.boolean() }),
    z.object({
      type: z.literal("notice"),
      ...observed,
      code: z.string().describe("such as alone, registered, seed-failed, turned-away, warning"),
      text: z.string(),
    }),
    z.object({
      type: z.literal("registration"),
      at: time,
      seed: someoneSchema,
      peer: someoneSchema,
      change: z.enum(["added", "removed", "kept"]).describe("kept: reported dead, and it answered"),
      reason: z.string().nullable(),
    }),
    peerAction("started"),
    peerAction("killed"),
    peerAction("frozen"),
    peerAction("thawed"),
    peerAction("left"),
    peerAction("mourned").extend({
      afterMs: milliseconds.describe("since it was killed: now all say that it is dead"),
    }),
    z.object({ type: z.literal("cut"), at: time, a: z.string(), b: z.string() }),
    z.object({ type: z.literal("partitioned"), at: time, groups: z.array(z.array(z.string())) }),
    z.object({ type: z.literal("healed"), at: time }),
  ])
  .meta({ id: "StreamEvent" });

/** The names of all events, in the order of the schema. */
export const streamEventTypes: readonly StreamEvent["type"][] = streamEventSchema.options.map(
  (option) => option.shape.type.value,
);

/** See {@link streamEventSchema}. */
export type StreamEvent = z.infer<typeof streamEventSchema>;
