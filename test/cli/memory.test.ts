import { describe, expect, test } from "vitest";
import { checkMemory } from "../../src/cli/sim/memory.js";
import { scenario } from "../../src/sim/scenario/scenario.js";

const limits = { node: 4e9, machine: 16e9 };
const neighbors = { directory: { directory: "neighbors" } } as const;

describe("a network that is too large for this machine", () => {
  test.each([[{ peers: 5_000 }], [{ peers: 60_000, config: neighbors }]])("is not %j", (parts) => {
    expect(() => checkMemory(scenario(parts), limits)).not.toThrow();
  });

  test.each([
    [
      { peers: 100_000, config: neighbors },
      /^100,000 peers need some 6 GB .* set NODE_OPTIONS=--max-old-space-size=7168$/,
    ],
    [{ peers: 9_000 }, /^9,000 peers need some 9 GB .* NODE_OPTIONS=--max-old-space-size=10240$/],
    [
      { peers: 20_000 },
      /^20,000 peers need some 42 GB of memory, and this machine has 16: take fewer, or directories of neighbors \(--directory neighbors, or config\.directory\.directory\)$/,
    ],
    [{ peers: 1_000_000, config: neighbors }, /need some 60 GB of memory, and this machine has 16: take fewer$/],
    [{ peers: 10, steps: [{ do: "join", atMs: 1, count: 20_000 } as const] }, /^20,010 peers need/],
  ])("is refused before it grows: %j", (parts, message) => {
    expect(() => checkMemory(scenario(parts), limits)).toThrow(message);
  });
});
