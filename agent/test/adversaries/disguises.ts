/** Against a reader of /proc: names, arguments and programs that mislead its parser; and parents that keep their orphans. */
import { type Adversary, call, daemon, perl, say, trick } from "./adversary";

const subreaper = `syscall(${call("prctl")}, 36, 1, 0, 0, 0)`;

export const disguises: Adversary[] = [
  {
    name: "a name like the fields of a dead process",
    script: (c) =>
      perl(c, `my $name = ") Z 1 1\\n(x"; syscall(${call("prctl")}, 15, $name, 0, 0, 0); ${say}`),
  },
  { name: "a process without arguments", needs: "cc", script: trick("no-arguments") },
  {
    name: "an argument of 100 kB",
    script: (c) => `exec perl -e '$| = 1; ${say}; sleep 300' "$(printf %0100000d 0)" ${c}`,
  },
  {
    name: "a program that is in no file",
    script: (c) =>
      `exec perl -e '$| = 1; my $name = "program"; my $d = syscall(${call("memfd_create")}, $name, 0); open my $m, ">&=", $d; open my $s, "<", "/bin/sleep"; $/ = undef; syswrite $m, <$s>; ${say}; exec { "/proc/self/fd/$d" } "sleep", "300.${c}"'`,
  },
  {
    name: "a subreaper that reaps nothing",
    script: (c) => perl(c, `${subreaper}; $SIG{TERM} = "IGNORE"; if (!fork) { ${daemon} }`),
  },
  {
    name: "a subreaper within one that has exited",
    script: (c) =>
      perl(c, `${subreaper}; exit if fork; ${subreaper}; setsid(); if (!fork) { ${daemon} }`),
  },
  {
    name: "a trap that writes at the exit",
    script: (c) =>
      `trap "for i in {1..900}; do echo >>left; sleep 0.01${c}; done" EXIT; echo ready; sleep 300.${c}`,
  },
  {
    name: "a daemon that holds a lock on a deleted file",
    script: (c) => perl(c, `open my $l, ">", "lock"; flock $l, 2; unlink "lock"; ${daemon}`),
  },
];
