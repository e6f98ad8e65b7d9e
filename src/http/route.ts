/** One path and method of the endpoint: how it is validated, described and answered. */
import type { z } from "zod";
import type { EventStream } from "./event-stream.js";
import type { Metrics } from "./metrics.js";
import type { SelfAnswer } from "./schemas.js";
import type { Subject } from "./subject.js";

/** What stands behind an endpoint. */
export interface Backing {
  readonly subject: Subject;
  readonly version: string;
  readonly startedAt: number;
  /** The figures for Prometheus; made when they are first asked for. */
  readonly metrics: () => Promise<Metrics>;
  readonly stream: EventStream;
}

/** A request that has been validated. */
export interface Asked<Query, Body> {
  readonly backing: Backing;
  readonly query: Query;
  readonly body: Body;
  /** What stands in the path, by name. */
  readonly params: Readonly<Record<string, string>>;
}

/** An answer with a status of its own. */
export interface Answered {
  readonly status: 200 | 503;
  readonly body: object;
}

/** One path and method. */
export interface Route {
  readonly method: "GET" | "POST";
  /** As in OpenAPI: `/api/v1/peers/{name}/kill`. */
  readonly path: string;
  /** What kinds of endpoints have it. */
  readonly kinds: readonly SelfAnswer["kind"][];
  readonly summary: string;
  readonly query: z.ZodType;
  /** Of a POST. */
  readonly body: z.ZodType | undefined;
  /** JSON when it is a schema; or the type of another answer, which the server makes. */
  readonly answer: z.ZodType | "text/event-stream" | "text/plain" | "application/json";
  /** Statuses beside 200 that have the same form. */
  readonly statuses: readonly 503[];
  run(asked: Asked<unknown, unknown>): object | Promise<object>;
}

/** A route before its types are put aside. */
export interface TypedRoute<Query extends z.ZodType, Body extends z.ZodType>
  extends Pick<Route, "method" | "path" | "kinds" | "summary" | "answer"> {
  readonly query: Query;
  readonly body?: Body;
  readonly statuses?: readonly 503[];
  readonly run: (asked: Asked<z.infer<Query>, z.infer<Body>>) => object | Promise<object>;
}

/** Makes a route: what it is given has been validated by its own schemas. */
export function route<Query extends z.ZodType, Body extends z.ZodType>(typed: TypedRoute<Query, Body>): Route {
  const { run, body, statuses = [], ...rest } = typed;
  return { ...rest, body, statuses, run: (asked) => run(asked as Asked<z.infer<Query>, z.infer<Body>>) };
}

/** One page of a list in ascending order of keys. */
export function pageOf<Entry>(
  entries: readonly Entry[],
  keyOf: (entry: Entry) => string,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): { readonly page: Entry[]; readonly next: string | null } {
  const from = after === undefined ? 0 : entries.findIndex((entry) => keyOf(entry) > after);
  const page = from < 0 ? [] : entries.slice(from, from + limit);
  const isLast = from < 0 || from + limit >= entries.length;
  return { page, next: isLast ? null : keyOf(page.at(-1)!) };
}
