import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { json, type NetworkScene, networkScene, type PeerScene, peerScene, type Scene, seedScene } from "./scene.js";

let peer: PeerScene;
let seed: Scene;
let network: NetworkScene;
beforeAll(async () => {
  [peer, seed, network] = await Promise.all([peerScene(), seedScene(), networkScene(4)]);
});
afterAll(async () => {
  await Promise.all([peer?.close(), seed?.close(), network?.close()]);
});

const bodies: Record<string, unknown> = {
  "/api/v1/publish": { text: "hello" },
  "/api/v1/peers": { count: 1 },
  "/api/v1/links/cut": { a: "p1", b: "p2" },
  "/api/v1/partition": { groups: [["p1", "s1"]] },
};

interface Operation {
  readonly responses: Record<string, { readonly content: Record<string, { readonly schema: object }> }>;
}

describe("the description is what is answered", () => {
  for (const kind of ["peer", "seed", "network"] as const) {
    test(`by a ${kind}: every path, with every method that it has`, async () => {
      const scene = { peer, seed, network }[kind];
      const description = (await json(await scene.get("/api/v1/openapi.json"))) as {
        readonly openapi: string;
        readonly paths: Record<string, Record<string, Operation>>;
        readonly components: object;
      };
      expect(description.openapi).toBe("3.1.0");
      // OpenAPI's own words (example: x-event) stand beside those of JSON Schema.
      const ajv = new Ajv2020({ strict: false });
      ajv.addSchema({ $id: "api", components: description.components });
      const rebased = (schema: object) =>
        JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"api#/components')) as object;
      const called: string[] = [];
      for (const [path, operations] of Object.entries(description.paths)) {
        for (const [method, { responses }] of Object.entries(operations)) {
          // Kills come last: see below.
          const url = path.replace("{name}", path.endsWith("/leave") ? "p4" : "p3");
          if (path.endsWith("/events")) continue;
          const answer = method === "get" ? await scene.get(url) : await scene.post(url, bodies[path] ?? {});
          const { content } = responses[String(answer.status)]!;
          const type = answer.headers.get("content-type")!.split(";")[0]!;
          const schema = content[type]!.schema;
          const body: unknown = type === "text/plain" ? await answer.text() : await json(answer);
          const isValid = ajv.validate(rebased(schema), body);
          expect(isValid ? [] : ajv.errors, `${method} ${path}: ${JSON.stringify(body).slice(0, 300)}`).toEqual([]);
          expect(answer.status, path).toBe(200);
          called.push(`${method} ${path}`);
        }
      }
      expect(called).toHaveLength({ peer: 12, seed: 8, network: 22 }[kind]);
      const failure = await scene.get("/api/v1/nothing");
      const error = description.paths["/healthz"]!.get!.responses.default!.content["application/json"]!.schema;
      expect(ajv.validate(rebased(error), await failure.json())).toBe(true);
    });
  }
});

