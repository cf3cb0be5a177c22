/** Where the single binary begins: as `agent/cli/rein` and `cli.ts` do in a checkout. */
import { backgroundWord } from "../cli/start-server";
import { runCommandLine } from "../cli/run-command-line";
import { runStep, stepWord } from "../server/backup/database-step";
import { keepLogShort } from "../cut-log";
import { isOutputClosed } from "./closed-output";

const words = process.argv.slice(2);
if (words[0] === stepWord) process.exit(await runStep(words.slice(1)));
if (isOutputClosed()) {
  console.error("rein: Standard output is closed: what is asked could not be answered.");
  process.exit(1);
}
const isBackground = words[0] === backgroundWord;
// Bun reads it when the process begins; without it, it opens 256 requests at once, and a server may need more.
if (isBackground || words.includes("serve")) beginWithRequests();
if (isBackground) keepLogShort();
process.exit(await runCommandLine(isBackground ? ["serve"] : words));

/** Begins the program anew in this process, once. */
function beginWithRequests(): void {
  const name = "BUN_CONFIG_MAX_HTTP_REQUESTS";
  if ((process.env[name] ?? "") !== "") return;
  const args = [process.argv0, ...words];
  process.execve?.(process.execPath, args, { ...process.env, [name]: "65535" });
}
