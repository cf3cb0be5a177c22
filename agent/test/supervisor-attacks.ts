/** What a job can do to its supervisor. Each is small, and what it starts exits by itself within minutes. */

export interface SupervisorAttack {
  name: string;
  /** A bash script, whose `$PPID` is the supervisor; it does its worst and goes on. */
  script: string;
  /** Only root can; the others have no effect. */
  needsRoot?: true;
  /** The supervisor may not be there any more to confirm the end. */
  isUnproven?: true;
}

/** Perl that has stopped the supervisor, as a debugger does. */
const traced = `syscall(101, 0x4206, $s, 0, 0) == 0 or exit 1; syscall(101, 0x4207, $s, 0, 0); waitpid $s, 0x40000000;`;

const perl = (body: string): string => `perl -e 'my $s = 0 + shift; ${body}' $PPID`;

/** Makes the stopped supervisor exit with 0, as \`call _exit(0)\` does in gdb. x64 only. */
const exit = `my $r = "\\0" x 216; syscall(101, 12, $s, 0, $r); my @r = unpack "Q27", $r; $r[10] = 231; $r[14] = 0; $r[15] = ~0; $r[16] -= 2; my $w = pack "Q27", @r; syscall(101, 13, $s, 0, $w); syscall(101, 17, $s, 0, 0);`;

/** A duplicate of the supervisor's control pipe (pidfd_open, pidfd_getfd). */
const pipe = `my $fd = syscall(438, syscall(434, $s, 0), 3, 0); $fd > 0 or exit 1; open my $pipe, ">&=", $fd; $pipe->autoflush;`;

const isX64 = process.arch === "x64";

export const supervisorAttacks: SupervisorAttack[] = [
  {
    name: "stops it again and again",
    script: "(for i in {1..1000000}; do kill -STOP $PPID; done) &",
  },
  { name: "lets it open nothing", script: "prlimit --pid $PPID --nofile=0:0" },
  { name: "lets it open four files", script: "prlimit --pid $PPID --nofile=4:4" },
  {
    name: "gives it no memory",
    script: "prlimit --pid $PPID --as=1:1 --data=1:1 --stack=1:1",
    isUnproven: true,
  },
  { name: "makes it the last to run", script: "renice -n 19 -p $PPID; chrt -i -p 0 $PPID" },
  ...(isX64
    ? [
        { name: "traces it", script: `${perl(`${traced} sleep 100`)} &`, needsRoot: true } as const,
        {
          name: "makes it exit with 0",
          script: perl(`${traced} ${exit}`),
          needsRoot: true,
          isUnproven: true,
        } as const,
        {
          name: "says its last word, and holds its pipe",
          script: `${perl(`${pipe} print $pipe "exit 0\\ndone\\n"; sleep 100`)} &`,
          needsRoot: true,
        } as const,
        {
          name: "floods its pipe",
          script: `${perl(`${pipe} print $pipe "x" x 1000 for 1 .. 1e6`)} &`,
          needsRoot: true,
          isUnproven: true,
        } as const,
      ]
    : []),
];
