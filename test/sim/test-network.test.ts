import { describe, expect, test } from "vitest";
import { json } from "../../src/api/payload.js";
import type { Peer } from "../../src/api/peer.js";
import type { SubscribeOptions } from "../../src/api/subscription.js";
import { seededRandom } from "../../src/core/random.js";
import { createTestNetwork, type TestNetwork } from "../../src/sim/test-network.js";
import { seededRuns } from "../seeded.js";

/** What each peer hears, as text, from now on. */
function listen(peers: readonly Peer[], topic?: string, options?: SubscribeOptions): string[][] {
  return peers.map((peer) => {
    const heard: string[] = [];
    void (async () => {
      for await (const message of peer.subscribe(topic, options)) heard.push(message.text());
    })();
    return heard;
  });
}

function allHave(heard: readonly (readonly string[])[], count: number): () => boolean {
  return () => heard.every((messages) => messages.length >= count);
}

describe("a test network", () => {
  test("brings a message to every peer, its publisher included", async () => {
    await using network = await createTestNetwork({ peers: 5 });
    const heard = listen(network.peers, "news");
    const { neighbors } = await network.until(network.peers[2]!.publish("news", "hello"));
    expect(neighbors).toBeGreaterThan(0);
    await network.until(allHave(heard, 1), { limitMs: 1_000 });
    await network.advance(60_000);
    expect(heard).toEqual(new Array(5).fill(["hello"]));
  });

  test("does the same for the same random seed, and something else for another", async () => {
    const run = async (randomSeed: number) => {
      await using network = await createTestNetwork({ peers: 4, randomSeed, lossRate: 0.05 });
      const [one, other] = network.peers as [Peer, Peer];
      // Code that answers is a part of the run.
      void (async () => {
        for await (const message of other.subscribe("ask")) void other.publish("answer", message.text());
      })();
      const answers = one.subscribe("answer");
      void one.publish("ask", "why?");
      const { value } = await network.until(answers.next());
      await network.advance(10_000);
      return [value!.id, network.traceHash];
    };
    const [first, same, different] = [await run(1), await run(1), await run(2)];
    expect(same).toEqual(first);
    expect(different).not.toEqual(first);
  });

  test("gives code under test its turn between events, however often it awaits", async () => {
    await using network = await createTestNetwork({ peers: 3, latencyMs: [10, 10] });
    const [one, other] = network.peers as [Peer, Peer];
    const deep = async (depth: number): Promise<void> => (depth === 0 ? undefined : await deep(depth - 1));
    const ping = async (from: Peer, hears: string, says: string) => {
      for await (const message of from.subscribe(hears)) {
        await deep(10);
        const count = message.json<number>();
        if (count < 50) await from.publish(says, json(count + 1));
      }
    };
    // The last ones are still under way when the network is closed.
    ping(one, "pong", "ping").catch(() => {});
    ping(other, "ping", "pong").catch(() => {});
    const [rallies] = listen([one], "ping");
    const begun = network.now;
    await network.until(one.publish("ping", json(1)));
    await network.until(() => rallies!.at(-1) === "49", { limitMs: 10_000 });
    // Each rally costs the way there and what an acknowledgement takes; none is left waiting for another event.
    expect(network.now - begun).toBeLessThan(49 * 60);
  });

  test("lets time pass although code under test never waits for it", async () => {
    await using network = await createTestNetwork({ peers: 1 });
    const [lonely] = network.peers as [Peer];
    let failures = 0;
    const spin = async (): Promise<void> => {
      for (;;) {
        const error = await lonely.publish("news", "x").catch((error) => error);
        if (error.code === "closed") return;
        failures++;
      }
    };
    const spinning = spin();
    await network.advance(100);
    expect(failures).toBeGreaterThan(0);
    await network.close();
    await spinning;
  });

  test("lets exactly the time pass that it is told to", async () => {
    await using network = await createTestNetwork({ peers: 2 });
    const begun = network.now;
    await network.advance(0);
    await network.advance(12_345);
    await Promise.all([network.advance(5), network.advance(7)]);
    expect(network.now - begun).toBe(12_352);
    await expect(network.advance(-1)).rejects.toThrow(RangeError);
  });

  test("waits for promises and conditions no longer than it is told to, and names the random seed", async () => {
    await using network = await createTestNetwork({ peers: 2, randomSeed: 77 });
    const begun = network.now;
    const outOfTime = { name: "SimulationError", code: "out-of-time", message: expect.stringMatching(/randomSeed 77/) };
    await expect(network.until(new Promise(() => {}), { limitMs: 500 })).rejects.toMatchObject(outOfTime);
    await expect(network.until(() => false, { limitMs: 500 })).rejects.toMatchObject(outOfTime);
    expect(network.now - begun).toBe(1_000);
    await expect(network.until(Promise.reject(new Error("mine")))).rejects.toThrow("mine");
    expect(await network.until(Promise.resolve(7))).toBe(7);
    await network.until(() => true);
    expect(network.now - begun).toBe(1_000);
  });

  test("replays what is remembered to a late peer, once, before what is new", async () => {
    await using network = await createTestNetwork({ peers: 4 });
    const [one] = network.peers as [Peer];
    for (let i = 1; i <= 20; i++) await network.until(one.publish("news", `${i}`));
    const late = network.addPeer();
    const [early] = listen([late], "news");
    await network.until(late.once("joined"));
    await network.until(() => early!.length >= 20, { limitMs: 2_000 });
    const [later] = listen([late], "news");
    await network.until(one.publish("news", "21"));
    await network.advance(1_000);
    const expected = Array.from({ length: 21 }, (_, index) => `${index + 1}`);
    expect(early).toEqual(expected);
    expect(later).toEqual(expected);
  });

  test("splits into parts that do not hear each other, and heals: everybody has everything then, in order", async () => {
    await using network = await createTestNetwork({ peers: 6 });
    const heard = listen(network.peers, "news");
    const [left, right] = [network.peers.slice(0, 3), network.peers.slice(3)];
    network.partition(left, right);
    await network.advance(60_000);
    for (let i = 1; i <= 5; i++) {
      void left[0]!.publish("news", `left ${i}`).catch(() => {});
      void right[0]!.publish("news", `right ${i}`).catch(() => {});
      await network.advance(100);
    }
    await network.advance(5_000);
    expect(heard.map((messages) => messages.length)).toEqual([5, 5, 5, 5, 5, 5]);
    network.heal();
    await network.until(allHave(heard, 10), { limitMs: 120_000 });
    await network.advance(10_000);
    for (const messages of heard) {
      for (const side of ["left", "right"]) {
        const expected = Array.from({ length: 5 }, (_, index) => `${side} ${index + 1}`);
        expect(messages.filter((message) => message.startsWith(side))).toEqual(expected);
      }
    }
  });

  test("kills a peer: the others notice, the code at it finds it closed", async () => {
    await using network = await createTestNetwork({ peers: 2 });
    const [one, other] = network.peers as [Peer, Peer];
    const reading = other.subscribe("news").next();
    const events = [one.once("unlink"), one.once("alone")];
    network.crash(other);
    expect(await reading).toMatchObject({ done: true });
    await expect(other.publish("news", "x")).rejects.toMatchObject({ code: "closed" });
    const [unlinked] = await network.until(Promise.all(events));
    expect(unlinked).toMatchObject({ neighbor: { id: other.id } });
    await expect(network.until(one.publish("news", "x"))).rejects.toMatchObject({ code: "alone" });
    expect(await network.until(one.publish("news", "kept", { allowAlone: true }))).toMatchObject({ neighbors: 0 });
    const [heard] = listen([network.addPeer()], "news");
    await network.until(() => heard!.length === 1, { limitMs: 5_000 });
    expect(heard).toEqual(["kept"]);
  });

  test("stops a peer for a while: it hears afterwards what it has missed", async () => {
    await using network = await createTestNetwork({ peers: 3 });
    const [one, , third] = network.peers as [Peer, Peer, Peer];
    const [heard] = listen([third], "news");
    network.freeze(third);
    await expect(third.publish("news", "x")).rejects.toMatchObject({ code: "process-frozen" });
    await network.until(one.publish("news", "hello"));
    await network.advance(500);
    expect(heard).toEqual([]);
    network.thaw(third);
    await network.until(() => heard!.length === 1, { limitMs: 500 });
  });

  test("lets a peer leave in good order: the others are told, its messages stay", async () => {
    await using network = await createTestNetwork({ peers: 3 });
    const [one, other] = network.peers as [Peer, Peer];
    const [heard] = listen([other], "news");
    const unlinked = other.once("unlink");
    await network.until(one.publish("news", "farewell"));
    await one.close();
    await network.until(() => heard!.length === 1, { limitMs: 5_000 });
    const before = network.now;
    await network.until(unlinked, { limitMs: 1_000 }).catch(() => {});
    expect(network.now - before).toBeLessThanOrEqual(1_000);
    expect(() => one.subscribe("news")).toThrow(expect.objectContaining({ code: "closed" }));
  });

  test("ends all that waits on it when it is closed", async () => {
    let network: TestNetwork;
    const ends: string[] = [];
    {
      await using scoped = await createTestNetwork({ peers: 3 });
      network = scoped;
      for (const peer of scoped.peers) {
        void (async () => {
          for await (const _ of peer.subscribe()) ends.push("message");
          ends.push("loop");
        })();
        peer.publish("news", "never sent on").then(
          () => ends.push("published"),
          (error) => ends.push(error.code),
        );
      }
    }
    expect(ends.filter((end) => end === "loop")).toHaveLength(3);
    expect(ends.filter((end) => end === "closed")).toHaveLength(3);
    await network.advance(1_000);
  });

  test("lets peers find each other through seeds, if there are any", async () => {
    await using network = await createTestNetwork({ peers: 8, seeds: 3 });
    const heard = listen(network.peers, "news");
    await network.advance(30_000);
    await network.until(network.peers[0]!.publish("news", "hello"));
    await network.until(allHave(heard, 1), { limitMs: 10_000 });
  });

  test("refuses options that are out of range, and peers of another network", async () => {
    for (const options of [{ peers: -1 }, { peers: 1.5 }, { seeds: 1e9 }, { randomSeed: 0.5 }, { lossRate: 2 }]) {
      await expect(createTestNetwork(options), JSON.stringify(options)).rejects.toThrow(RangeError);
    }
    await using one = await createTestNetwork({ peers: 1 });
    await using other = await createTestNetwork({ peers: 1 });
    expect(() => one.crash(other.peers[0]!)).toThrow(RangeError);
  });

  seededRuns("gives whoever subscribes at any moment all messages once, old and new", 10, async (randomSeed) => {
    await using network = await createTestNetwork({ peers: 5, randomSeed });
    const random = seededRandom(randomSeed);
    const heard: string[][] = [];
    for (let i = 1; i <= 30; i++) {
      for (const peer of network.peers) void peer.publish("news", `${peer.address} ${i}`).catch(() => {});
      await network.advance(random.below(30));
      const order = random.below(2) === 0 ? "origin" : "any";
      heard.push(...listen([network.peers[random.below(5)]!], "news", { order }));
    }
    await network.until(allHave(heard, 150));
    await network.advance(5_000);
    for (const messages of heard) {
      expect(messages).toHaveLength(150);
      expect(new Set(messages).size).toBe(150);
    }
  });

  seededRuns("delivers to each subscriber once and in each publisher's order, through loss", 10, async (randomSeed) => {
    await using network = await createTestNetwork({ peers: 8, randomSeed, lossRate: 0.05 });
    const heard = listen(network.peers);
    const publishing: Promise<unknown>[] = [];
    for (let i = 1; i <= 10; i++) {
      for (const [index, peer] of network.peers.entries()) publishing.push(peer.publish("news", `${index} ${i}`));
      await network.advance(50);
    }
    const results = await network.until(Promise.allSettled(publishing));
    // A peer may be without neighbors for a moment.
    const published = results.filter(({ status }) => status === "fulfilled").length;
    expect(published).toBeGreaterThan(40);
    await network.until(allHave(heard, published));
    await network.advance(10_000);
    for (const messages of heard) {
      expect(new Set(messages).size).toBe(messages.length);
      expect(messages.length).toBeGreaterThanOrEqual(published);
      for (let index = 0; index < 8; index++) {
        const numbers = messages.filter((message) => message.startsWith(`${index} `)).map((text) => +text.slice(2));
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      }
    }
  });
});
