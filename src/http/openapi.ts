/** The OpenAPI 3.1 description of an endpoint, made from the same routes and schemas that serve it. */
import { z } from "zod";
import type { Route } from "./route.js";
import { errorSchema, streamEventSchema } from "./schemas.js";

type Json = Readonly<Record<string, unknown>>;

/** Describes these routes. */
export function describeRoutes(routes: readonly Route[], version: string): Json {
  const components = new Map<string, Json>();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    paths[route.path]![route.method.toLowerCase()] = operationOf(route, components);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Hearsay admin endpoint",
      version,
      description: "Times are milliseconds since 1970. What is not known is null. Errors have the form of Error.",
    },
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: { bearer: { type: "http", scheme: "bearer" }, basic: { type: "http", scheme: "basic" } },
    },
    security: [{}, { bearer: [] }, { basic: [] }],
  };
}

function operationOf(route: Route, components: Map<string, Json>): Json {
  const { path, summary, query, body, answer, statuses } = route;
  const schemaOf = (schema: z.ZodType, io: "input" | "output") => jsonSchema(schema, io, components);
  const failure = {
    description: "an error",
    content: { "application/json": { schema: schemaOf(errorSchema, "output") } },
  };
  const success = { description: "done", content: contentOf(answer, schemaOf) };
  const responses: Record<string, Json> = { "200": success, default: failure };
  for (const status of statuses) responses[status] = { ...success, description: "not now" };
  return {
    summary,
    operationId: `${route.method.toLowerCase()}${path.replace(/[^A-Za-z]+(\w?)/g, (_all, first: string) => first.toUpperCase())}`,
    parameters: [...pathParameters(path), ...queryParameters(query, schemaOf)],
    ...(body === undefined
      ? {}
      : { requestBody: { content: { "application/json": { schema: schemaOf(body, "input") } } } }),
    responses,
    ...(path === "/healthz" ? { security: [{}] } : {}),
  };
}

function contentOf(answer: Route["answer"], schemaOf: (schema: z.ZodType, io: "output") => Json): Json {
  if (answer === "text/event-stream") {
    const schema = { type: "string", description: "data is a StreamEvent, event its type", contentMediaType: answer };
    return { [answer]: { schema, "x-event": schemaOf(streamEventSchema, "output") } };
  }
  if (answer === "application/json") return { [answer]: { schema: { type: "object" } } };
  if (answer === "text/plain") return { [answer]: { schema: { type: "string" } } };
  return { "application/json": { schema: schemaOf(answer, "output") } };
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    return { name, in: "path", required: true, schema: { type: "string" } };
  });
}

function queryParameters(query: z.ZodType, schemaOf: (schema: z.ZodType, io: "input") => Json): Json[] {
  const { properties = {}, required = [] } = schemaOf(query, "input") as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => {
    return { name, in: "query", required: required.includes(name), schema };
  });
}

/** OpenAPI 3.1 takes JSON Schema as it is; only named schemas stand in another place. */
function jsonSchema(schema: z.ZodType, io: "input" | "output", components: Map<string, Json>): Json {
  const made = z.toJSONSchema(schema, { target: "draft-2020-12", io }) as Json;
  const { $schema: _schema, $defs = {}, ...rest } = made;
  for (const [id, definition] of Object.entries($defs as Readonly<Record<string, Json>>)) {
    components.set(id, moved(definition) as Json);
  }
  return moved(rest) as Json;
}

function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      if (key === "$ref" && typeof one === "string") return [key, one.replace("#/$defs/", "#/components/schemas/")];
      return [key, moved(one)];
    }),
  );
}
