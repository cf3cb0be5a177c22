/** Opens the terminal face on a server: `bun agent/terminal/dev.ts --url http://127.0.0.1:4096 --token … [--session ID]`. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openTerminal } from "./open-terminal";

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: { url: text, token: text, session: text, cwd: text, "data-dir": text },
});
const { url, token, session, cwd = process.cwd() } = values;
if (url === undefined || token === undefined) throw new Error("expected --url and --token");
const dataDir = values["data-dir"] ?? join(tmpdir(), "rein-terminal-dev");
const named = session === undefined ? {} : { sessionId: session };
process.exit(await openTerminal({ url, token, cwd, dataDir, ...named }));
