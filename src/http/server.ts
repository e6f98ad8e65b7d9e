/** The admin endpoint of a peer, a seed or a network in one process: an HTTP server of its own. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import { now } from "../net/clock.js";
import { ListenError } from "../net/errors.js";
import { EventStream, type StreamLimits, streamLimits } from "./event-stream.js";
import { firstPage } from "./first-page.js";
import { Guard, isLoopbackName } from "./guard.js";
import type { Metrics } from "./metrics.js";
import { describeRoutes } from "./openapi.js";
import { RequestFailure } from "./request-failure.js";
import type { Answered, Backing, Route } from "./route.js";
import { faultOf, routesFor } from "./routes.js";
import type { eventsQuerySchema } from "./schemas.js";
import type { Subject } from "./subject.js";
import { type WebFile, WebFiles } from "./web-files.js";

/** How to serve. */
export interface EndpointOptions {
  /** IP or name to listen on; loopback when left out. */
  readonly host?: string | undefined;
  /** 0 takes any free port. */
  readonly port: number;
  /** What every request must show but those for `/healthz` and the dashboard's files. Must be given when others than this machine can reach the endpoint. */
  readonly token?: string | undefined;
  /** Overrides of {@link streamLimits}. */
  readonly stream?: Partial<StreamLimits>;
  /** The folder of the dashboard; that of this build when left out. */
  readonly webFolder?: string;
  /** Told of what went wrong within the endpoint itself. */
  readonly onError?: (error: unknown) => void;
}

/** A running endpoint. */
export interface Endpoint {
  /** `http://127.0.0.1:8080/`, with a name for this machine that can be opened where it runs. */
  readonly url: string;
  readonly port: number;
  /** Ends it, with all connections. */
  close(): Promise<void>;
}

type Env = { Bindings: HttpBindings };

/** Bytes of a body. */
const bodyMaxBytes = 1_048_576;
const connectionsMax = 1_024;
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 30_000;
const keepAliveTimeoutMs = 5_000;
const headerMaxBytes = 16_384;

const loopback = "127.0.0.1";

/** A page may load from here only, and nobody may put it into a frame. */
const pagePolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const safety: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** Whether only this machine can reach what listens there: then no token is needed. */
export function isLocalOnly(host: string | undefined): boolean {
  return host === undefined || isLoopbackName(host);
}

/**
 * Starts an endpoint.
 *
 * @throws {@link ListenError} when it cannot listen there; RangeError when it would be open to others without a token
 */
export async function startEndpoint(subject: Subject, options: EndpointOptions): Promise<Endpoint> {
  const { host = loopback, port, token } = options;
  if (token === undefined && !isLocalOnly(host)) throw new RangeError(`an endpoint on ${host} needs a token`);
  const stream = new EventStream(
    subject,
    { ...safety, "Cache-Control": "no-store", "X-Accel-Buffering": "no" },
    { ...streamLimits, ...options.stream },
  );
  const version = versionOfPackage();
  const { startedAt } = subject.self();
  const figures = { listeners: () => stream.size, droppedEvents: () => stream.dropped };
  // Loaded and measured from when somebody first asks for them: many an endpoint is never scraped.
  let measuring: Promise<Metrics> | undefined;
  const metrics = () => {
    measuring ??= import("./metrics.js").then(
      (module) => new module.Metrics(subject, { version, startedAt, ...figures }),
    );
    return measuring;
  };
  const webFolder = options.webFolder ?? builtWebFolder();
  const backing: Backing = { subject, version, startedAt: now(), metrics, stream };
  const onError = options.onError ?? (() => {});
  const application = makeApplication(backing, token, new WebFiles(webFolder), onError);
  const server = createAdaptorServer({
    fetch: application.fetch,
    overrideGlobalObjects: false,
    createServer,
    serverOptions: {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: headerMaxBytes,
      connectionsCheckingInterval: 5_000,
    },
  }) as Server;
  server.maxConnections = connectionsMax;
  const close = async () => {
    stream.close();
    (await measuring)?.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  try {
    await listening(server, host, port);
  } catch (error) {
    await close();
    throw error;
  }
  const bound = server.address();
  const ownPort = typeof bound === "object" && bound !== null ? bound.port : port;
  return { url: urlOf(host, ownPort), port: ownPort, close };
}

function makeApplication(
  backing: Backing,
  token: string | undefined,
  files: WebFiles,
  onError: (error: unknown) => void,
): Hono<Env> {
  const application = new Hono<Env>({ strict: true });
  const routes = routesFor(backing.subject.kind);
  const guard = new Guard(token, (path) => files.has(path) && routesAt(routes, path).length === 0);
  let description: object | undefined;
  const describe = () => {
    description ??= describeRoutes(routes, backing.version);
    return description;
  };
  application.use(async (context, next) => {
    for (const [name, value] of Object.entries(safety)) context.header(name, value);
    context.header("Cache-Control", "no-store");
    const { method, path } = context.req;
    guard.check({ method, path, headers: context.env.incoming.headers });
    await next();
  });
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    application.on(route.method, path, (context) => answerOf(route, backing, describe, context));
  }
  application.get("*", async (context) => {
    refuseMethod(routes, context.req.path);
    const file = await files.get(context.req.path);
    if (file !== undefined) return fileAnswer(context, file);
    if (context.req.path !== "/" || files.hasIndex) throw unknownPath(context.req.path);
    context.header("Content-Security-Policy", pagePolicy);
    return context.html(firstPage(backing.subject.kind, routes));
  });
  application.all("*", (context) => {
    refuseMethod(routes, context.req.path);
    if (context.req.path === "/") throw wrongMethod(["GET"]);
    throw unknownPath(context.req.path);
  });
  application.onError((error, context) => {
    const failure = error instanceof RequestFailure ? error : unexpected(error, onError);
    for (const [name, value] of Object.entries(safety)) context.header(name, value);
    context.header("Cache-Control", "no-store");
    for (const [name, value] of Object.entries(failure.headers)) context.header(name, value);
    return context.json(failure.answer, failure.status);
  });
  return application;
}

