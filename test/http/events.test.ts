import { afterEach, describe, expect, test } from "vitest";
import { EventRing } from "../../src/http/event-ring.js";
import { type StreamEvent, streamEventSchema, streamEventTypes } from "../../src/http/schemas.js";
import { eventsUntil, networkScene, peerScene, type Scene } from "./scene.js";

let scene: Scene | undefined;
afterEach(async () => {
  await scene?.close();
  scene = undefined;
});

const has =
  (...types: string[]) =>
  (events: readonly { readonly type: string }[]) =>
    types.every((type) => events.some((event) => event.type === type));

describe("the stream of events", () => {
  test("of a peer: hello, messages with a preview, and all of the form that is described", async () => {
    const { first, second, ...rest } = await peerScene();
    scene = rest;
    const stream = await rest.get("/api/v1/events");
    expect(stream.headers.get("content-type")).toBe("text/event-stream");
    expect(stream.headers.get("cache-control")).toBe("no-store");
    await second.peer.publish("news", "ü".repeat(500));
    await second.peer.close();
    const events = await eventsUntil(stream, has("hello", "message", "unlink", "leave"));
    for (const { type, body } of events) {
      expect(streamEventSchema.parse(body)).toEqual(body);
      expect(body.type).toBe(type);
    }
    expect(events[0]).toMatchObject({ type: "hello", body: { kind: "peer", isResumed: false } });
    const { body } = events.find(({ type }) => type === "message")!;
    expect(body).toMatchObject({
      topic: "news",
      bytes: 1_000,
      preview: "ü".repeat(100),
      origin: { id: second.peer.id },
    });
    expect(events.find(({ type }) => type === "leave")!.body.peer.id).toBe(second.peer.id);
    expect(first.peer.id).toBe(body.observer.id);
  });

  test("goes on where an earlier connection has ended, and says when it cannot", async () => {
    const { first, second, ...rest } = await peerScene();
    scene = rest;
    const say = (text: string) => second.peer.publish("news", text);
    const opened = await rest.get("/api/v1/events?types=message");
    await say("one");
    const [, one] = await eventsUntil(opened, (events) => events.length === 2);
    await say("two");
    await say("three");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const headers = { "Last-Event-ID": one!.id! };
    const again = await eventsUntil(
      await rest.get("/api/v1/events?types=message", { headers }),
      (all) => all.length === 3,
    );
    expect(again.map(({ type, body }) => body.preview ?? type)).toEqual(["hello", "two", "three"]);
    expect(again[0]!.body.isResumed).toBe(true);
    const foreign = { "Last-Event-ID": "other-7" };
    const lost = await eventsUntil(await rest.get("/api/v1/events", { headers: foreign }), (all) => all.length === 2);
    expect(lost.map(({ body }) => [body.type, body.isResumed ?? body.count])).toEqual([
      ["hello", false],
      ["dropped", null],
    ]);
    expect(first.peer.counters().delivered).toBe(3);
  });

  test("of a network: hops, deeds, and one word of each death", async () => {
    const network = await networkScene(5);
    scene = network;
    const stream = await network.get("/api/v1/events");
    await network.post("/api/v1/publish", { text: "hop", peer: "p1" });
    await network.post("/api/v1/links/cut", { a: "p1", b: "p2" });
    await network.post("/api/v1/heal");
    await network.post("/api/v1/peers", {});
    await network.post("/api/v1/peers/p3/kill");
    const events = await eventsUntil(stream, (all) => {
      const hops = all.filter(({ type }) => type === "hop");
      return has("dead", "killed", "mourned", "cut", "healed", "started", "joined")(all) && hops.length >= 4;
    });
    for (const { body } of events) expect(streamEventSchema.parse(body)).toEqual(body);
    const hops = events.filter(({ type }) => type === "hop").map(({ body }) => body);
    expect(hops.filter(({ isLast }) => isLast)).toHaveLength(1);
    const inTime = hops.filter(({ to }) => to !== "p6");
    expect(new Set(inTime.map(({ to }) => to))).toEqual(new Set(["p2", "p3", "p4", "p5"]));
    expect(inTime.every(({ round, from }) => (round === 1) === (from === "p1"))).toBe(true);
    const deaths = events.filter(({ type, body }) => type === "dead" && body.peer.name === "p3");
    expect(deaths).toHaveLength(1);
  });

  test("refuses more listeners than it may have, and takes others when they have gone", async () => {
    const rest = await peerScene({ stream: { clientsMax: 2 } });
    scene = rest;
    const opened = await Promise.all([rest.get("/api/v1/events"), rest.get("/api/v1/events")]);
    const refused = await rest.get("/api/v1/events");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("10");
    await opened[0]!.body!.cancel();
    await expect.poll(async () => (await rest.get("/api/v1/events")).status).toBe(200);
  });
});

test("a ring of events forgets the oldest, by number and by weight", () => {
  const event = (text: string): StreamEvent => ({
    type: "notice",
    at: 1,
    observer: { id: null, name: null, address: "a" },
    code: "c",
    text,
  });
  const ring = new EventRing({ entriesMax: 4, bytesMax: 2_000 });
  for (let i = 1; i <= 6; i++) ring.push(event(String(i)));
  expect([ring.first, ring.last, ring.at(2), ring.at(3)?.seq]).toEqual([3, 6, undefined, 3]);
  expect(ring.seqOf(ring.idOf(5))).toBe(5);
  expect(ring.seqOf(ring.idOf(7))).toBeUndefined();
  expect(ring.seqOf("x-1")).toBeUndefined();
  ring.push(event("x".repeat(1_850)));
  expect([ring.first, ring.last]).toEqual([7, 7]);
  expect(ring.bytes).toBeLessThan(2_000);
  ring.push(event("y".repeat(5_000)));
  expect([ring.first, ring.last]).toEqual([8, 8]);
});

test("every type of event has a name of its own", () => {
  expect(new Set(streamEventTypes).size).toBe(streamEventTypes.length);
});
