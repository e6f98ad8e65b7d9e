import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { HearsayError } from "../../src/api/errors.js";
import type { Overflow } from "../../src/api/message-buffer.js";
import type { SubscribeOptions, Subscription } from "../../src/api/subscription.js";
import { historyDefaults } from "../../src/core/config.js";
import type { Envelope } from "../../src/core/message.js";
import { envelopeOf, envelopes, scene, settled } from "./scene.js";

/** Reads so many messages. */
async function read(subscription: Subscription, count: number): Promise<number[]> {
  const seqs: number[] = [];
  for (let i = 0; i < count; i++) {
    const { value } = await subscription.next();
    if (value !== undefined) seqs.push(value.seq);
  }
  return seqs;
}

/** Reads to the end. */
async function readAll(subscription: Subscription): Promise<number[]> {
  const seqs: number[] = [];
  for await (const message of subscription) seqs.push(message.seq);
  return seqs;
}

const over = { done: true, value: undefined };

describe("a subscription", () => {
  test("begins when it is made, not when it is first read", async () => {
    const { peer, hear } = scene();
    const subscription = peer.subscribe("news");
    hear(...envelopes(1, 3));
    expect(subscription.buffered).toBe(3);
    expect(await read(subscription, 3)).toEqual([1, 2, 3]);
  });

  test("has room, by default, for all that a hole sets free when it closes", async () => {
    const { peer, hear } = scene();
    const subscription = peer.subscribe("news");
    const { reorderMax } = historyDefaults;
    hear(...envelopes(1, reorderMax), ...envelopes(reorderMax + 1, reorderMax + 5_000));
    expect([subscription.buffered, subscription.dropped]).toEqual([reorderMax + 5_000, 0]);
  });

  test("gets each message once, with what the peer remembered first", async () => {
    const { peer, hear } = scene();
    hear(...envelopes(1, 3));
    const subscription = peer.subscribe("news");
    hear(...envelopes(4, 6));
    expect(subscription.buffered).toBe(6);
    expect(await read(subscription, 6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(subscription.buffered).toBe(0);
  });

  test("gets only what comes from now on, when it wants no history", async () => {
    const { peer, hear } = scene();
    hear(...envelopes(1, 3));
    const subscription = peer.subscribe("news", { history: "none" });
    hear(envelopeOf(4));
    await peer.close();
    expect(await readAll(subscription)).toEqual([4]);
  });

  test("gets its topic, or every topic", async () => {
    const { peer, hear } = scene();
    hear(envelopeOf(1, { topic: "sports" }), envelopeOf(2));
    const [news, all] = [peer.subscribe("news"), peer.subscribe()];
    hear(envelopeOf(3), envelopeOf(4, { topic: "sports" }));
    await peer.close();
    expect([news.topic, all.topic]).toEqual(["news", undefined]);
    expect(await readAll(news)).toEqual([2, 3]);
    expect(await readAll(all)).toEqual([1, 2, 3, 4]);
  });

  test("waits for a message's turn, unless any order will do", async () => {
    const { peer, core, inbox } = scene();
    const [first, second, third] = envelopes(1, 3) as [Envelope, Envelope, Envelope];
    core.past = [second];
    core.early = [second];
    const [inOrder, any] = [peer.subscribe("news"), peer.subscribe("news", { order: "any" })];
    inbox.arrived(third);
    inbox.arrived(first);
    for (const envelope of [first, second, third]) inbox.ordered(envelope);
    await peer.close();
    expect(await readAll(inOrder)).toEqual([1, 2, 3]);
    expect(await readAll(any)).toEqual([2, 3, 1]);
  });

  test("gives several who wait at the same time a message each, in their order", async () => {
    const { peer, hear } = scene();
    const subscription = peer.subscribe("news");
    const waiting = [subscription.next(), subscription.next(), subscription.next()];
    hear(...envelopes(1, 2));
    await peer.close();
    const results = await Promise.all(waiting);
    expect(results.map(({ value }) => value?.seq)).toEqual([1, 2, undefined]);
  });

  test("ends when its loop is left, and lets go of the peer", async () => {
    const { peer, hear } = scene();
    const subscription = peer.subscribe("news");
    hear(...envelopes(1, 3));
    for await (const message of subscription) if (message.seq === 2) break;
    hear(envelopeOf(4));
    expect(subscription.buffered).toBe(0);
    expect(await subscription.next()).toEqual(over);
  });

  test("ends with its block, with return and with throw; who still waits is told", async () => {
    const { peer, hear } = scene();
    const [first, second] = [peer.subscribe("news"), peer.subscribe("news")];
    const waiting = first.next();
    expect(await first.return()).toEqual(over);
    expect(await waiting).toEqual(over);
    await expect(second.throw(new Error("mine"))).rejects.toThrow("mine");
    let third: Subscription;
    {
      await using scoped = peer.subscribe("news");
      third = scoped;
    }
    hear(envelopeOf(1));
    expect([first.buffered, second.buffered, third.buffered]).toEqual([0, 0, 0]);
    expect(await third.next()).toEqual(over);
  });

  test("ends with an AbortError when its signal fires: the one who waits, or the next one, is told once", async () => {
    const { peer, hear } = scene();
    const control = new AbortController();
    const { signal } = control;
    const [idle, busy] = [peer.subscribe("a", { signal }), peer.subscribe("news", { signal })];
    const waiting = [idle.next(), idle.next()];
    hear(...envelopes(1, 3));
    control.abort("reason");
    await expect(waiting[0]).rejects.toMatchObject({ name: "AbortError", code: "aborted", cause: "reason" });
    expect(await waiting[1]).toEqual(over);
    await expect(busy.next()).rejects.toMatchObject({ code: "aborted" });
    expect([await busy.next(), await idle.next()]).toEqual([over, over]);
    const late = peer.subscribe("news", { signal });
    await expect(late.next()).rejects.toMatchObject({ code: "aborted" });
  });

  test("ends in good order with the peer, after what it has buffered", async () => {
    const { peer, hear } = scene();
    const [idle, busy] = [peer.subscribe("a"), peer.subscribe("news")];
    const waiting = idle.next();
    hear(...envelopes(1, 3));
    await peer.close();
    expect(await waiting).toEqual(over);
    expect(await readAll(busy)).toEqual([1, 2, 3]);
    expect(() => peer.subscribe("news")).toThrow(expect.objectContaining({ code: "closed" }));
  });

  test("is refused with wrong options", () => {
    const { peer } = scene();
    const wrong = [{ order: "some" }, { history: "all" }, { overflow: "x" }, { bufferMax: 0 }, { bufferMaxBytes: 1.5 }];
    for (const options of wrong) {
      expect(() => peer.subscribe("a", options as SubscribeOptions), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: "bad-option" }),
      );
    }
    expect(() => peer.subscribe("")).toThrow(expect.objectContaining({ code: "bad-topic" }));
  });
});

