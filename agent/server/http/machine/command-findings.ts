/** What this machine allows for commands: the proof of a stop, the sandbox, the limits, and git for undo. */
import { existsSync } from "node:fs";
import { defined } from "../../../shared/defined";
import { memoryAmount } from "../../../shared/limit-hit-words";
import type { CommandsAnswer, Finding } from "../../../shared/protocol";
import { installCommand } from "./install-command";

/** `fallen`: as in Capabilities. */
export function commandFindings(commands: CommandsAnswer, fallen: string | undefined): Finding[] {
  return [proofOf(commands, fallen), sandboxOf(commands), limitsOf(commands), gitOf()];
}

function proofOf({ proof }: CommandsAnswer, fallen: string | undefined): Finding {
  const about = "Stop";
  if (proof !== "none") {
    const by = proof === "supervisor" ? "a supervisor" : "a supervisor and a cgroup";
    const words = `proven by ${by} per command`;
    if (fallen === undefined) return { about, state: "ok", words };
    return { about, state: "missing", words: `${words}. ${fallen}`, advice: runnable };
  }
  const words = "processes are seen dead; it cannot be proven that none is left";
  if (process.platform !== "linux")
    return { about, state: "missing", words, advice: "On Linux it is proven" };
  return {
    about,
    state: "broken",
    words: fallen ?? words,
    advice: `${runnable}, or install a C compiler`,
    ...defined({ command: installCommand("gcc") }),
  };
}

const runnable = "Allow programs in the data directory to run (no noexec)";

function sandboxOf({ sandboxed, sandboxWorks, noSandbox, sandbox }: CommandsAnswer): Finding {
  const about = "Sandbox";
  if (sandboxWorks && sandboxed) return { about, state: "ok", words: "commands run in a sandbox" };
  if (sandboxWorks)
    return {
      about,
      state: "missing",
      words: "turned off: a command can do whatever the server's user can",
      advice: "Turn it on in the settings, or start with REIN_SANDBOX=auto",
    };
  const isNeeded = sandbox === "on";
  return {
    about,
    state: isNeeded ? "broken" : "missing",
    words: `${noSandbox ?? "not possible here"}: ${isNeeded ? "no command runs until it works" : "a command can do whatever the server's user can"}`,
    ...sandboxAdvice(noSandbox ?? ""),
  };
}

function sandboxAdvice(lack: string): Pick<Finding, "advice" | "command"> {
  if (!Bun.which("bwrap"))
    return defined({ advice: "Install bubblewrap", command: installCommand("bubblewrap") });
  // Ubuntu since 24.04 allows them only to programs that have a profile.
  if (/namespace|Permission|not permitted|uid map/i.test(lack))
    return {
      advice: "Allow user namespaces on this machine",
      command: existsSync("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
        ? "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        : "sudo sysctl user.max_user_namespaces=10000",
    };
  return { advice: "Run bwrap by hand to see why" };
}

function limitsOf({ limits }: CommandsAnswer): Finding {
  const about = "Limits";
  const { each, all = {}, lack, advice } = limits;
  const held = heldWords(each);
  const words = held === "" ? "nothing limits what a command takes" : `a command: ${held}`;
  const together =
    all.memoryBytes === undefined
      ? ""
      : `; all commands: ${memoryAmount(all.memoryBytes)} of memory`;
  if (lack === undefined) return { about, state: "ok", words: `${words}${together}` };
  return {
    about,
    state: "missing",
    words: `${words}${together} (${lack})`,
    ...(advice?.startsWith("systemd-run")
      ? { advice: "Start Rein with a cgroup of its own", command: advice }
      : defined({ advice })),
  };
}

function heldWords({ memoryBytes, processes, cpus }: CommandsAnswer["limits"]["each"]): string {
  return [
    memoryBytes !== undefined && `${memoryAmount(memoryBytes)} of memory`,
    processes !== undefined && `${processes.toLocaleString("en")} processes`,
    cpus !== undefined && `${cpus} processors`,
  ]
    .filter((piece) => piece !== false)
    .join(", ");
}

function gitOf(): Finding {
  const git = Bun.which("git");
  if (git !== null) return { about: "git", state: "ok", words: git };
  return {
    about: "git",
    state: "missing",
    words: "not found: the changes of runs are not recorded, and cannot be undone",
    advice: "Install git",
    ...defined({ command: installCommand("git") }),
  };
}
