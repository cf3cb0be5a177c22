/** How the web client is built: from agent/client into agent/dist, for current browsers. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";

/** Written as Lightning CSS wants it: the version in the upper bytes. They all have light-dark() and nesting. */
const browsers = { chrome: 125 << 16, firefox: 128 << 16, safari: (17 << 16) | (5 << 8) };

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [solid()],
  css: {
    transformer: "lightningcss",
    // The targets keep light-dark() as it is written: lowering it would need a scheme known at build time.
    lightningcss: { targets: browsers, drafts: { customMedia: true } },
  },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2023",
    // The polyfill is an inline script, which the page's policy refuses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
});
