/** The pages of the endpoint, as files that can lie in any folder of any server and are loaded from nowhere else. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  publicDir: "public",
  logLevel: "warn",
  // JSX is TypeScript's own business: no plugin is needed for it.
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: {
    outDir: fileURLToPath(new URL("../lib/web", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // A strict Content-Security-Policy allows neither scripts in the page nor pictures in addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // It comes from the machine itself, once.
    chunkSizeWarningLimit: 900,
  },
});
