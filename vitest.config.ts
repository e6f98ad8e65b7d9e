import { defineConfig } from "vitest/config";

const limits = { testTimeout: 30_000, hookTimeout: 30_000 };
/** Many processes, or many peers in one: judged by the clock, they must not fight each other for two cores. */
const crowded = ["test/net/promises*.test.ts", "test/net/{hostile,hostile-bounds,twenty-peers}.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...limits,
          name: "light",
          include: ["test/**/*.test.ts"],
          exclude: crowded,
          // Two more than processors: many of them wait for processes of their own.
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...limits, name: "crowded", include: crowded, maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
});
