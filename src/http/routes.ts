/** Everything that an endpoint answers: one table, from which the server and the description are made. */
import { z } from "zod";
import { now } from "../net/clock.js";
import { countsOf, keyOf } from "./peer-pages.js";
import { nobodyCalled, RequestFailure } from "./request-failure.js";
import { type Asked, type Backing, pageOf, type Route, route } from "./route.js";
import * as schemas from "./schemas.js";
import type { PeerPages, SeedPages, Subject } from "./subject.js";

const everybody = ["peer", "seed", "network"] as const;
const peers = ["peer", "network"] as const;
const seeds = ["seed", "network"] as const;
const network = ["network"] as const;

const { noQuerySchema, peerQuerySchema } = schemas;

const deedSummaries = {
  kill: "Ends a peer as SIGKILL would: nobody is told.",
  freeze: "Stops a peer as SIGSTOP would.",
  thaw: "Lets a frozen peer go on, late.",
  leave: "Has a peer say goodbye, and end.",
} as const;

const health: readonly Route[] = [
  route({
    method: "GET",
    path: "/healthz",
    kinds: everybody,
    summary: "Whether the process runs. Needs no token.",
    query: noQuerySchema,
    answer: schemas.healthSchema,
    run: ({ backing }) => ({ status: "ok", upMs: now() - backing.startedAt }),
  }),
  route({
    method: "GET",
    path: "/readyz",
    kinds: everybody,
    summary: "Whether it is part of its network: 503 with the reasons when it is not.",
    query: noQuerySchema,
    answer: schemas.readinessSchema,
    statuses: [503],
    run({ backing }) {
      const reasons = backing.subject.notReady();
      const isReady = reasons.length === 0;
      return { status: isReady ? 200 : 503, body: { isReady, reasons } };
    },
  }),
  route({
    method: "GET",
    path: "/metrics",
    kinds: everybody,
    summary: "Figures for Prometheus.",
    query: noQuerySchema,
    answer: "text/plain",
    run: notHere,
  }),
];

