/** What the schemas of the admin endpoint are made of: see `../schemas.ts`. */
import { z } from "zod";

/** Milliseconds since 1970. */
export const time = z.int().min(0).describe("milliseconds since 1970");
/** A whole number from 0 on. */
export const count = z.int().min(0);
/** A length of time in milliseconds. */
export const milliseconds = z.number().min(0);
/** A peer's id. */
export const peerId = z
  .string()
  .regex(/^[0-9a-f]+$/)
  .describe("a peer's id, in hexadecimal digits");
/** `ip:port`. */
export const address = z.string().describe("ip:port");
/** The name in a network of one process. */
export const name = z.string().nullable().describe("the name in a network of one process, as p1 or s1; else null");
/** What is spoken. */
export const dialect = z.enum(["native", "classic"]);
/** What is known of a peer's life. */
export const peerStatus = z.enum(["alive", "suspect", "dead", "left"]);
/** Where the next page begins. */
export const cursor = z.string().nullable().describe("what to give as `after` for the next page; null at the last one");

/** Somebody: what is known of who it is. */
export const someoneSchema = z
  .object({ id: peerId.nullable(), name, address })
  .meta({ id: "Someone", description: "Who: id (null for classic peers and seeds), name, address." });

/** What failed: every answer that is no success has this form. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().describe("one word for programs, such as bad-request or unauthorized"),
      message: z.string().describe("one sentence for people"),
    }),
  })
  .meta({ id: "Error" });

/** Somebody. */
export type Someone = z.infer<typeof someoneSchema>;
/** A failure. */
export type ErrorAnswer = z.infer<typeof errorSchema>;
