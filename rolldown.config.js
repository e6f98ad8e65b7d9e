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
  // Dependencies stay what they are, and are loaded by who needs them.
  external: /^[^./]/,
  output: {
    dir: "lib",
    format: "esm",
    sourcemap: true,
    chunkFileNames: "chunks/[name]-[hash].js",
    // Names stay, for those who read stacks and profiles.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  },
};
