/** Builds the terminal face into agent/terminal/dist, when it is older than its sources. */
import { join } from "node:path";
import { isOlder, runBun } from "../prepare";
import { isBinary } from "../server/program-files";

const output = join(import.meta.dir, "dist/terminal-main.js");
const inputs = ["agent/terminal", "agent/client", "agent/sdk", "agent/shared", "package.json"];

/** In the single binary it is built already. Throws StepFailed. In a process of Rein's directory: Bun would resolve by the tsconfig.json of the one that `rein` is called in. */
export function buildTerminal(): void {
  if (!isBinary && isOlder(output, inputs)) runBun([join(import.meta.dir, "bundle-terminal.ts")]);
}
