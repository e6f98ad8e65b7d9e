import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import type { Message } from "../../src/core/message.js";
import { cutAt, gossip, heardOn, linked, probe, spoken, startToy, type ToyOnStage } from "./native-toys.js";
import { Scene, until, type Wire } from "./scene.js";

const scene = new Scene();
const ends: (() => unknown)[] = [];
afterEach(() => {
  scene.clear();
  for (const end of ends.splice(0)) end();
});

/** Answers probes with acks, and classic liveness requests with replies. */
function answering(options = {}): Promise<ToyOnStage> {
  return startToy(ends, options, ({ effects }, link, message) => {
    if (message.type === "probe") effects.send(link, { type: "ack", nonce: message.nonce });
    if (message.type === "liveness-request") {
      effects.send(link, { ...message, type: "liveness-reply", ownIp: "127.0.0.1" });
      effects.end(link);
    }
  });
}

const classicRequest = "Liveness Request:1731234567.5:127.0.0.1";
const classicReply = `Liveness Reply:1731234567.5:127.0.0.1:127.0.0.1`;

async function hears(wire: Wire, messages: readonly Message[]): Promise<void> {
  await until(
    () => wire.closed || heardOn(wire).length >= messages.length,
    () => `${messages.length} messages are heard; heard: ${heardOn(wire).length}`,
  );
  expect(heardOn(wire)).toEqual(messages);
}

test("both dialects are spoken on one port at the same time, each answered in kind", async () => {
  const toy = await answering();
  const native = await scene.connect(toy.port);
  const classic = await scene.connect(toy.port);
  native.say(spoken(probe(7)));
  classic.say(classicRequest).end();
  await hears(native, [{ type: "ack", nonce: 7 }]);
  await classic.isHungUp();
  expect(classic.text).toBe(classicReply);
  expect(toy.core.told.filter((line) => line.startsWith("up")).sort()).toEqual(["up 1 native", "up 2 classic"]);
  expect(toy.turned).toEqual([]);
});

test("the core hears of a connection when its first bytes have shown what it speaks, however slowly they come", async () => {
  const toy = await answering();
  const native = await scene.connect(toy.port);
  const bytes = spoken(probe(300));
  await native.sayInPieces(cutAt(bytes.subarray(0, 2), [1]), 20);
  expect([toy.core.told, toy.driver.connections]).toEqual([[], 1]);
  await native.sayInPieces(cutAt(bytes.subarray(2), [1, 2, 3, 4, 5, 6, 7]), 5);
  await hears(native, [{ type: "ack", nonce: 300 }]);
  const classic = await scene.connect(toy.port);
  expect(toy.core.told).toEqual(["up 1 native"]);
  await classic.sayInPieces([...classicRequest], 2);
  await classic.end().isHungUp();
  expect(classic.text).toBe(classicReply);
});

test("who connects and leaves without a word, or in the middle of the first one, leaves no trace", async () => {
  const toy = await answering();
  (await scene.connect(toy.port)).end();
  (await scene.connect(toy.port)).socket.resetAndDestroy();
  (await scene.connect(toy.port)).say(spoken().subarray(0, 2)).end();
  await sleep(50);
  await until(() => toy.driver.connections === 0, "all are gone");
  expect([toy.core.told, toy.turned]).toEqual([[], []]);
});

test.each([
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
  ["a TLS hello", Buffer.from("160301020001000100fc0303", "hex")],
  ["almost a preamble", Buffer.from("f64854", "hex")],
  ["nothing but a high byte", Buffer.from("ff", "hex")],
])("%s is shown out, and said once", async (_what, bytes) => {
  const toy = await answering();
  await (await scene.connect(toy.port)).say(bytes).isHungUp();
  expect(toy.turned).toHaveLength(1);
  expect(toy.turned[0]).toMatchObject({ refusal: { reason: expect.stringMatching(/not-a-message|not-utf8/) } });
  expect(toy.core.told).toEqual(["up 1 classic", "down 1 garbage"]);
});

test("who speaks a dialect that is not spoken here is turned away, and the core never hears of it", async () => {
  const toy = await answering({ dialects: ["native"] });
  const classic = await scene.connect(toy.port);
  await classic.say(classicRequest).isHungUp();
  expect(toy.turned).toEqual([{ remote: expect.stringMatching(/^127\.0\.0\.1:\d+$/), why: "not-spoken" }]);
  expect([classic.text, toy.core.told]).toEqual(["", []]);
});

