import { defineConfig } from "vitest/config";

const limits = { testTimeout: 30_000, hookTimeout: 30_000 };
/** Many processes, or many peers in one: judged by the clock, they must not fight each other for two cores. */
const crowded = ["test/net/promises*.test.ts", "test/net/twenty-peers.test.ts"];
/** Judged by the clock as well; but most of the time they wait. */
const patient = ["test/net/{hostile,hostile-bounds}.test.ts"];
/** No processes or signals of their own. They may share what they import, which takes them half their time. */
const pure = [
  "test/{api,core,house,http,sim,wire}/**/*.test.ts",
  "test/net/{create-peer,directory-query,identity,native-links,peer-journal,seed-native,seeds-file,write-pace}.test.ts",
  "test/{docs,house}.test.ts",
  "test/web/{chronicle,directory-rows,event-text,labels,messages,picture,timeline}.test.ts",
];
// Two more than processors: many of them wait for processes of their own.
const together = { ...limits, maxWorkers: 4, sequence: { groupOrder: 1 } };
const elsewhere = [...crowded, ...patient, ...pure];

export default defineConfig({
  test: {
    projects: [
      { test: { ...together, name: "light", include: ["test/**/*.test.ts"], exclude: elsewhere } },
      { test: { ...together, name: "pure", include: pure, isolate: false } },
      { test: { ...limits, name: "patient", include: patient, maxWorkers: 2, sequence: { groupOrder: 2 } } },
      { test: { ...limits, name: "crowded", include: crowded, maxWorkers: 1, sequence: { groupOrder: 3 } } },
    ],
  },
});
