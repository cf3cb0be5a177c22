/** What an adversary is, and the words that their scripts share. Every one ends by itself within minutes. */

export interface Adversary {
  name: string;
  /**
   * A bash script of one line that prints "ready" when the process that may escape is running, or "lacks …" where the
   * machine does not have what it needs. `cookie` is a number by which its processes are found: in their arguments, for
   * example as the fraction of the seconds that they sleep, or in the name of their directory. `$TRICKS` is tricks.c.
   */
  script(cookie: string): string;
  terminal?: true;
  /** The job is stopped only after its shell has exited by itself. */
  afterExit?: true;
  /** It acts on its supervisor, which can then no longer prove the end: "seen" is a true answer too. */
  tampers?: true;
  /** What only some machines have, besides bash and perl. */
  needs?: "cc" | "x64";
}

export const sleepWith = (cookie: string): string => `sleep 300.${cookie}`;

/** A perl process that runs `body` and then sleeps. `$0` sets the arguments that the system shows. */
export const perl = (cookie: string, body: string): string =>
  `perl -e '$| = 1; $0 = "nap ${cookie}"; use POSIX; ${body}; sleep 300'`;

export const say = `print "ready\\n"`;

/** Without these, a polite stop would end an attack on the supervisor by its SIGTERM. */
export const ignoreSignals = `trap "" TERM HUP`;
export const ignoreSignalsPerl = `$SIG{TERM} = $SIG{HUP} = "IGNORE"; `;

/** Perl, for a loop that ends by itself. */
export const forAWhile = `time < $^T + 200`;

/** Daemonizes: the process is reparented, has its own session, and no open descriptors. */
export const daemon = `exit if fork; setsid(); exit if fork; ${say}; close $_ for *STDIN, *STDOUT, *STDERR`;

/** Forks and exits `links` times; the last process keeps running. */
export const chain = (links: number, pauseSeconds: number, between = "", fork = "fork"): string =>
  `for my $link (1 .. ${links}) { exit if ${fork}; ${between}; ${say} if $link == 5; select undef, undef, undef, ${pauseSeconds} }`;

/** Runs tricks.c. */
export const trick =
  (name: string): Adversary["script"] =>
  (cookie) =>
    `exec "$TRICKS" ${name} ${cookie}`;

/** Numbers of system calls, for perl's `syscall`. */
const numbers = {
  ptrace: [101, 117],
  prctl: [157, 167],
  clone: [56, 220],
  kill: [62, 129],
  memfd_create: [319, 279],
  io_uring_setup: [425, 425],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
} as const;

export function call(name: keyof typeof numbers): number {
  return numbers[name][process.arch === "arm64" ? 1 : 0];
}