test("where only classic is spoken, the core hears of a connection before it says anything, and dials are classic", async () => {
  const toy = await answering({ dialects: ["classic"] });
  const silent = await scene.connect(toy.port);
  await until(() => toy.core.told.length === 1, "the core is told");
  const native = await scene.connect(toy.port);
  await native.say(spoken(probe(1))).isHungUp();
  expect(toy.turned).toMatchObject([{ refusal: { reason: "not-utf8" } }]);
  silent.socket.destroy();
  const listener = await scene.listenAsPeer();
  const link = toy.driver.call(({ effects }) => effects.dial(listener.address));
  await until(() => toy.core.told.includes(`up ${link} classic`), "the link is up");
});

test("one driver dials both dialects; what is left unsaid is native", async () => {
  const toy = await answering();
  const other = await answering();
  const native = await linked(toy, other);
  const classic = toy.driver.call(({ effects }) => effects.dial(other.address, "classic"));
  await until(() => toy.core.told.length === 2, "both are up");
  toy.send(native, probe(1));
  toy.send(classic, { type: "liveness-request", timestamp: "1731234567.5", ip: "127.0.0.1" });
  await until(() => toy.core.messages.length === 2, "both are answered");
  expect(toy.core.messages.map(({ type }) => type).sort()).toEqual(["ack", "liveness-reply"]);
  expect(other.core.told.slice(0, 2).map((line) => line.split(" ")[2])).toEqual(["native", "classic"]);
});

test("whoever answers a native dial in another language is not listened to", async () => {
  const toy = await answering();
  const listener = await scene.listen(() => "500 What do you want?\r\n");
  const link = toy.driver.call(({ effects }) => effects.dial(listener.address));
  await until(() => toy.core.told.length === 2, "the link is down");
  expect(toy.core.told).toEqual([`up ${link} native`, `down ${link} garbage`]);
  expect(toy.turned).toMatchObject([{ remote: listener.address, nativeRefusal: { reason: "no-preamble" } }]);
});

test.each([
  ["another version of the frames", Buffer.from("f6485302", "hex"), "other-version"],
  ["a type that nobody knows", Buffer.from("f64853010000000063", "hex"), "unknown-type"],
  ["a length of 4 GiB", Buffer.from("f6485301ffffffff10", "hex"), "too-long"],
  ["a payload beyond the limit", spoken(gossip(1, 3_000)), "too-long"],
  ["a field that is cut off", Buffer.from("f648530100000001182a", "hex"), "truncated"],
])("%s closes the link, is said once, and what came before it counts", async (_what, bytes, reason) => {
  const toy = await startToy(ends, { maxPayloadBytes: 1_000 });
  const wire = await scene.connect(toy.port);
  const good = reason === "other-version" ? spoken().subarray(0, 0) : spoken(probe(1)).subarray(4);
  wire.say(Buffer.concat([bytes.subarray(0, 4), good, bytes.subarray(4), bytes.subarray(4), bytes.subarray(4)]));
  await wire.isHungUp();
  expect(toy.turned).toMatchObject([{ nativeRefusal: { reason } }]);
  expect(toy.core.told).toEqual(["up 1 native", "down 1 garbage"]);
  expect(toy.core.messages).toHaveLength(good.length > 0 ? 1 : 0);
  expect(heardOn(wire)).toEqual([]);
});

test("frames arrive whole and in order, wherever the stream is cut", async () => {
  const toy = await answering();
  const messages = fc.array(
    fc.oneof(
      fc.nat(1e6).map(probe),
      fc
        .tuple(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(0, 10, 3_000, 70_000))
        .map(([n, size]) => gossip(n, size)),
    ),
    { minLength: 1, maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(messages, fc.array(fc.nat(300_000), { maxLength: 12 }), async (said, cuts) => {
      toy.core.messages.length = 0;
      const wire = await scene.connect(toy.port);
      await wire.sayInPieces(cutAt(spoken(...said), cuts), 1);
      await until(() => toy.core.messages.length === said.length, "all have arrived");
      wire.socket.destroy();
      expect(toy.core.messages.map(essence)).toEqual(said.map(essence));
    }),
    { numRuns: process.env.HEARSAY_LONG ? 100 : 10 },
  );
  expect(toy.turned).toEqual([]);
});

/** The same for a message as it was made and as it was read. */
function essence(message: { readonly type: string }): unknown {
  const { envelope, ...rest } = message as { type: string; envelope?: { seq: number; payload: Uint8Array } };
  return envelope === undefined ? rest : [rest, envelope.seq, Buffer.from(envelope.payload).toString("base64")];
}