const readings: readonly Route[] = [
  route({
    method: "GET",
    path: "/api/v1/self",
    kinds: everybody,
    summary: "Whose endpoint this is.",
    query: noQuerySchema,
    answer: schemas.selfSchema,
    run({ backing: { subject, version } }) {
      const notReady = subject.notReady();
      const isReady = notReady.length === 0;
      return { kind: subject.kind, version, ...subject.self(), now: now(), isReady, notReady };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/directory",
    kinds: peers,
    summary: "Who is there, as one peer knows it; page by page.",
    query: schemas.directoryQuerySchema,
    answer: schemas.directorySchema,
    run({ backing, query }) {
      const { who, directory } = peerOf(backing.subject, query.peer);
      const all = directory();
      const matching = all.filter(({ status, tags }) => {
        if (query.status !== undefined && !query.status.includes(status)) return false;
        return (query.tag ?? []).every((wanted) => hasTag(tags, wanted));
      });
      const { page, next } = pageOf(matching, keyOf, query);
      return { observer: who, counts: countsOf(all), matching: matching.length, peers: page, next };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/neighbors",
    kinds: peers,
    summary: "The peers that one peer has a link to.",
    query: peerQuerySchema,
    answer: schemas.neighborsSchema,
    run({ backing, query }) {
      const { who, neighbors } = peerOf(backing.subject, query.peer);
      return { observer: who, neighbors: neighbors() };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/trees",
    kinds: peers,
    summary: "The trees on which messages come to one peer, the last used first.",
    query: peerQuerySchema,
    answer: schemas.treesSchema,
    run({ backing, query }) {
      const { who, trees } = peerOf(backing.subject, query.peer);
      return { observer: who, trees: trees() };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/history",
    kinds: peers,
    summary: "What one peer remembers of each origin; page by page.",
    query: schemas.historyQuerySchema,
    answer: schemas.historySchema,
    run({ backing, query }) {
      const { who, kept, marks } = peerOf(backing.subject, query.peer);
      const all = marks();
      // Epochs have fewer than 16 digits.
      const key = ({ origin, epoch }: schemas.MarkAnswer) => `${origin.id}-${String(epoch).padStart(16, "0")}`;
      const { page, next } = pageOf(all, key, query);
      return { observer: who, ...kept(), total: all.length, marks: page, next };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/counters",
    kinds: everybody,
    summary: "What has been done since the start.",
    query: noQuerySchema,
    answer: schemas.countersSchema,
    run: ({ backing }) => backing.subject.counters(),
  }),
  route({
    method: "GET",
    path: "/api/v1/config",
    kinds: everybody,
    summary: "Tunables in force.",
    query: schemas.configQuerySchema,
    answer: schemas.configSchema,
    run({ backing: { subject }, query }) {
      const isSeed = query.seed !== undefined || (query.peer === undefined && subject.kind === "seed");
      const { who, config } = isSeed ? seedOf(subject, query.seed) : peerOf(subject, query.peer);
      return { kind: isSeed ? "seed" : "peer", of: who, config: config() };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/registrations",
    kinds: seeds,
    summary: "Who is registered with a seed; page by page.",
    query: schemas.registrationsQuerySchema,
    answer: schemas.registrationsSchema,
    run({ backing, query }) {
      const { who, registrations } = seedOf(backing.subject, query.seed);
      const all = registrations();
      const { page, next } = pageOf(all, ({ address }) => address, query);
      return { seed: who, total: all.length, registrations: page, next };
    },
  }),
  route({
    method: "GET",
    path: "/api/v1/network",
    kinds: network,
    summary: "All peers and seeds of this process, the links between them, and the ways of the latest messages.",
    query: schemas.networkQuerySchema,
    answer: schemas.networkSchema,
    run: ({ backing, query }) => backing.subject.network?.(query.messages) ?? notHere(),
  }),
  route({
    method: "GET",
    path: "/api/v1/events",
    kinds: everybody,
    summary: "What happens, as server-sent events. Last-Event-ID goes on where another connection has ended.",
    query: schemas.eventsQuerySchema,
    answer: "text/event-stream",
    run: notHere,
  }),
  route({
    method: "GET",
    path: "/api/v1/openapi.json",
    kinds: everybody,
    summary: "This description.",
    query: noQuerySchema,
    answer: "application/json",
    run: notHere,
  }),
];

const deeds: readonly Route[] = [
  route({
    method: "POST",
    path: "/api/v1/publish",
    kinds: peers,
    summary: "Has a peer tell everyone something. Answers when another peer has it.",
    query: noQuerySchema,
    body: schemas.publishRequestSchema,
    answer: schemas.publishedSchema,
    run: ({ backing, body }) => backing.subject.publish?.(body) ?? notHere(),
  }),
  route({
    method: "POST",
    path: "/api/v1/peers",
    kinds: network,
    summary: "Starts more peers.",
    query: noQuerySchema,
    body: schemas.addPeersRequestSchema,
    answer: schemas.addedPeersSchema,
    run: async ({ backing, body }) => ({ peers: await actionsOf(backing).addPeers(body) }),
  }),
  ...(["kill", "freeze", "thaw", "leave"] as const).map((deed) =>
    route({
      method: "POST",
      path: `/api/v1/peers/{name}/${deed}`,
      kinds: network,
      summary: deedSummaries[deed],
      query: noQuerySchema,
      body: schemas.emptyRequestSchema,
      answer: schemas.doneSchema,
      run: async ({ backing, params }) => ({ done: await actionsOf(backing)[deed](params.name!) }),
    }),
  ),
  route({
    method: "POST",
    path: "/api/v1/links/cut",
    kinds: network,
    summary: "Cuts the path between two peers or seeds: nothing gets through any more, and nobody is told.",
    query: noQuerySchema,
    body: schemas.cutRequestSchema,
    answer: schemas.doneSchema,
    run: ({ backing, body }) => ({ done: actionsOf(backing).cut(body) }),
  }),
  route({
    method: "POST",
    path: "/api/v1/partition",
    kinds: network,
    summary: "Cuts all paths between these groups, in place of an earlier partition.",
    query: noQuerySchema,
    body: schemas.partitionRequestSchema,
    answer: schemas.doneSchema,
    run: ({ backing, body }) => ({ done: actionsOf(backing).partition(body) }),
  }),
  route({
    method: "POST",
    path: "/api/v1/heal",
    kinds: network,
    summary: "Mends every path that was cut, one by one or by a partition.",
    query: noQuerySchema,
    body: schemas.emptyRequestSchema,
    answer: schemas.doneSchema,
    run: ({ backing }) => ({ done: actionsOf(backing).heal() }),
  }),
];

/** All routes of an endpoint of this kind. */
export function routesFor(kind: Subject["kind"]): Route[] {
  return [...health, ...readings, ...deeds].filter(({ kinds }) => kinds.includes(kind));
}

/** What is wrong with a value, for people. */
export function faultOf(error: z.ZodError): string {
  return z
    .prettifyError(error)
    .replaceAll("✖ ", "")
    .replace(/\s*\n\s*→?\s*/g, " ");
}

function peerOf(subject: Subject, name: string | undefined): PeerPages {
  return named(subject.peers(), name, "peer");
}

function seedOf(subject: Subject, name: string | undefined): SeedPages {
  return named(subject.seeds(), name, "seed");
}

function named<Pages extends PeerPages | SeedPages>(all: readonly Pages[], name: string | undefined, what: string) {
  const isCalled = ({ who }: Pages) => name === undefined || [who.name, who.id, who.address].includes(name);
  const found = all.find(isCalled);
  if (found !== undefined) return found;
  if (name !== undefined) throw nobodyCalled(name);
  throw new RequestFailure(404, "nobody", `there is no living ${what} of this protocol here to ask`);
}

function hasTag(tags: Readonly<Record<string, string>>, wanted: string): boolean {
  const at = wanted.indexOf("=");
  if (at < 0) return Object.hasOwn(tags, wanted);
  const name = wanted.slice(0, at);
  return Object.hasOwn(tags, name) && tags[name] === wanted.slice(at + 1);
}

function actionsOf({ subject }: Backing): NonNullable<Subject["actions"]> {
  return subject.actions ?? notHere();
}

/** Never reached: only what a kind of endpoint has is routed to it. */
function notHere(_asked?: Asked<unknown, unknown>): never {
  throw new RequestFailure(404, "not-here", "there is no such thing here");
}
