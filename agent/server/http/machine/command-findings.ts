/** What this machine allows for commands: the proof of a stop, the sandbox, the limits, and git for undo. */
import { existsSync } from "node:fs";
import { memorySentence } from "../../../shared/limit-hit-words";
import type { CommandsAnswer, Finding, Sentence } from "../../../shared/protocol";
import { sentence } from "../../../shared/sentences";
import { finding } from "./finding";
import { installCommand } from "./install-command";

/** `fallen`: as `fallenSaid` of Capabilities. */
export function commandFindings(commands: CommandsAnswer, fallen: Sentence | undefined): Finding[] {
  return [proofOf(commands, fallen), sandboxOf(commands), limitsOf(commands), gitOf()];
}

function proofOf({ proof }: CommandsAnswer, fallen: Sentence | undefined): Finding {
  const about = "Stop";
  if (proof === "none") return unproven(about, fallen);
  const words =
    proof === "supervisor"
      ? sentence("proven by a supervisor per command")
      : sentence("proven by a supervisor and a cgroup per command");
  if (fallen === undefined) return finding({ about, state: "ok", words });
  return finding({
    about,
    state: "missing",
    words: sentence("{words}. {more}", { words, more: fallen }),
    advice: sentence("Allow programs in the data directory to run (no noexec)"),
  });
}

function unproven(about: string, fallen: Sentence | undefined): Finding {
  const words = sentence("processes are seen dead; it cannot be proven that none is left");
  if (process.platform !== "linux")
    return finding({
      about,
      state: "missing",
      words,
      advice: sentence("On Linux it is proven"),
    });
  return finding({
    about,
    state: "broken",
    words: fallen ?? words,
    advice: sentence(
      "Allow programs in the data directory to run (no noexec), or install a C compiler",
    ),
    command: installCommand("gcc"),
  });
}

function sandboxOf({
  sandboxed,
  sandboxWorks,
  noSandbox,
  noSandboxSaid,
  sandbox,
}: CommandsAnswer): Finding {
  const about = "Sandbox";
  if (sandboxWorks && sandboxed)
    return finding({ about, state: "ok", words: sentence("commands run in a sandbox") });
  if (sandboxWorks)
    return finding({
      about,
      state: "missing",
      words: sentence("turned off: a command can do whatever the server's user can"),
      advice: sentence("Turn it on in the settings, or start with REIN_SANDBOX=auto"),
    });
  const isNeeded = sandbox === "on";
  const lack = noSandboxSaid ?? noSandbox ?? sentence("not possible here");
  return finding({
    about,
    state: isNeeded ? "broken" : "missing",
    words: isNeeded
      ? sentence("{lack}: no command runs until it works", { lack })
      : sentence("{lack}: a command can do whatever the server's user can", { lack }),
    ...sandboxAdvice(noSandbox ?? ""),
  });
}

function sandboxAdvice(lack: string): { advice: Sentence; command?: string | undefined } {
  if (!Bun.which("bwrap"))
    return { advice: sentence("Install bubblewrap"), command: installCommand("bubblewrap") };
  // Ubuntu since 24.04 allows them only to programs that have a profile.
  if (/namespace|Permission|not permitted|uid map/i.test(lack))
    return {
      advice: sentence("Allow user namespaces on this machine"),
      command: existsSync("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
        ? "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        : "sudo sysctl user.max_user_namespaces=10000",
    };
  return { advice: sentence("Run bwrap by hand to see why") };
}

function limitsOf({ limits }: CommandsAnswer): Finding {
  const about = "Limits";
  const { said } = limits;
  const lack = said?.lack ?? limits.lack;
  const advice = said?.advice ?? limits.advice;
  const words = limitWords(limits);
  if (lack === undefined) return finding({ about, state: "ok", words });
  return finding({
    about,
    state: "missing",
    words: sentence("{words} ({lack})", { words, lack }),
    ...(typeof advice === "string" && advice.startsWith("systemd-run")
      ? { advice: sentence("Start Rein with a cgroup of its own"), command: advice }
      : { advice }),
  });
}

function limitWords({ each, all = {} }: CommandsAnswer["limits"]): Sentence {
  const held = heldWords(each);
  const words =
    held.length === 0
      ? sentence("nothing limits what a command takes")
      : sentence("a command: {held}", { held });
  if (all.memoryBytes === undefined) return words;
  const amount = memorySentence(all.memoryBytes);
  return sentence("{words}; all commands: {amount} of memory", { words, amount });
}

function heldWords({ memoryBytes, processes, cpus }: CommandsAnswer["limits"]["each"]): Sentence[] {
  return [
    ...(memoryBytes === undefined
      ? []
      : [sentence("{amount} of memory", { amount: memorySentence(memoryBytes) })]),
    ...(processes === undefined ? [] : [sentence("{processes} processes", { processes })]),
    ...(cpus === undefined ? [] : [sentence("{cpus} processors", { cpus })]),
  ];
}

function gitOf(): Finding {
  const about = "git";
  const git = Bun.which("git");
  if (git !== null) return finding({ about, state: "ok", words: git });
  return finding({
    about,
    state: "missing",
    words: sentence("not found: the changes of runs are not recorded, and cannot be undone"),
    advice: sentence("Install git"),
    command: installCommand("git"),
  });
}