async function answerOf(
  route: Route,
  backing: Backing,
  describe: () => object,
  context: Context<Env>,
): Promise<Response> {
  const query = validated(route.query, queryOf(context));
  if (route.path === "/api/v1/openapi.json") return context.json(describe());
  if (route.answer === "text/plain") {
    const metrics = await backing.metrics();
    return context.body(await metrics.text(), 200, { "Content-Type": metrics.contentType });
  }
  if (route.answer === "text/event-stream") return streamAnswer(backing.stream, query, context);
  const body = route.body === undefined ? undefined : validated(route.body, await bodyOf(context));
  const answer = await route.run({ backing, query, body, params: context.req.param() });
  const { status, body: answered } = isAnswered(answer) ? answer : { status: 200 as const, body: answer };
  return context.json(answered, status);
}

/** Written by hand: what a listener's socket has room for decides what is written. */
function streamAnswer(stream: EventStream, query: unknown, context: Context<Env>): Response {
  const { types } = query as ReturnType<typeof eventsQuerySchema.parse>;
  const lastEventId = context.req.header("last-event-id");
  if (context.req.method === "HEAD") return context.body(null, 200, { "Content-Type": "text/event-stream" });
  const response: ServerResponse<IncomingMessage> = context.env.outgoing;
  stream.open(response, { types: types === undefined ? undefined : new Set(types), lastEventId });
  return RESPONSE_ALREADY_SENT;
}

function fileAnswer(context: Context<Env>, { bytes, type, etag, cacheControl }: WebFile): Response {
  context.header("Cache-Control", cacheControl);
  context.header("ETag", etag);
  if (context.req.header("if-none-match") === etag) return context.body(null, 304);
  context.header("Content-Type", type);
  if (type.startsWith("text/html")) context.header("Content-Security-Policy", pagePolicy);
  return context.body(bytes);
}

function queryOf(context: Context<Env>): Record<string, string | string[]> {
  const queries = Object.entries(context.req.queries());
  return Object.fromEntries(queries.map(([name, values]) => [name, values.length === 1 ? values[0]! : values]));
}

/**
 * A body must say that it is JSON: a page of another site can send anything else without being asked. An empty one stands
 * for an empty object.
 */
async function bodyOf(context: Context<Env>): Promise<unknown> {
  if (!/^application\/json(?:\s*;|$)/i.test(context.req.header("content-type") ?? "")) {
    throw new RequestFailure(415, "not-json", "send Content-Type: application/json");
  }
  const text = await textOf(context.env.incoming);
  try {
    return text === "" ? {} : (JSON.parse(text) as unknown);
  } catch {
    throw new RequestFailure(400, "bad-request", "the body is not JSON");
  }
}

/** Reads a body, but not one that is too long. What is not read of it goes with the connection. */
function textOf(incoming: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const took = (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= bodyMaxBytes) {
        pieces.push(piece);
        return;
      }
      incoming.off("data", took);
      incoming.pause();
      const message = `a request may have ${bodyMaxBytes} bytes`;
      reject(new RequestFailure(413, "too-large", message, { Connection: "close" }));
    };
    incoming.on("data", took);
    incoming.once("end", () => resolve(Buffer.concat(pieces).toString("utf8")));
    incoming.once("error", () => reject(new RequestFailure(400, "bad-request", "the body did not come")));
    incoming.once("close", () => reject(new RequestFailure(400, "bad-request", "the body did not come")));
  });
}

function validated(schema: Route["query"], value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new RequestFailure(400, "bad-request", faultOf(result.error));
}

function isAnswered(answer: object): answer is Answered {
  return "status" in answer && "body" in answer;
}

function routesAt(routes: readonly Route[], path: string): Route[] {
  return routes.filter((route) => new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path));
}

/** Throws when there is something at this path, for other methods. */
function refuseMethod(routes: readonly Route[], path: string): void {
  const there = routesAt(routes, path);
  if (there.length > 0) throw wrongMethod(there.map(({ method }) => method));
}

function wrongMethod(methods: readonly Route["method"][]): RequestFailure {
  const allowed = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
  return new RequestFailure(405, "wrong-method", `this path takes ${allowed}`, { Allow: allowed });
}

function unknownPath(path: string): RequestFailure {
  return new RequestFailure(404, "unknown-path", `there is nothing at ${path}`);
}

function unexpected(error: unknown, onError: (error: unknown) => void): RequestFailure {
  onError(error);
  return new RequestFailure(500, "unexpected", "this went wrong here; the program's own output says more");
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(ListenError.from(error, host, port));
    server.once("error", failed);
    server.listen({ host, port }, () => {
      server.off("error", failed);
      server.on("error", () => {
        // Accepting failed for want of sockets. The kernel keeps the connection waiting and Node tries again.
      });
      resolve();
    });
  });
}

function urlOf(host: string, port: number): string {
  const name = host === "0.0.0.0" ? loopback : host === "::" ? "::1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}/`;
}

/** Beside the installed files, or where the dashboard is built. The first when there is none. */
function builtWebFolder(): string {
  const folders = ["../web", "../../dist/web"].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return folders.find((folder) => existsSync(join(folder, "index.html"))) ?? folders[0]!;
}

function versionOfPackage(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
