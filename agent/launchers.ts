/** The programs that started this server and wait for its end, as `npx` does: when one is killed, the server ends too. */
import { realpathSync } from "node:fs";
import {
  type ProcessIdentity,
  identityOf,
  isAlive,
} from "./server/processes/inspect/process-identity";
import { commandLineOf, readProcess } from "./server/processes/inspect/process-table";

const pollMs = 250;

/**
 * The runner of package.json's script (`bun start`, `npm start`) and what stands above it without a gap: shells with one
 * command, `npx`. None where no runner of this package.json started the server. A terminal, an interactive shell, a shell
 * that starts it in the background and a service manager are not among them: the server outlives those.
 */
export function findLaunchers(packageJson: string): ProcessIdentity[] {
  if (!isSameFile(process.env["npm_package_json"], packageJson)) return [];
  const session = readProcess(process.pid)?.session;
  const found: ProcessIdentity[] = [];
  for (let pid = process.ppid; pid > 0;) {
    const row = readProcess(pid);
    // One that began a session of its own below (`setsid`) was to outlive what is above it.
    if (row === undefined || row.session !== session || !isLauncher(commandLineOf(pid))) break;
    found.push(identityOf(pid));
    pid = row.parent;
  }
  return found;
}

/** Whether a process with this command line only waits for the command that it runs. */
export function isLauncher(commandLine: string): boolean {
  if (shell.test(commandLine)) return !startsInBackground.test(commandLine);
  return runners.some((runner) => runner.test(commandLine));
}

const shell = /^\S*\b(sh|bash|dash|ash|zsh|ksh)( -\S+)* -\w*c /;
/** What is started so outlives its shell. `&` is meant that is neither `&&` nor part of a redirection. */
const startsInBackground = /(?<![&<>])&(?![&>])|\b(nohup|setsid|disown)\b/;
const runners = [
  /^\S*\bbunx?(\.exe)?( -\S+)* (run|x|start|dev)\b/,
  // npm replaces its command line by a title.
  /^np[mx] /,
  /^\S*\bnode(js)?( -\S+)* \S*\/(npm|npx|pnpm|pnpx|yarn)[\w.-]*( |$)/,
];

/** Calls `onEnd` once, within `pollMs` and a little after one of them has ended. Does not keep the process running. */
export function watchLaunchers(launchers: ProcessIdentity[], onEnd: () => void): void {
  if (launchers.length === 0) return;
  const timer = setInterval(() => {
    if (launchers.every(isRunning)) return;
    clearInterval(timer);
    onEnd();
  }, pollMs).unref();
}

export function isRunning(launcher: ProcessIdentity): boolean {
  if (process.platform === "linux") return isAlive(launcher);
  // Elsewhere a look at the identity starts a program; a pid is not used again within one poll.
  try {
    return process.kill(launcher.pid, 0);
  } catch {
    return false; // it has ended, or the pid belongs to another user by now
  }
}

function isSameFile(path: string | undefined, other: string): boolean {
  try {
    return path !== undefined && realpathSync(path) === realpathSync(other);
  } catch {
    return false; // the variable is from another place
  }
}
