/** How the web client is built: from agent/client into agent/dist, for current browsers. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [solid()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2023",
    // Keeps light-dark() as it is written: lowering it would need a scheme known at build time.
    cssTarget: ["chrome125", "firefox128", "safari17.5"],
    // The polyfill is an inline script, which the page's policy refuses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
});