describe("what is answered", () => {
  test("a directory is filtered by status and tags, and read page by page", async () => {
    const read = async (query: string) => json(await peer.get(`/api/v1/directory${query}`));
    expect(await read("")).toMatchObject({ matching: 2, counts: { alive: 2 }, next: null });
    expect(await read("?tag=role=worker&tag=zone")).toMatchObject({ matching: 1, peers: [{ isSelf: true }] });
    expect(await read("?tag=role=other")).toMatchObject({ matching: 0, peers: [], next: null });
    expect(await read("?status=dead,left")).toMatchObject({ matching: 0 });
    const first = await read("?limit=1");
    expect(first.peers).toHaveLength(1);
    expect(first.next).toBe(first.peers[0].id);
    const second = await read(`?limit=1&after=${first.next}`);
    expect(second).toMatchObject({ matching: 2, next: null });
    expect(second.peers[0].id > first.peers[0].id).toBe(true);
  });

  test("a message that is published is in history, counters and trees, and the other peer has it", async () => {
    const { second } = peer;
    const subscription = second.peer.subscribe("news", { history: "none" });
    const answer = await peer.post("/api/v1/publish", {
      topic: "news",
      base64: Buffer.from("höre").toString("base64"),
    });
    const { id, neighbors } = await json(answer);
    expect(neighbors).toBe(1);
    for await (const message of subscription) {
      expect([message.id, message.text()]).toEqual([id, "höre"]);
      break;
    }
    const history = await json(await peer.get("/api/v1/history"));
    const own = history.marks.find(({ origin }: { origin: { id: string } }) => origin.id === peer.first.peer.id);
    expect(own).toMatchObject({ missing: 0, kept: own.last, contiguous: own.last });
    const counters = await json(await peer.get("/api/v1/counters"));
    expect(counters).toMatchObject({ kind: "peer", published: own.last, neighbors: 1 });
    const { trees } = await json(await peer.get("/api/v1/trees"));
    expect(trees[0]).toMatchObject({ isInUse: true, eager: [{ id: second.peer.id }], lazy: [] });
    const { neighbors: links } = await json(await peer.get("/api/v1/neighbors"));
    expect(links).toMatchObject([{ id: second.peer.id, isCongested: false, eager: [trees[0].root.id], lazy: [] }]);
  });

  test("what cannot be published is said in words, with a status", async () => {
    const tried = async (body: unknown) => {
      const answer = await peer.post("/api/v1/publish", body);
      return [answer.status, (await json(answer)).error.code];
    };
    expect(await tried({ topic: "x" })).toEqual([400, "bad-request"]);
    expect(await tried({ text: "x", base64: "eA==" })).toEqual([400, "bad-request"]);
    expect(await tried({ text: "x", unknown: 1 })).toEqual([400, "bad-request"]);
    expect(await tried("{nonsense")).toEqual([400, "bad-request"]);
    expect(await tried({ topic: "ö".repeat(200), text: "x" })).toEqual([400, "bad-topic"]);
    expect(await tried({ text: "x".repeat(1_100_000) })).toEqual([413, "too-large"]);
    const chunks = new Blob(Array.from({ length: 200 }, () => "x".repeat(10_000))).stream();
    const headers = { "Content-Type": "application/json" };
    const chunked = await peer.get("/api/v1/publish", {
      method: "POST",
      headers,
      body: chunks,
      duplex: "half",
    } as RequestInit);
    expect(chunked.status).toBe(413);
  });

  test("of a network: each peer by its name, links with their kind, the way of a message", async () => {
    const { post, get, network: local } = network;
    await post("/api/v1/heal");
    while (!local.connected) await new Promise((resolve) => setTimeout(resolve, 10));
    const { id } = await json(await post("/api/v1/publish", { text: "way", peer: "p2" }));
    const others = local.living().length - 1;
    let way: { hops: { peer: string; from: string | null; round: number; at: number }[]; delivered: number };
    let answer: { messages: { id: string }[]; links: { a: string; b: string; kind: string; roots: string[] }[] };
    do {
      answer = await json(await get("/api/v1/network"));
      way = answer.messages.find((message) => message.id === id) as never;
    } while ((way?.delivered ?? 0) < others);
    expect(way.hops[0]).toMatchObject({ peer: "p2", from: null, round: 0 });
    for (const { peer: name, from, round } of way.hops.slice(1)) {
      expect([...local.peers().find((one) => one.name === name)!.neighbors]).toContain(from);
      expect(round).toBe(way.hops.find((hop) => hop.peer === from)!.round + 1);
    }
    const eager = answer.links.filter(({ kind }) => kind === "eager");
    expect(eager.length).toBeGreaterThanOrEqual(others);
    expect(eager.every(({ roots }) => roots.length > 0)).toBe(true);
    const asked = await json(await get("/api/v1/neighbors?peer=p2"));
    expect(asked.observer.name).toBe("p2");
    expect((await get("/api/v1/neighbors?peer=p99")).status).toBe(404);
    expect((await post("/api/v1/peers/s1/kill")).status).toBe(404);
    expect((await post("/api/v1/partition", { groups: [["p1"], ["p1"]] })).status).toBe(400);
  });

  test("a network is not ready while its peers are not linked", async () => {
    const { post, get, network: local } = network;
    expect((await get("/readyz")).status).toBe(200);
    const alone = local.living()[0]!;
    await post("/api/v1/partition", { groups: [[alone]] });
    while (local.reachable() === local.living().length) await new Promise((resolve) => setTimeout(resolve, 20));
    const answer = await get("/readyz");
    expect(answer.status).toBe(503);
    expect((await json(answer)).reasons[0]).toMatch(/^only \d of \d peers are linked/);
    await post("/api/v1/heal");
  });
});
