/** Twenty-one ways in which processes escape a kill. Each is small, and those that sleep exit by themselves within minutes. */

export interface Adversary {
  name: string;
  /**
   * A bash script that prints "ready" when the process that may escape is running. `cookie` is a number by which it is
   * found: it is part of the process's arguments, for example as the fraction of the seconds that it sleeps.
   */
  script(cookie: string): string;
  terminal?: true;
  /** The job is stopped only after its shell has exited by itself. */
  afterExit?: true;
}

const sleepWith = (cookie: string): string => `sleep 300.${cookie}`;

/** A perl process that runs `body` and then sleeps. `$0` sets the arguments that the system shows. */
const perl = (cookie: string, body: string): string =>
  `perl -e '$| = 1; $0 = "nap ${cookie}"; use POSIX; ${body}; sleep 300'`;

const say = `print "ready\\n"`;

/** Daemonizes: the process is reparented, has its own session, and no open descriptors. */
const daemon = `exit if fork; setsid(); exit if fork; ${say}; close $_ for *STDIN, *STDOUT, *STDERR`;

/** Forks and exits `links` times; the last process keeps running. */
const chain = (links: number, pauseSeconds: number, between = ""): string =>
  `for my $link (1 .. ${links}) { exit if fork; ${between}; ${say} if $link == 5; select undef, undef, undef, ${pauseSeconds} }`;

export const adversaries: Adversary[] = [
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
      `${perl(c, `my $prctl = (uname())[4] eq "x86_64" ? 157 : 167; syscall($prctl, 4, 0, 0, 0, 0); ${daemon}`)}; ${sleepWith(c)}`,
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
