/**
 * Runs a command and stays until nobody who came from it is left: the exit of this program is the proof.
 * The same as supervise.c, which says what it is told and what it says; for machines without a compiler.
 */
import { openSync, rmdirSync, writeFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { childrenOf, killDescendants } from "../descendants";
import {
  becomeSubreaper,
  reap,
  reapAll,
  giveUpTerminal,
  redirect,
  signalAtParentDeath,
} from "../libc";

const lifeline = 3;

const [kind, cgroup = "", cwd = "/", ...argv] = process.argv.slice(2);

for (const name of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const)
  process.on(name, () => {}); // what is sent to its group is not meant for it
becomeSubreaper();
signalAtParentDeath();
const command = start();
if (command === undefined) process.exit(0);
say(`pid ${command.pid}`);
void Bun.file(lifeline).stream().getReader().read().then(sweep);
process.on("SIGCHLD", exitIfAlone);
exitIfAlone(); // for those who died before that
await command.exited;
const { signalCode, exitCode } = command;
say(signalCode === null ? `exit ${exitCode}` : `signal ${signalNumber(signalCode)}`);
exitIfAlone();

/** Nobody may listen any more: the server is dead, and its end of the lifeline says what to do. */
function say(line: string): void {
  try {
    writeSync(lifeline, `${line}\n`);
  } catch {
    return;
  }
}

/** Bun names most signals, and gives the number of those without a name. */
function signalNumber(signal: NodeJS.Signals | number): number {
  return typeof signal === "number" ? signal : (constants.signals[signal] ?? 0);
}

/** The output must end when the command's last process has closed it, and not with us: so we let go of it. */
function start(): Bun.Subprocess | undefined {
  if (kind === "terminal") giveUpTerminal();
  // Only a new session can have the terminal that we gave up, and Bun cannot hand one over.
  const command = kind === "terminal" ? ["setsid", "--ctty", ...argv] : argv;
  try {
    const child = Bun.spawn(command, {
      cwd,
      env: process.env,
      stdio: ["inherit", "inherit", "inherit"],
      detached: kind !== "terminal",
      ...(cgroup !== "" && { cgroup }),
    });
    const nowhere = openSync("/dev/null", "r+");
    for (const descriptor of [0, 1, 2]) redirect(descriptor, nowhere);
    return child;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const number = Object.entries(constants.errno).find(([name]) => name === code)?.[1];
    say(`fail ${number ?? constants.errno.ENOENT}`);
    return undefined;
  }
}

/** Buries the dead, but for the command, which Bun buries; goes when no child is left, living or dead. */
function exitIfAlone(): void {
  if (command?.exitCode === null && command.signalCode === null) {
    for (const pid of childrenOf(process.pid)) if (pid !== command.pid) reap(pid);
  } else if (!reapAll()) leave();
}

/** The system removes a cgroup only when it is empty; if the server is dead, nobody else does it now. */
function leave(): never {
  try {
    if (cgroup !== "") rmdirSync(cgroup);
  } finally {
    process.exit(0);
  }
}

/** Kills everybody, and again until nobody is left. Whom the system does not let us kill keeps us here. */
async function sweep(): Promise<void> {
  for (let waitMs = 1; ; waitMs = Math.min(2 * waitMs, 100)) {
    killDescendants(() => childrenOf(process.pid));
    killCgroup();
    await Bun.sleep(waitMs);
    exitIfAlone();
  }
}

/** Reaches those too whom we may not kill ourselves. */
function killCgroup(): void {
  if (cgroup === "") return;
  try {
    writeFileSync(join(cgroup, "cgroup.kill"), "1");
  } catch {
    return; // the server has removed it: it was empty
  }
}
