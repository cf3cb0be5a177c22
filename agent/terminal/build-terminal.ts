/** Builds the terminal face into agent/terminal/dist, when it is older than its sources. */
import { join } from "node:path";
import { isOlder } from "../prepare";

const output = join(import.meta.dir, "dist");
const inputs = ["agent/terminal", "agent/client", "agent/sdk", "agent/shared", "package.json"];

/** Throws an AggregateError of the build's messages when it fails. */
export async function buildTerminal(): Promise<void> {
  if (!isOlder(join(output, "terminal-main.js"), inputs)) return;
  // Babel comes along: loaded for a build alone.
  const { default: solidPlugin } = await import("@opentui/solid/bun-plugin");
  await Bun.build({
    entrypoints: [join(import.meta.dir, "terminal-main.tsx")],
    outdir: output,
    target: "bun",
    // Without it Solid is the build for servers, which renders once.
    conditions: ["browser"],
    // Else it is the one for development, which checks itself.
    define: { "process.env.NODE_ENV": '"production"' },
    external: ["@opentui/core"],
    plugins: [solidPlugin],
    sourcemap: "linked",
  });
}
