/** Against the order of the kill: processes that fork when they are asked to exit, or when another dies. */
import { type Adversary, call, forAWhile, perl, say } from "./adversary";

/** A new session for each: its parent exits. */
const onSignal = (name: string): string =>
  `$SIG{${name}} = sub { POSIX::_exit(0) if fork; setsid() }; ${say}; sleep 1 while ${forAWhile}`;

/** SIGUSR1 at the death of its parent, which outlives the request. */
const atParentDeath = `syscall(${call("prctl")}, 1, 10, 0, 0, 0)`;

export const respawners: Adversary[] = [
  { name: "a process that forks on SIGTERM", script: (c) => perl(c, onSignal("TERM")) },
  { name: "a process that forks on SIGCONT", script: (c) => perl(c, onSignal("CONT")) },
  {
    name: "two processes that replace each other",
    script: (c) =>
      perl(
        c,
        `$SIG{CHLD} = "IGNORE"; my $other = fork || getppid; ${say}; while (${forAWhile}) { select undef, undef, undef, 0.001; next if kill 0 => $other; setsid(); $other = fork || getppid }`,
      ),
  },
  {
    name: "a process that forks at its parent's death",
    script: (c) =>
      perl(
        c,
        `my $n = 0; $SIG{USR1} = sub { return if $n++ > 50; if (fork) { select undef, undef, undef, 0.005; POSIX::_exit(0) } setsid(); ${atParentDeath} }; if (!fork) { ${atParentDeath}; ${say} } sleep 1 while ${forAWhile}`,
      ),
  },
  {
    name: "a daemon that starts another every 20 ms",
    script: (c) =>
      perl(
        c,
        `exit if fork; setsid(); for my $n (1 .. 300) { if (!fork) { setsid(); POSIX::_exit(0) if fork; sleep 300; POSIX::_exit(0) } wait; ${say} if $n == 3; select undef, undef, undef, 0.02 }`,
      ),
  },
];
