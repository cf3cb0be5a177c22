/** Against the wait: processes that are blocked or stopped, that ignore signals, or whose end takes long. */
import { type Adversary, call, forAWhile, perl, say, trick } from "./adversary";

const attach = (pid: string): string => `syscall(${call("ptrace")}, 16, ${pid}, 0, 0)`;
const seize = (pid: string): string => `syscall(${call("ptrace")}, 0x4206, ${pid}, 0, 0)`;
const anyKind = 0x4000_0000; // __WALL

export const unresponsive: Adversary[] = [
  {
    name: "a reader of a pipe that has no writer",
    script: (c) => `mkfifo fifo.${c}; setsid cat fifo.${c} & echo ready; wait`,
  },
  {
    name: "a background process that reads the terminal",
    terminal: true,
    script: (c) => `set -m; bash -c "echo ready; read line" ${c} & sleep 300.${c}; :`,
  },
  {
    name: "a process that ignores every signal",
    script: (c) => perl(c, `$SIG{$_} = "IGNORE" for keys %SIG; ${say}`),
  },
  {
    name: "a process that blocks every signal",
    script: (c) => perl(c, `sigprocmask(SIG_BLOCK, POSIX::SigSet->new(1 .. 31, 34 .. 64)); ${say}`),
  },
  {
    name: "a handler of SIGTERM that never returns",
    script: (c) =>
      perl(
        c,
        `$SIG{TERM} = sub { select undef, undef, undef, 0.01 while ${forAWhile} }; ${say}; sleep 1 while ${forAWhile}`,
      ),
  },
  {
    name: "a process stopped by its tracer",
    script: (c) =>
      perl(c, `my $k = fork; if ($k) { ${attach("$k")}; waitpid $k, ${anyKind}; ${say} }`),
  },
  {
    name: "a dead process that its tracer does not reap",
    script: (c) =>
      perl(
        c,
        `pipe my $r, my $w; my $k = fork; if ($k) { if (!fork) { ${seize("$k")}; syswrite $w, "." } else { sysread $r, my $b, 1; kill KILL => $k; ${say} } }`,
      ),
  },
  { name: "two hundred threads", needs: "cc", script: trick("threads") },
  { name: "a flood of output", script: (c) => `yes "ready ${c}"` },
  { name: "150 MB of memory", needs: "cc", script: trick("memory") },
  {
    name: "a server with three processes on one socket",
    script: (c) =>
      perl(
        c,
        `use Socket; socket my $l, PF_INET, SOCK_STREAM, 0; bind $l, sockaddr_in(0, INADDR_LOOPBACK); listen $l, 5; for (1 .. 3) { if (!fork) { setsid(); accept my $a, $l } } ${say}`,
      ),
  },
  {
    name: "a ring of the kernel's own thread (io_uring)",
    script: (c) =>
      perl(
        c,
        `my $p = pack "L3 x108", 0, 0, 2; my $d = syscall(${call("io_uring_setup")}, 8, $p); print $d < 0 ? "lacks io_uring ($!)\\n" : "ready\\n"`,
      ),
  },
];
