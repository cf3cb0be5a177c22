/** Bundles the terminal face into agent/terminal/dist, run by `buildTerminal`: Babel comes along, loaded for this alone. */
import { join } from "node:path";
import solidPlugin from "@opentui/solid/bun-plugin";

await Bun.build({
  entrypoints: [join(import.meta.dir, "terminal-main.tsx")],
  outdir: join(import.meta.dir, "dist"),
  target: "bun",
  // Without it Solid is the build for servers, which renders once.
  conditions: ["browser"],
  // Else it is the one for development, which checks itself.
  define: { "process.env.NODE_ENV": '"production"' },
  external: ["@opentui/core"],
  plugins: [solidPlugin],
  sourcemap: "linked",
});
