import { describe, expect, test } from "vitest";
import { seededRuns } from "../seeded.js";
import { Forest } from "./broadcast-world.js";

describe("the broadcast", () => {
  seededRuns("delivers to everybody once, and sends no copy twice when its tree has grown", 5, (randomSeed) => {
    const forest = new Forest(randomSeed, 100);
    for (let i = 0; i < 5; i++) expect(forest.lacking(forest.publish(0), 0)).toBe(0);
    const before = forest.duplicates;
    for (let i = 0; i < 10; i++) expect(forest.lacking(forest.publish(0), 0)).toBe(0);
    expect(forest.duplicates).toBe(before);
  });

  test("shortens its tree until the last hop is that of a flood, or nearly so", () => {
    const forest = new Forest(1, 200);
    const first = forest.lastHop(forest.publish(0));
    for (let i = 0; i < 20; i++) forest.publish(0);
    const settled = forest.lastHop(forest.publish(0));
    expect(settled).toBeLessThan(first);
    expect(settled).toBeLessThanOrEqual(8);
  });

  seededRuns("senders borrow trees near them: fewer trees than senders, and few copies in the end", 3, (randomSeed) => {
    const forest = new Forest(randomSeed, 60);
    for (let i = 0; i < 300; i++) forest.publish(forest.random.below(60));
    const before = forest.duplicates;
    for (let i = 0; i < 50; i++) {
      const origin = forest.random.below(60);
      expect(forest.lacking(forest.publish(origin), origin)).toBe(0);
    }
    expect(forest.peers[0]!.core.broadcast.trees).toBeLessThan(30);
    expect((forest.duplicates - before) / (50 * 59)).toBeLessThan(0.1);
  });

  seededRuns("mends its tree by grafts when peers crash under it", 5, (randomSeed) => {
    const forest = new Forest(randomSeed, 80);
    for (let i = 0; i < 5; i++) forest.publish(0);
    for (let i = 0; i < 8; i++) forest.peers[7 + i * 9]!.crash();
    const key = forest.publish(0);
    forest.network.run(5_000);
    // What a crash may cut off altogether is for the overlay to link again: here links are as they are.
    expect(forest.lacking(key, 0)).toBeLessThanOrEqual(3);
  });

  seededRuns("only the first message of all is a flood: later trees grow without a copy", 3, (randomSeed) => {
    const forest = new Forest(randomSeed, 150, { borrowHopsMax: 1, spareHopsMax: 1 });
    forest.publish(0, { runMs: 10_000 });
    const before = forest.duplicates;
    for (let i = 0; i < 80; i++) {
      const origin = forest.random.below(150);
      expect(forest.lacking(forest.publish(origin), origin)).toBe(0);
    }
    expect(forest.peers[0]!.core.broadcast.trees).toBeGreaterThan(5);
    expect(forest.duplicates - before).toBeLessThan(0.0075 * 80 * 149);
  });

  seededRuns("keeps its trees whole under a busy stream: nothing is fetched, hardly a copy sent", 3, (randomSeed) => {
    const forest = new Forest(randomSeed, 100);
    forest.publish(0, { runMs: 5_000 });
    const [copies, grafts] = [forest.duplicates, forest.sent("want")];
    const keys = Array.from({ length: 500 }, () => forest.publish(0, { runMs: 5 }));
    forest.network.run(3_000);
    for (const key of keys) expect(forest.lacking(key, 0)).toBe(0);
    expect(forest.duplicates - copies).toBeLessThan(0.01 * 500 * 99);
    expect(forest.sent("want")).toBe(grafts);
  });

  seededRuns("a large message crosses each link that is needed once, and no other", 5, (randomSeed) => {
    const forest = new Forest(randomSeed, 60);
    const key = forest.publish(0, { runMs: 10_000, payloadBytes: 1_048_576 });
    expect(forest.lacking(key, 0)).toBe(0);
    expect(forest.duplicates).toBe(0);
    expect(forest.peers.reduce((sum, { core }) => sum + core.sentBytes, 0)).toBe(59 * 1_048_576);
  });

  seededRuns("announces seldom while all is well", 3, (randomSeed) => {
    const forest = new Forest(randomSeed, 60);
    for (let i = 0; i < 30; i++) forest.publish(0, { runMs: 500 });
    const before = forest.sent("ihave");
    for (let i = 0; i < 100; i++) forest.publish(0, { runMs: 500 });
    expect((forest.sent("ihave") - before) / (100 * 60)).toBeLessThan(0.3);
  });
});
