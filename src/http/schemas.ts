/**
 * Everything that the admin endpoint answers, takes and tells, as zod schemas: requests are validated by them, the OpenAPI
 * description is made from them, and tests hold answers against them. The types are for whoever reads the
 * answers: `import type { NetworkAnswer } from "../src/http/schemas.js"`.
 *
 * Times are milliseconds since 1970, and lengths of time milliseconds. What is not known is `null`, never left out.
 *
 * In a network that runs in one process (`hearsay up`) peers and seeds have names (`p1`, `s1`), which stand in `name`
 * fields and are what actions take. Elsewhere `name` is null.
 */
export * from "./schemas/events.js";
export * from "./schemas/network.js";
export * from "./schemas/parts.js";
export * from "./schemas/peer.js";
export * from "./schemas/queries.js";
export * from "./schemas/requests.js";