describe("a message", () => {
  test("tells whose it is, by a name for people and numbers for programs", async () => {
    const { peer, hear } = scene();
    const subscription = peer.subscribe("news");
    hear(envelopeOf(42));
    const message = (await subscription.next()).value!;
    const { payload: _, ...rest } = envelopeOf(42);
    expect(message).toMatchObject(rest);
    expect(message.id).toBe("1704067200.042:10.0.0.1:5000:#42");
    expect(message.text()).toBe("message 42");
  });

  test("is the subscriber's own: changing its bytes changes nobody else's", async () => {
    const { peer, hear } = scene();
    const [one, other] = [peer.subscribe("news"), peer.subscribe("news")];
    const envelope = envelopeOf(1, { payload: new TextEncoder().encode("[1]") });
    hear(envelope);
    const [mine, theirs] = [(await one.next()).value!, (await other.next()).value!];
    mine.payload.fill(48);
    expect(mine.text()).toBe("000");
    expect(theirs.json<number[]>()).toEqual([1]);
    expect(new TextDecoder().decode(envelope.payload)).toBe("[1]");
  });

  test("that is not what it is read as is an error with a code, and stays readable", async () => {
    const { peer, hear } = scene();
    const subscription = peer.subscribe("news");
    hear(envelopeOf(1, { payload: new Uint8Array([0xff]) }));
    const message = (await subscription.next()).value!;
    expect(() => message.text()).toThrow(expect.objectContaining({ code: "bad-payload" }));
    expect(() => message.json()).toThrow(expect.objectContaining({ code: "bad-payload" }));
    expect(message.payload).toEqual(new Uint8Array([0xff]));
  });
});

