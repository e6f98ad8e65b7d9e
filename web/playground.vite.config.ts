/** The playground, as files that can lie in any folder of any server and load nothing from anywhere else. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL("playground/", import.meta.url)),
  base: "./",
  publicDir: fileURLToPath(new URL("public", import.meta.url)),
  logLevel: "warn",
  // JSX is TypeScript's own business: no plugin is needed for it.
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: {
    outDir: fileURLToPath(new URL("../lib/playground", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // A strict Content-Security-Policy allows neither scripts in the page nor pictures in addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // How long it took is nobody's business on a busy machine.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});
