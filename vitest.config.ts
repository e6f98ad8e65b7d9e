import { defineConfig } from "vitest/config";

const limits = { testTimeout: 30_000, hookTimeout: 30_000 };
/** Many processes, or many peers in one: judged by the clock, they must not fight each other for two cores. */
const crowded = ["test/net/promises*.test.ts", "test/net/{hostile,hostile-bounds,twenty-peers}.test.ts"];

/** Nothing but calls: no processes, sockets or signals. They may share what they import, which takes them half their time. */
const pure = ["test/{core,wire,sim}/**/*.test.ts"];
// Two more than processors: many of them wait for processes of their own.
const together = { ...limits, maxWorkers: 4, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    projects: [
      { test: { ...together, name: "light", include: ["test/**/*.test.ts"], exclude: [...crowded, ...pure] } },
      { test: { ...together, name: "pure", include: pure, isolate: false } },
      { test: { ...limits, name: "crowded", include: crowded, maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
});
