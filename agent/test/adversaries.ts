/** The twenty-one ways in which processes get away from others. Each is small, and those that sleep end by themselves in minutes. */

export interface Adversary {
  name: string;
  /**
   * A script of bash that says "ready" when the one to be caught is there. `cookie` is a number: whoever is to be found
   * has it in the arguments, if only as a fraction of the seconds it sleeps.
   */
  script(cookie: string): string;
  terminal?: true;
  /** It is stopped when its shell has exited by itself, and not before. */
  afterExit?: true;
}

const napOf = (cookie: string): string => `sleep 300.${cookie}`;

/** A process of perl: `body` runs, then it says so, and sleeps. `$0` is what it shows as its arguments. */
const perl = (cookie: string, body: string): string =>
  `perl -e '$| = 1; $0 = "nap ${cookie}"; use POSIX; ${body}; sleep 300'`;

const say = `print "ready\\n"`;

/** The way of daemons: no parent, a session of its own, no open descriptor. */
const daemon = `exit if fork; setsid(); exit if fork; ${say}; close $_ for *STDIN, *STDOUT, *STDERR`;

/** `links` times somebody else; who is last stays. */
const chain = (links: number, pauseSeconds: number, between = ""): string =>
  `for my $link (1 .. ${links}) { exit if fork; ${between}; ${say} if $link == 5; select undef, undef, undef, ${pauseSeconds} }`;

export const adversaries: Adversary[] = [
  { name: "a plain sleep", script: (c) => `echo ready; ${napOf(c)}; :` },
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
    name: "one that ignores INT and TERM",
    script: (c) => `trap "" INT TERM; echo ready; while :; do ${napOf(c)}; done`,
  },
  { name: "nohup", script: (c) => `nohup ${napOf(c)} >/dev/null 2>&1 & echo ready; wait` },
  {
    name: "nohup, its shell gone",
    afterExit: true,
    script: (c) => `nohup ${napOf(c)} >/dev/null 2>&1 & echo ready`,
  },
  { name: "setsid", script: (c) => `setsid sh -c "echo ready; ${napOf(c)}; :" & wait` },
  {
    name: "setsid, its shell gone",
    afterExit: true,
    script: (c) => `setsid sh -c "echo ready; exec ${napOf(c)} >/dev/null 2>&1" &`,
  },
  { name: "a daemon", script: (c) => `${perl(c, daemon)}; ${napOf(c)}` },
  { name: "a daemon without environment", script: (c) => `env -i ${perl(c, daemon)}; ${napOf(c)}` },
  {
    name: "a daemon without environment, its shell gone",
    afterExit: true,
    script: (c) => `env -i ${perl(c, daemon)}`,
  },
  {
    name: "one that overwrites its environment",
    script: (c) =>
      `${perl(c, `$0 = "nap ${c} " . "x" x 8000; exit if fork; setsid(); ${say}`)}; ${napOf(c)}`,
  },
  {
    name: "a daemon that nobody may look into",
    script: (c) =>
      `${perl(c, `my $prctl = (uname())[4] eq "x86_64" ? 157 : 167; syscall($prctl, 4, 0, 0, 0, 0); ${daemon}`)}; ${napOf(c)}`,
  },
  {
    name: "an ssh-agent",
    script: (c) =>
      `ssh-agent -a /tmp/agent.${c} >/dev/null; rm -f /tmp/agent.${c}; echo ready; ${napOf(c)}`,
  },
  { name: "one that is stopped", script: (c) => perl(c, `${say}; kill STOP => $$`) },
  {
    name: "a chain, a link every 5 ms",
    script: (c) => `${perl(c, chain(60, 0.005))}; ${napOf(c)}`,
  },
  {
    name: "a chain of sessions",
    script: (c) => `${perl(c, chain(60, 0.005, "setsid()"))}; ${napOf(c)}`,
  },
  {
    name: "a chain of sessions without environment",
    script: (c) => `env -i ${perl(c, chain(60, 0.005, "setsid()"))}; ${napOf(c)}`,
  },
  {
    name: "a chain without a pause",
    script: (c) => `${perl(c, chain(150, 0, "setsid()"))}; ${napOf(c)}`,
  },
  {
    name: "a grandchild that holds the output",
    afterExit: true,
    script: (c) => `(${napOf(c)} & echo ready) &`,
  },
  {
    name: "a session of its own that writes to the terminal",
    terminal: true,
    script: (c) => `setsid sh -c 'echo ready; while :; do echo; sleep 0.1${c}; done' & wait`,
  },
];
