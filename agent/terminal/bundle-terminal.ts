/** Bundles the terminal face, as a program run by `buildTerminal` into agent/terminal/dist: Babel comes along, loaded for this alone. */
import { join } from "node:path";
import solidPlugin from "@opentui/solid/bun-plugin";

if (import.meta.main) await bundleTerminal(join(import.meta.dir, "dist"), [], ["@opentui/core"]);

/** Writes `terminal-main.js`. `plugins` decide on what is neither bundled nor in `external`. Rejects when it cannot be built. */
export async function bundleTerminal(
  outdir: string,
  plugins: Bun.BunPlugin[],
  external: string[],
): Promise<void> {
  await Bun.build({
    entrypoints: [join(import.meta.dir, "terminal-main.tsx")],
    outdir,
    target: "bun",
    // Without it Solid is the build for servers, which renders once.
    conditions: ["browser"],
    // Else it is the one for development, which checks itself.
    define: { "process.env.NODE_ENV": '"production"' },
    external,
    plugins: [...plugins, solidPlugin],
    sourcemap: external.length > 0 ? "linked" : "none",
  });
}
