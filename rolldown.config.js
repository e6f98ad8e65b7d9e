import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** All that one module needs at run time, itself included: what its imports lead to, but for those of types. */
function reach(entry, reached = new Set()) {
  const path = resolve(entry);
  if (reached.has(path)) return reached;
  reached.add(path);
  const source = readFileSync(path, "utf8");
  for (const [, clause, from] of source.matchAll(/^(?:import|export)\s+([^;"]*?)(?:from\s+)?"(\.[^"]+)";/gms)) {
    if (!clause.startsWith("type ")) reach(resolve(dirname(path), from.replace(/\.js$/, ".ts")), reached);
  }
  return reached;
}

/** What the command line needs for its help. */
const beginning = reach("src/cli/main.ts");
const library = reach("src/index.ts");
/** What scenarios need: the cores and the virtual network, and nothing of Node.js. */
const simulator = reach("src/sim/index.ts");

// What is installed is a few files: loading a hundred and fifty small ones took three times as long as all they do at the
// start. `dist` has every module beside it, with its types, for benches and experiments.
export default {
  input: {
    index: "src/index.ts",
    "sim/index": "src/sim/index.ts",
    "cli/main": "src/cli/main.ts",
    // A thread is started from a file of its own, beside the chunk that starts it.
    "chunks/experiment-worker": "src/cli/sim/experiment-worker.ts",
  },
  platform: "node",
  // Entries are files beside the chunks that hold their sources. A test sees to it that they export the same.
  preserveEntrySignatures: "allow-extension",
  // Dependencies stay what they are, and are loaded by who needs them.
  external: /^[^./]/,
  output: {
    dir: "lib",
    format: "esm",
    sourcemap: true,
    chunkFileNames: "chunks/[name]-[hash].js",
    // The library is three files, whoever else needs parts of it: each file more takes a millisecond at every start. Sockets
    // and files are in the last one alone, which neither `hearsay/sim` nor the command line's help loads.
    codeSplitting: {
      groups: [
        {
          name: "beginning",
          test: (id) => library.has(id) && beginning.has(id),
          includeDependenciesRecursively: false,
        },
        {
          name: "cores",
          test: (id) => library.has(id) && simulator.has(id),
          includeDependenciesRecursively: false,
        },
        { name: "library", test: (id) => library.has(id), includeDependenciesRecursively: false },
      ],
    },
    // Names stay, for those who read stacks and profiles.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  },
};
