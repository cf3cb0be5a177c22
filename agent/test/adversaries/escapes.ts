/** Twenty-one known ways in which processes escape a kill. */
import { type Adversary, call, chain, daemon, perl, say, sleepWith } from "./adversary";

export const escapes: Adversary[] = [
  { name: "a plain sleep", script: (c) => `echo ready; ${sleepWith(c)}; :` },
  {
    name: "a busy pipeline",
    script: (c) => `: ${c}; (echo ready >&2; while :; do echo; done) | cat | cat >/dev/null`,
  },
  {
    name: "a pager in a terminal",
    terminal: true,
    script: (c) => `seq 1000 >/tmp/${c}; less -P ready /tmp/${c}; :`,
  },
  {
    name: "a process that ignores INT and TERM",
    script: (c) => `trap "" INT TERM; echo ready; while :; do ${sleepWith(c)}; done`,
  },
  { name: "nohup", script: (c) => `nohup ${sleepWith(c)} >/dev/null 2>&1 & echo ready; wait` },
  {
    name: "nohup whose shell has exited",
    afterExit: true,
    script: (c) => `nohup ${sleepWith(c)} >/dev/null 2>&1 & echo ready`,
  },
  { name: "setsid", script: (c) => `setsid sh -c "echo ready; ${sleepWith(c)}; :" & wait` },
  {
    name: "setsid whose shell has exited",
    afterExit: true,
    script: (c) => `setsid sh -c "echo ready; exec ${sleepWith(c)} >/dev/null 2>&1" &`,
  },
  { name: "a daemon", script: (c) => `${perl(c, daemon)}; ${sleepWith(c)}` },
  {
    name: "a daemon without environment",
    script: (c) => `env -i ${perl(c, daemon)}; ${sleepWith(c)}`,
  },
  {
    name: "a daemon without environment whose shell has exited",
    afterExit: true,
    script: (c) => `env -i ${perl(c, daemon)}`,
  },
  {
    name: "a process that overwrites its environment",
    script: (c) =>
      `${perl(c, `$0 = "nap ${c} " . "x" x 8000; exit if fork; setsid(); ${say}`)}; ${sleepWith(c)}`,
  },
  {
    name: "a daemon that is not dumpable",
    script: (c) =>
      `${perl(c, `syscall(${call("prctl")}, 4, 0, 0, 0, 0); ${daemon}`)}; ${sleepWith(c)}`,
  },
  {
    name: "an ssh-agent",
    script: (c) =>
      `ssh-agent -a /tmp/agent.${c} >/dev/null; rm -f /tmp/agent.${c}; echo ready; ${sleepWith(c)}`,
  },
  { name: "a stopped process", script: (c) => perl(c, `${say}; kill STOP => $$`) },
  {
    name: "a fork chain, one fork every 5 ms",
    script: (c) => `${perl(c, chain(60, 0.005))}; ${sleepWith(c)}`,
  },
  {
    name: "a fork chain with new sessions",
    script: (c) => `${perl(c, chain(60, 0.005, "setsid()"))}; ${sleepWith(c)}`,
  },
  {
    name: "a fork chain with new sessions and no environment",
    script: (c) => `env -i ${perl(c, chain(60, 0.005, "setsid()"))}; ${sleepWith(c)}`,
  },
  {
    name: "a fork chain without a delay",
    script: (c) => `${perl(c, chain(150, 0, "setsid()"))}; ${sleepWith(c)}`,
  },
  {
    name: "a grandchild that keeps the output open",
    afterExit: true,
    script: (c) => `(${sleepWith(c)} & echo ready) &`,
  },
  {
    name: "a process in another session that writes to the terminal",
    terminal: true,
    script: (c) => `setsid sh -c 'echo ready; while :; do echo; sleep 0.1${c}; done' & wait`,
  },
];
