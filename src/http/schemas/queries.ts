/** What may stand in the query of a request. */
import { z } from "zod";
import { peerStatus } from "./parts.js";

/** Entries of one page, if not told otherwise. */
const limitDefault = 100;

const several = (text: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((given) => (typeof given === "string" ? given.split(",") : given.flatMap((one) => one.split(","))))
    .describe(text);

const peer = z
  .string()
  .optional()
  .describe("name, id or address of a peer of a network in one process; else the first");

const page = {
  limit: z.coerce.number().int().min(1).max(1_000).default(limitDefault).describe("entries of a page"),
  after: z.string().max(600).optional().describe("what the last page said is next"),
};

/** Of requests that take no query. */
export const noQuerySchema = z.strictObject({});

/** Which peer is asked. */
export const peerQuerySchema = z.strictObject({ peer });

/** `GET /api/v1/directory`. */
export const directoryQuerySchema = z.strictObject({
  peer,
  status: several("only those in one of these states, with commas between").pipe(z.array(peerStatus)).optional(),
  tag: z
    .union([z.string(), z.array(z.string())])
    .transform((given) => (typeof given === "string" ? [given] : given))
    .optional()
    .describe("only those with this tag: a name, or name=value; may be given several times"),
  ...page,
});

/** `GET /api/v1/history`. */
export const historyQuerySchema = z.strictObject({ peer, ...page });

/** `GET /api/v1/registrations`. */
export const registrationsQuerySchema = z.strictObject({
  seed: z.string().optional().describe("name or address of a seed of a network in one process; else the first"),
  ...page,
});

/** `GET /api/v1/config`. */
export const configQuerySchema = z.strictObject({
  peer,
  seed: z.string().optional().describe("name or address of a seed, in place of a peer"),
});

/** `GET /api/v1/network`. */
export const networkQuerySchema = z.strictObject({
  messages: z.coerce.number().int().min(0).max(100).default(20).describe("so many of the latest messages"),
});

/** `GET /api/v1/events`. */
export const eventsQuerySchema = z.strictObject({
  types: several("only these events, with commas between; hello and dropped always come").optional(),
});
