/** Starts this machine's server in the background, once, however many commands want it at the same time. */
import { closeSync, existsSync, openSync, readFileSync, statSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeDataDir } from "../server/config/make-data-dir";
import { isBinary, programFile, programFolder, runningProgram } from "../server/program-files";
import { holderOf, isDataDirHeld, lockStart } from "../server/store/data-dir-lock";
import { terminalText } from "../shared/terminal-safe";
import { callersPath } from "./called-from";
import { CommandFailed } from "./command";
import type { Connection } from "./connect";
import { type Place, withDataDir } from "./data-directory";

type Find = () => Promise<Connection | undefined>;
/** Tells the person, in a line. */
export type Say = (words: string) => void;

const pollMs = 25;
/** A server that holds the directory and was started elsewhere answers within this time, unless it hangs. */
const answerMs = 15_000;
/** One that listens takes a connection at once. */
const reachMs = 5000;

/** Resolves once it answers. `find` looks whether it does. Throws CommandFailed with the server's own words when it ends before. */
export async function startServer({ dataDir }: Place, find: Find, say: Say): Promise<Connection> {
  withDataDir(dataDir, makeDataDir);
  for (; ; await Bun.sleep(pollMs)) {
    using start = withDataDir(dataDir, lockStart);
    if (start !== undefined)
      return (await waitForServer(dataDir, find)) ?? (await launch(dataDir, find, say));
    // Another command is starting one.
    const found = await find();
    if (found !== undefined) return found;
  }
}

/** The server that works with the directory, once it answers; undefined when none does. Throws CommandFailed when it does not answer. */
export async function waitForServer(dataDir: string, find: Find): Promise<Connection | undefined> {
  const until = performance.now() + answerMs;
  for (; withDataDir(dataDir, isDataDirHeld); await Bun.sleep(pollMs)) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() > until)
      throw new CommandFailed(
        `A server works with ${dataDir} and does not answer. If it does not within a minute, end it${killWords(dataDir)}.`,
      );
  }
  return undefined;
}

function killWords(dataDir: string): string {
  const pid = holderOf(dataDir);
  return pid === undefined ? "" : `: kill ${pid}`;
}

async function launch(dataDir: string, find: Find, say: Say): Promise<Connection> {
  const path = join(dataDir, "server.log");
  // Of an earlier server: the new one holds the directory a moment before it has removed it.
  const address = join(dataDir, "address");
  rmSync(address, { force: true });
  say("Starting Rein's server…");
  const log = openSync(path, "a", 0o600);
  const from = statSync(path).size;
  const { npm_package_json: _, ...env } = process.env;
  const child = Bun.spawn(isBinary ? [runningProgram, backgroundWord] : fromCheckout(), {
    // Bun obeys files of the directory that it starts in: Rein's own, not the caller's.
    cwd: isBinary ? "/" : programFolder(),
    env: { ...env, REIN_DATA_DIR: dataDir, REIN_CWD: callersPath(env["REIN_CWD"] || ".") },
    stdin: "ignore",
    stdout: log,
    stderr: log,
    // A session of its own: neither the terminal's end nor its keys reach it.
    detached: true,
  });
  child.unref();
  closeSync(log);
  let until = Infinity;
  for (;;) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    const found = await find();
    if (found !== undefined) {
      say(`It is at ${found.url} and keeps running; “rein shutdown” ends it.`);
      return found;
    }
    if (hasEnded) throw new CommandFailed(wordsOfEnd(child.signalCode, path, from));
    // It listens before it notes its address.
    if (until === Infinity && existsSync(address)) until = performance.now() + reachMs;
    if (performance.now() > until) {
      child.kill();
      throw new CommandFailed(
        `The server has started at ${readFileSync(address, "utf8").trim()}, but no connection to it could be made within ${reachMs / 1000} seconds, so it was ended again. Is the loopback interface up, and does no firewall refuse connections to it? Its log is ${path}.`,
      );
    }
    await Bun.sleep(pollMs);
  }
}

/** How the single binary calls itself as the server in the background. */
export const backgroundWord = "background-server";

function fromCheckout(): string[] {
  return [runningProgram, programFile("agent/background-server.ts")];
}

const shownLength = 4000;

/** How the server ended, and what it has written before. */
function wordsOfEnd(
  signalName: NodeJS.Signals | number | null,
  path: string,
  from: number,
): string {
  const end = signalName === null ? "ended" : `was killed by ${signalName}`;
  const words = readFileSync(path).subarray(from).toString().trim().slice(-shownLength);
  return words === ""
    ? `The server ${end} as it started, and said nothing (${path}).`
    : `The server ${end} as it started:\n${terminalText(words)}`;
}
