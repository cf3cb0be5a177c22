/** Against the supervisor, as a debugger does: it is traced, made to exit, robbed of its control pipe, or overwritten. */
import { type Adversary, ignoreSignalsPerl, call, perl, say } from "./adversary";

const requests = {
  getRegisters: 12,
  setRegisters: 13,
  attach: 16,
  detach: 17,
  seize: 0x4206,
  interrupt: 0x4207,
};

const ptrace = (request: keyof typeof requests, pid: string, address = "0", data = "0"): string =>
  `syscall(${call("ptrace")}, ${requests[request]}, ${pid}, ${address}, ${data})`;

const anyKind = 0x4000_0000; // __WALL

/** A tracer of each of its threads. */
const forThreads = (act: string): string =>
  `my $s = getppid; for my $t (map { m{(\\d+)$}; $1 + 0 } glob "/proc/$s/task/*") { ${act} } ${say}`;

/** In the registers of x64, 10 is rax, 14 rdi, 15 the interrupted call, and 16 where it goes on: at its `syscall` again. */
const exitCall = `my $r = "\\0" x 216; ${ptrace("getRegisters", "$s", "0", "$r")}; my @r = unpack "q27", $r; @r[10, 14, 15, 16] = (231, 0, -1, $r[16] - 2); $r = pack "q27", @r; ${ptrace("setRegisters", "$s", "0", "$r")}`;

/** `$f` is a duplicate of its control pipe; undefined where that is refused. */
const stolen = `my $s = getppid; my $d = syscall(${call("pidfd_getfd")}, syscall(${call("pidfd_open")}, $s, 0), 3, 0); my $f; open $f, "+<&=", $d if $d > 0`;

/** A jump to itself. */
const endless = process.arch === "arm64" ? "\\x00\\x00\\x00\\x14" : "\\xeb\\xfe";

const attacks: Adversary[] = [
  {
    name: "a debugger that seizes and interrupts the supervisor",
    script: (c) =>
      perl(
        c,
        ignoreSignalsPerl + forThreads(`${ptrace("seize", "$t")}; ${ptrace("interrupt", "$t")}`),
      ),
  },
  {
    name: "a debugger that attaches to the supervisor",
    script: (c) =>
      perl(
        c,
        ignoreSignalsPerl + forThreads(`${ptrace("attach", "$t")} == 0 and waitpid $t, ${anyKind}`),
      ),
  },
  {
    name: "a debugger that makes the supervisor exit with 0",
    needs: "x64",
    script: (c) =>
      perl(
        c,
        ignoreSignalsPerl +
          `my $s = getppid; if (${ptrace("attach", "$s")} == 0) { waitpid $s, ${anyKind}; ${exitCall}; ${ptrace("detach", "$s")} } ${say}`,
      ),
  },
  {
    name: "a process that holds the supervisor's control pipe",
    script: (c) => perl(c, ignoreSignalsPerl + `${stolen}; ${say}`),
  },
  {
    name: "a process that reads the supervisor's orders away",
    script: (c) =>
      perl(
        c,
        ignoreSignalsPerl + `${stolen}; ${say}; my $order; 1 while $f && sysread $f, $order, 64`,
      ),
  },
  {
    name: "a forged report of the end on the control pipe",
    script: (c) =>
      perl(c, ignoreSignalsPerl + `${stolen}; syswrite $f, "exit 0\\ndone\\n" if $f; ${say}`),
  },
  {
    name: "an endless loop written into the supervisor's code",
    script: (c) =>
      perl(
        c,
        ignoreSignalsPerl +
          `my $s = getppid; open my $y, "<", "/proc/$s/syscall"; my @w = split " ", <$y> // ""; if (@w > 2 && open my $m, "+<", "/proc/$s/mem") { sysseek $m, hex $w[-1], 0; syswrite $m, "${endless}" } ${say}`,
      ),
  },
];

export const supervisorTracers = attacks.map((one): Adversary => ({ ...one, tampers: true }));
