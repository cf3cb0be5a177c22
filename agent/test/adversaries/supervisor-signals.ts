/** Against the supervisor, by signals: it is stopped, killed, or flooded. `$PPID` of the command is the supervisor. */
import {
  type Adversary,
  ignoreSignals,
  ignoreSignalsPerl,
  forAWhile,
  perl,
  say,
  sleepWith,
} from "./adversary";

const ending = "HUP INT QUIT ILL ABRT BUS FPE SEGV PIPE ALRM TERM USR1 USR2 XCPU XFSZ VTALRM PROF";
const halting = "TSTP TTIN TTOU";

/** Sends `signal` to it when the polite stop sends SIGTERM. */
const onTerm = (signal: string, cookie: string): string =>
  `trap "kill -${signal} $PPID" TERM; echo ready; for i in {1..50}; do ${sleepWith(cookie)} & wait $!; done`;

const attacks: Adversary[] = [
  {
    name: "SIGSTOP of the supervisor",
    script: (c) => `${ignoreSignals}; kill -STOP $PPID; echo ready; ${sleepWith(c)}; :`,
  },
  {
    name: "SIGSTOP of the supervisor in a loop",
    script: (c) =>
      perl(
        c,
        ignoreSignalsPerl +
          `my $s = getppid; ${say}; kill STOP => $s while getppid == $s && ${forAWhile}`,
      ),
  },
  { name: "SIGSTOP of the supervisor on SIGTERM", script: (c) => onTerm("STOP", c) },
  {
    name: "SIGKILL of the supervisor",
    script: (c) => `${ignoreSignals}; kill -KILL $PPID; echo ready; ${sleepWith(c)}; :`,
  },
  { name: "SIGKILL of the supervisor on SIGTERM", script: (c) => onTerm("KILL", c) },
  {
    name: "every other signal to the supervisor",
    script: (c) =>
      `${ignoreSignals}; for s in ${ending} ${halting}; do kill -$s $PPID; done; echo ready; ${sleepWith(c)}; :`,
  },
  {
    name: "a flood of realtime signals to the supervisor",
    script: (c) =>
      perl(
        c,
        ignoreSignalsPerl +
          `my $s = getppid; ${say}; while (getppid == $s && ${forAWhile}) { kill $_ => $s for 34 .. 64 }`,
      ),
  },
  {
    name: "a storm of orphans that the supervisor must reap",
    script: (c) =>
      perl(
        c,
        ignoreSignalsPerl +
          `${say}; while (${forAWhile}) { if (!fork) { fork or POSIX::_exit(0) for 1 .. 20; POSIX::_exit(0) } wait }`,
      ),
  },
];

export const supervisorSignals = attacks.map((one): Adversary => ({ ...one, tampers: true }));