describe("a slow subscriber", () => {
  test("gets what was buffered, and then an error that counts what was lost", async () => {
    const { peer, hear } = scene();
    const told: unknown[] = [];
    peer.on("overflow", (event) => told.push(event));
    const subscription = peer.subscribe("news", { bufferMax: 2 });
    hear(...envelopes(1, 4));
    expect(await read(subscription, 1)).toEqual([1]);
    // Room alone does not bring it back: nothing may be missing in the middle.
    hear(envelopeOf(5));
    expect(await read(subscription, 1)).toEqual([2]);
    const error = await subscription.next().catch((error: HearsayError) => error);
    expect(error).toMatchObject({ code: "overflow" });
    expect((error as Error).message).toMatch(/^3 messages of topic "news" were lost/);
    hear(envelopeOf(6));
    expect(await subscription.next()).toEqual(over);
    expect(subscription.dropped).toBe(3);
    await settled();
    expect(told).toEqual([
      { type: "overflow", topic: "news", dropped: 2 },
      { type: "overflow", topic: "news", dropped: 1 },
    ]);
  });

  test("is told of its losses after the peer has been closed, too", async () => {
    const { peer, hear } = scene();
    const subscription = peer.subscribe("news", { bufferMax: 1 });
    hear(...envelopes(1, 2));
    await peer.close();
    expect(await read(subscription, 1)).toEqual([1]);
    await expect(subscription.next()).rejects.toMatchObject({ code: "overflow" });
    expect(await subscription.next()).toEqual(over);
  });

  test.each<[Overflow, number[]]>([
    ["drop-oldest", [3, 4, 5]],
    ["drop-newest", [1, 2, 5]],
  ])("that chose %s goes on without what was dropped", async (overflow, expected) => {
    const { peer, hear } = scene();
    const told = peer.once("overflow");
    const subscription = peer.subscribe(undefined, { bufferMax: 2, overflow });
    hear(...envelopes(1, 4));
    expect(await told).toEqual({ type: "overflow", topic: undefined, dropped: 2 });
    const first = await read(subscription, 2);
    hear(envelopeOf(5));
    await peer.close();
    expect([...first, ...(await readAll(subscription))]).toEqual(expected);
    expect(subscription.dropped).toBe(2);
  });

  test("may let bytes wait up to a bound, or one message of any size", async () => {
    const { peer, hear } = scene();
    const subscription = peer.subscribe("news", { bufferMaxBytes: 100, overflow: "drop-oldest" });
    const sized = (seq: number, bytes: number) => envelopeOf(seq, { payload: new Uint8Array(bytes) });
    hear(sized(1, 60), sized(2, 40));
    expect(subscription.dropped).toBe(0);
    hear(sized(3, 70));
    expect([subscription.dropped, subscription.buffered]).toEqual([2, 1]);
    hear(sized(4, 500));
    expect([subscription.dropped, subscription.buffered]).toEqual([3, 1]);
    hear(sized(5, 1));
    await peer.close();
    expect(await readAll(subscription)).toEqual([5]);
  });

  test("is not charged for the history it begins with", async () => {
    const { peer, hear } = scene();
    hear(...envelopes(1, 50));
    const subscription = peer.subscribe("news", { bufferMax: 3 });
    hear(...envelopes(51, 53));
    await peer.close();
    expect(await readAll(subscription)).toHaveLength(53);
  });

  test("sees what a dumb twin sees, whatever comes and however it reads", async () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constant("read" as const)), { maxLength: 60 });
    const overflows = fc.constantFrom<Overflow>("error", "drop-oldest", "drop-newest");
    await fc.assert(
      fc.asyncProperty(steps, overflows, fc.integer({ min: 1, max: 5 }), async (script, overflow, bufferMax) => {
        const { peer, hear } = scene();
        const subscription = peer.subscribe("news", { overflow, bufferMax, bufferMaxBytes: 12 });
        const twin: { seq: number; bytes: number }[] = [];
        let lost = 0;
        let seq = 0;
        for (const step of script) {
          if (step === "read") {
            if (twin.length > 0) expect(await read(subscription, 1)).toEqual([twin.shift()!.seq]);
            continue;
          }
          hear(envelopeOf(++seq, { payload: new Uint8Array(step) }));
          const isFull = () =>
            twin.length > 0 &&
            (twin.length >= bufferMax || twin.reduce((sum, { bytes }) => sum + bytes, 0) + step > 12);
          if (overflow === "drop-oldest") {
            for (; isFull(); lost++) twin.shift();
          } else if (isFull() || (overflow === "error" && lost > 0)) {
            lost++;
            continue;
          }
          twin.push({ seq, bytes: step });
        }
        expect([subscription.dropped, subscription.buffered]).toEqual([lost, twin.length]);
        await peer.close();
        const rest: number[] = [];
        const failure = await (async () => {
          for await (const message of subscription) rest.push(message.seq);
        })().catch((error: HearsayError) => error.code);
        expect(rest).toEqual(twin.map(({ seq }) => seq));
        expect(failure).toBe(overflow === "error" && lost > 0 ? "overflow" : undefined);
      }),
      { numRuns: 300 },
    );
  });
});
