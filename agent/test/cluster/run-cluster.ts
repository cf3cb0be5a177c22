/**
 * `bun run test:cluster [--only PATTERN] [--seed NUMBER] [--minutes NUMBER]`: several machines as network namespaces, with real
 * servers, PostgreSQL and HAProxy, on which nodes die, vanish and freeze. It needs root, and takes some minutes and then those
 * of the random faults (10 unless given). `--only`: the checks whose names it matches. The host's network stays as it is.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { postgresNeed } from "../postgres";
import { ensureInstalled } from "../system-packages";
import { proxyNeed } from "./front-proxy";
import { machineNames } from "./machines";
import { makeNetwork, networkNeed, openNetwork } from "./network";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    seed: { type: "string", default: `${Date.now() % 1_000_000}` },
    minutes: { type: "string", default: "10" },
  },
});
if (process.getuid?.() !== 0) refuse("It makes network namespaces: run it as root.");
const missing = ensureInstalled([postgresNeed, proxyNeed, networkNeed]);
if (missing.length > 0)
  refuse(
    missing
      .map(({ name, packages }) => `${name} is not there: install ${packages.join(" ")}.`)
      .join("\n"),
  );

removeAbandoned();
using network = makeNetwork(`rein-${process.pid}`, machineNames);
const child = Bun.spawn(
  [
    ...network.on("clients"),
    process.execPath,
    join(import.meta.dir, "run-checks.ts"),
    JSON.stringify({ ...values, network: `rein-${process.pid}` }),
  ],
  { stdio: ["ignore", "inherit", "inherit"] },
);
// Ctrl+C reaches both; this one waits, and removes the network.
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => child.kill("SIGTERM"));
process.exitCode = await child.exited;

/** Of runs that were killed. */
function removeAbandoned(): void {
  let spaces: string[] = [];
  try {
    spaces = readdirSync("/run/netns");
  } catch {
    // There was none before on this machine.
  }
  const owners = spaces.map((space) => Number(/^rein-(\d+)-switch$/.exec(space)?.[1]));
  for (const pid of owners.filter((each) => each > 0 && !isAlive(each)))
    openNetwork(`rein-${pid}`, machineNames)[Symbol.dispose]();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function refuse(why: string): never {
  console.error(why);
  console.log("0 passed, 1 failed");
  process.exit(1);
}
