/**
 * Runs a command and exits only when no descendant of it is left, after the report "done".
 * The same as supervise.c, which describes the arguments and the protocol, for machines without a C compiler.
 */
import { fstatSync, openSync, rmdirSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { errorCode } from "../../../../shared/error-code";
import { beBun } from "../../../program-files";
import { childrenFile, childrenIn, killDescendants } from "../descendants";
import {
  becomeSubreaper,
  continueAtParentDeath,
  forbidTracing,
  giveUpTerminal,
  reap,
  reapAll,
  redirect,
} from "../libc";

const controlPipe = 3;
const reportSocket = 4;
const filter = 5;
const networkSockets = [6, 7];

const [guard, kind, wantsReport, cgroup = "", cwd = "/", ...argv] = process.argv.slice(2);
const hasReport = wantsReport === "report";

if (guard === "guarded") forbidTracing();
// Open from the start: later the limit of descriptors may be too low.
const ownChildren = openSync(childrenFile(process.pid, process.pid), "r");
const killFile = cgroup === "" ? undefined : openSync(join(cgroup, "cgroup.kill"), "w");

for (const name of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const)
  process.on(name, () => {}); // signals to its process group are not meant for it
becomeSubreaper();
continueAtParentDeath();
// It may need a descriptor, and is begun before the command can lower their limit.
const endAsked = Bun.file(controlPipe).stream().getReader().read();
const command = start();
if (command === undefined) process.exit(0);
report(`pid ${command.pid}`);
// A reset is an end too: the server was killed with reports unread.
void endAsked.then(sweep, sweep);
process.on("SIGCHLD", exitIfAlone);
exitIfAlone(); // a child may have exited before the listener was added
await command.exited;
const { signalCode, exitCode } = command;
report(signalCode === null ? `exit ${exitCode}` : `signal ${signalNumber(signalCode)}`);
exitIfAlone();

/** The server may be dead: then the closed pipe starts the sweep. */
function report(line: string): void {
  try {
    writeSync(controlPipe, `${line}\n`);
  } catch {
    return;
  }
}

/** Bun gives the name of most signals, and the number of the others. */
function signalNumber(signal: NodeJS.Signals | number): number {
  return typeof signal === "number" ? signal : (constants.signals[signal] ?? 0);
}

/** Starts the command, and closes its output here, so that it ends with the command's last process and not with this one. */
function start(): Bun.Subprocess | undefined {
  if (kind === "terminal") giveUpTerminal();
  // Only a new session can take the terminal given up here, and Bun cannot pass one on.
  const { [beBun]: _, ...env } = process.env;
  const command = kind === "terminal" ? ["setsid", "--ctty", ...argv] : argv;
  try {
    const child = Bun.spawn(command, {
      cwd,
      env,
      stdio: ["inherit", "inherit", "inherit", ...passedOn()],
      detached: kind !== "terminal",
      ...(cgroup !== "" && { cgroup }),
    });
    const devNull = openSync("/dev/null", "r+");
    for (const descriptor of [0, 1, 2]) redirect(descriptor, devNull);
    if (hasReport) redirect(reportSocket, devNull);
    return child;
  } catch (error) {
    const code = errorCode(error);
    const number = Object.entries(constants.errno).find(([name]) => name === code)?.[1];
    report(`fail ${number ?? constants.errno.ENOENT}`);
    return undefined;
  }
}

/** What the command gets besides: its report, the filter of bwrap, and both sockets of a job whose network is a list. */
function passedOn(): ("ignore" | number)[] {
  const network = networkSockets.every(isSocket) ? networkSockets : [];
  const own = hasReport ? reportSocket : "ignore";
  return argv[1] === "--seccomp" ? ["ignore", own, filter, ...network] : ["ignore", own];
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false; // not open
  }
}

/** Reaps dead children, except the command, which Bun reaps; exits when no child is left, living or dead. */
function exitIfAlone(): void {
  if (command?.exitCode === null && command.signalCode === null) {
    for (const pid of childrenIn(ownChildren)) if (pid !== command.pid) reap(pid);
  } else if (!reapAll()) leave();
}

/** An empty cgroup can be removed, and if the server is dead only this process still does. */
function leave(): never {
  try {
    if (cgroup !== "") rmdirSync(cgroup);
  } finally {
    report("done");
    process.exit(0);
  }
}

/**
 * Kills all descendants, again and again until none is left. One that it may not kill keeps it running. Limits that the job
 * has lowered are raised by the look (procfs.ts).
 */
async function sweep(): Promise<void> {
  for (let waitMs = 1; ; waitMs = Math.min(2 * waitMs, 100)) {
    killDescendants(() => childrenIn(ownChildren));
    killCgroup();
    await Bun.sleep(waitMs);
    exitIfAlone();
  }
}

/** Kills processes of other users too, which this process itself may not. */
function killCgroup(): void {
  if (killFile === undefined) return;
  try {
    writeSync(killFile, "1", 0);
  } catch {
    return; // removed by the server: it was empty
  }
}
