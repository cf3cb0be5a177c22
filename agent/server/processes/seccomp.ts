/** The system calls that a sandboxed command cannot make, as a seccomp filter (a BPF program) for bwrap. */

/** The bytes of the program for this machine's architecture; undefined where there is none. */
export function seccompFilter(): Uint8Array | undefined {
  const machine = machines[process.arch];
  if (machine === undefined) return undefined;
  const { audit, column } = machine;
  const onCall = (call: Call, body: Instruction[]): Instruction[] => {
    const number = call[column];
    return number === undefined ? [] : [...jump(isEqual, number, body)];
  };
  return encode([
    load(architectureOffset),
    { code: isEqual, whenTrue: 1, whenFalse: 0, value: audit },
    refuse(eperm),
    load(numberOffset),
    // On x64, the same calls have second numbers (x32).
    ...(machine.secondNumbers ? jump(isAtLeast, machine.secondNumbers, [refuse(eperm)]) : []),
    ...Object.values(forbidden).flatMap((call) => onCall(call, [refuse(eperm)])),
    // libc then calls clone, whose flags a filter can read.
    ...onCall(clone3, [refuse(enosys)]),
    ...[clone, unshare].flatMap((call) =>
      onCall(call, [loadArgument(0), ...jump(hasAnyBit, newNamespaces, [refuse(eperm)]), allow]),
    ),
    ...onCall(ioctl, [
      loadArgument(1),
      ...terminalInput.flatMap((request) => jump(isEqual, request, [refuse(eperm)])),
      allow,
    ]),
    ...onCall(socket, [
      loadArgument(0),
      ...[internet, internet6].flatMap((family) => jump(isEqual, family, [allow])),
      ...jump(isEqual, netlink, [
        loadArgument(2),
        ...jump(isEqual, netlinkRoute, [allow]),
        refuse(eperm),
      ]),
      refuse(eperm),
    ]),
    ...chmods.flatMap(({ call, modeAt }) =>
      onCall(call, [loadArgument(modeAt), ...jump(hasAnyBit, setIdBits, [refuse(eperm)]), allow]),
    ),
    allow,
  ]);
}

const machines: Partial<
  Record<NodeJS.Architecture, { audit: number; column: 0 | 1; secondNumbers?: number }>
> = {
  x64: { audit: 0xc000003e, column: 0, secondNumbers: 0x40000000 },
  arm64: { audit: 0xc00000b7, column: 1 },
};

/** Its numbers (asm/unistd_64.h, asm-generic/unistd.h); some calls exist on x64 only. */
type Call = [x64: number, arm64?: number];

const forbidden: Record<string, Call> = {
  // Mounts, which hide and protect files.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  move_mount: [429, 429],
  open_tree: [428, 428],
  open_tree_attr: [467, 467],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  setns: [308, 268],
  // Opens a file by its number, past every mount.
  open_by_handle_at: [304, 265],
  // Keyrings belong to no namespace.
  keyctl: [250, 219],
  add_key: [248, 217],
  request_key: [249, 218],
  // The kernel and the machine.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  syslog: [103, 116],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  iopl: [172],
  ioperm: [173],
  vhangup: [153, 58],
  // Its operations pass no filter.
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
};

const clone: Call = [56, 220];
const clone3: Call = [435, 435];
const unshare: Call = [272, 97];
const ioctl: Call = [16, 29];
const socket: Call = [41, 198];

/**
 * As root, a set-user-id program in the working directory would be root's for every user of the machine. Other calls
 * (open, mknod) make only an empty file with these bits: the kernel clears them when a process without CAP_FSETID writes.
 */
const chmods: { call: Call; modeAt: number }[] = [
  { call: [90], modeAt: 1 }, // chmod
  { call: [91, 52], modeAt: 1 }, // fchmod
  { call: [268, 53], modeAt: 2 }, // fchmodat
  { call: [452, 452], modeAt: 2 }, // fchmodat2
];
const setIdBits = 0o6000;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const newNamespaces = 0x7e020000;

/** TIOCSTI, TIOCLINUX: input to a terminal as if typed. */
const terminalInput = [0x5412, 0x541c];

/**
 * Unix sockets are not among them: those of other programs can stand at any path, appear at any time, or have no path at
 * all, so no mount hides them for sure. Connected pairs of sockets can always be made.
 */
const internet = 2;
const internet6 = 10;
/** For the list of network interfaces. */
const netlink = 16;
const netlinkRoute = 0;

const eperm = 1;
const enosys = 38;

// The instructions of a filter (linux/filter.h, linux/seccomp.h). Arguments are compared by their lower half.
interface Instruction {
  code: number;
  whenTrue: number;
  whenFalse: number;
  value: number;
}

const isEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const isAtLeast = 0x35; // BPF_JGE
const hasAnyBit = 0x45; // BPF_JSET

const numberOffset = 0;
const architectureOffset = 4;

function load(offset: number): Instruction {
  return { code: 0x20, whenTrue: 0, whenFalse: 0, value: offset };
}

function loadArgument(index: number): Instruction {
  return load(16 + 8 * index);
}

/** `body` is skipped unless the loaded value passes the test. */
function jump(code: number, value: number, body: Instruction[]): Instruction[] {
  return [{ code, whenTrue: 0, whenFalse: body.length, value }, ...body];
}

function answer(value: number): Instruction {
  return { code: 0x06, whenTrue: 0, whenFalse: 0, value };
}

const allow = answer(0x7fff0000);

function refuse(errno: number): Instruction {
  return answer(0x00050000 | errno);
}

function encode(instructions: Instruction[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8 * instructions.length));
  for (const [index, { code, whenTrue, whenFalse, value }] of instructions.entries()) {
    bytes.setUint16(8 * index, code, true);
    bytes.setUint8(8 * index + 2, whenTrue);
    bytes.setUint8(8 * index + 3, whenFalse);
    bytes.setUint32(8 * index + 4, value, true);
  }
  return new Uint8Array(bytes.buffer);
}
