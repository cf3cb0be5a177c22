/** How the web client is built: from agent/client into agent/dist, for current browsers. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [solid()],
  css: {
    transformer: "lightningcss",
    lightningcss: {
      drafts: { customMedia: true },
      // As cssTarget: a version is its major number in the upper bytes, then the minor one.
      targets: { chrome: 125 << 16, firefox: 128 << 16, safari: (17 << 16) | (5 << 8) },
    },
  },
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
