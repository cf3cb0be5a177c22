/** Starts this machine's server in the background, once, however many commands want it at the same time. */
import { closeSync, mkdirSync, openSync, readFileSync, statSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDataDirHeld, lockStart } from "../server/store/data-dir-lock";
import { terminalText } from "../shared/terminal-safe";
import { CommandFailed } from "./command";
import type { Connection } from "./connect";
import { type Place, withDataDir } from "./data-directory";

type Find = () => Promise<Connection | undefined>;
/** Tells the person, in a line. */
export type Say = (words: string) => void;

const pollMs = 25;
/** A server that holds the directory and was started elsewhere answers within this time, unless it hangs. */
const answerMs = 15_000;

/** Resolves once it answers. `find` looks whether it does. Throws CommandFailed with the server's own words when it ends before. */
export async function startServer({ dataDir }: Place, find: Find, say: Say): Promise<Connection> {
  withDataDir(dataDir, () => mkdirSync(dataDir, { recursive: true, mode: 0o700 }));
  for (; ; await Bun.sleep(pollMs)) {
    using start = withDataDir(dataDir, lockStart);
    if (start !== undefined) return await startOrFind(dataDir, find, say);
    // Another command is starting one.
    const found = await find();
    if (found !== undefined) return found;
  }
}

async function startOrFind(dataDir: string, find: Find, say: Say): Promise<Connection> {
  if (!isDataDirHeld(dataDir)) return launch(dataDir, find, say);
  const found = await waitFor(find, answerMs);
  if (found !== undefined) return found;
  throw new CommandFailed(
    `A server works with ${dataDir} and does not answer. If it does not within a minute, end it.`,
  );
}

async function launch(dataDir: string, find: Find, say: Say): Promise<Connection> {
  const path = join(dataDir, "server.log");
  // Of an earlier server: the new one holds the directory a moment before it has removed it.
  rmSync(join(dataDir, "address"), { force: true });
  say("Starting Rein's server…");
  const log = openSync(path, "a", 0o600);
  const from = statSync(path).size;
  const { npm_package_json: _, ...env } = process.env;
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../background-server.ts")], {
    // Bun obeys files of the directory that it starts in: Rein's own, not the caller's.
    cwd: join(import.meta.dir, "../.."),
    env: { ...env, REIN_DATA_DIR: dataDir, REIN_CWD: resolve(env["REIN_CWD"] || ".") },
    stdin: "ignore",
    stdout: log,
    stderr: log,
    // A session of its own: neither the terminal's end nor its keys reach it.
    detached: true,
  });
  child.unref();
  closeSync(log);
  for (;;) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    const found = await find();
    if (found !== undefined) {
      say(`It is at ${found.url} and keeps running; “rein shutdown” ends it.`);
      return found;
    }
    if (hasEnded) throw new CommandFailed(ownWords(path, from));
    await Bun.sleep(pollMs);
  }
}

async function waitFor(find: Find, ms: number): Promise<Connection | undefined> {
  for (const until = performance.now() + ms; ; await Bun.sleep(pollMs)) {
    const found = await find();
    if (found !== undefined || performance.now() > until) return found;
  }
}

const shownLength = 4000;

/** What the server has written before it ended. */
function ownWords(path: string, from: number): string {
  const words = readFileSync(path).subarray(from).toString().trim().slice(-shownLength);
  return words === ""
    ? `The server ended as it started, and said nothing (${path}).`
    : `The server ended as it started:\n${terminalText(words)}`;
}
