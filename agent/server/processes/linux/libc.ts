/** The few system calls of Linux that Bun does not offer. */
import { dlopen, type Pointer, ptr, read } from "bun:ffi";
import { readdirSync } from "node:fs";
import { constants } from "node:os";
import type { JobExit } from "../jobs";

/** Called when first needed: other systems lack these functions. */
function open() {
  const signatures = {
    sysconf: { args: ["int"], returns: "i64" },
    prctl: { args: ["int", "u64", "u64", "u64", "u64"], returns: "int" },
    getrlimit: { args: ["int", "ptr"], returns: "int" },
    setrlimit: { args: ["int", "ptr"], returns: "int" },
    waitpid: { args: ["int", "ptr", "int"], returns: "int" },
    dup2: { args: ["int", "int"], returns: "int" },
    fcntl: { args: ["int", "int", "int"], returns: "int" },
    ioctl: { args: ["int", "u64", "u64"], returns: "int" },
    socket: { args: ["int", "int", "int"], returns: "int" },
    bind: { args: ["int", "ptr", "u32"], returns: "int" },
    listen: { args: ["int", "int"], returns: "int" },
    sendmsg: { args: ["int", "ptr", "int"], returns: "int" },
    recvmsg: { args: ["int", "ptr", "int"], returns: "int" },
    sendto: { args: ["int", "ptr", "u64", "int", "ptr", "u32"], returns: "i64" },
    signal: { args: ["int", "u64"], returns: "ptr" },
    sigprocmask: { args: ["int", "ptr", "ptr"], returns: "int" },
    unsetenv: { args: ["ptr"], returns: "int" },
    execvp: { args: ["ptr", "ptr"], returns: "int" },
    __errno_location: { args: [], returns: "ptr" },
    syscall: { args: ["i64", "i64", "i64"], returns: "i64" },
    getxattr: { args: ["ptr", "ptr", "ptr", "u64"], returns: "i64" },
  } as const;
  try {
    return dlopen("libc.so.6", signatures).symbols;
  } catch {
    return dlopen("libc.so", signatures).symbols; // musl
  }
}

const noHang = 1; // WNOHANG

let opened: ReturnType<typeof open> | undefined;

/** The limits of this process (struct rlimit: soft and hard) when it first called the library: before its first job. */
const limitsAtStart = new Map<number, BigUint64Array>();

function libc(): ReturnType<typeof open> {
  if (opened !== undefined) return opened;
  opened = open();
  for (let resource = 0; resource < 16; resource++) {
    const limit = new BigUint64Array(2);
    if (opened.getrlimit(resource, ptr(limit)) === 0) limitsAtStart.set(resource, limit);
  }
  return opened;
}

/** The unit of processor and start times in /proc, as a number for each second. */
export function clockTicks(): number {
  return Number(libc().sysconf(2)); // _SC_CLK_TCK
}

/** From now on, descendants that lose their parent become children of this process. */
export function becomeSubreaper(): void {
  const setChildSubreaper = 36;
  if (libc().prctl(setChildSubreaper, 1, 0, 0, 0) !== 0)
    throw new Error("this system does not support PR_SET_CHILD_SUBREAPER");
}

/** Reaps a dead child and returns how it ended; undefined when it lives, or is no child of this process. */
export function reap(pid: number): JobExit | undefined {
  const status = new Int32Array(1);
  const address: Pointer = ptr(status);
  if (libc().waitpid(pid, address, noHang) !== pid) return undefined;
  const signal = status[0]! & 0x7f;
  return signal === 0
    ? { exitCode: (status[0]! >> 8) & 0xff, signalName: null }
    : { exitCode: null, signalName: signalNamed(signal) };
}

/** Sends this process SIGCONT when its parent dies: while stopped it could not react to the death. */
export function continueAtParentDeath(): void {
  const setParentDeathSignal = 1;
  libc().prctl(setParentDeathSignal, constants.signals.SIGCONT, 0, 0, 0);
}

/**
 * From now on this process, and what it starts, has a session keyring of its own: whoever inherits one keeps the keys in it,
 * even as another user. Throws where the system refuses; one without keyrings has no keys either.
 */
export function leaveKeyring(): void {
  const keyctl = process.arch === "arm64" ? 219 : 250;
  const [joinSession, anonymous, missing] = [1, 0, 38]; // ENOSYS
  if (Number(libc().syscall(keyctl, joinSession, anonymous)) >= 0) return;
  const errno = libc().__errno_location();
  const code = errno === null ? 0 : read.i32(errno, 0);
  if (code !== missing) throw new Error(`a session keyring of its own is refused (error ${code})`);
}

/** None of this process's descriptors but 0, 1 and 2 reaches the program that it becomes. */
export function closeAtExec(): void {
  const [setFlags, closeOnExec] = [2, 1]; // F_SETFD, FD_CLOEXEC
  for (const name of readdirSync("/proc/self/fd"))
    if (Number(name) > 2) libc().fcntl(Number(name), setFlags, closeOnExec);
}

/** From now on, processes of the same user can neither trace this process nor take its descriptors. */
export function forbidTracing(): void {
  const setDumpable = 4;
  libc().prctl(setDumpable, 0, 0, 0, 0);
}

/**
 * Raises what others have lowered of this process's limits (prlimit), as far as it may itself: only root raises a hard
 * limit. Never throws. Only Linux lets others lower them.
 */
export function restoreLimits(): void {
  if (process.platform !== "linux") return;
  const now = new BigUint64Array(2);
  for (const [resource, [soft, hard]] of limitsAtStart) {
    if (resource === fileLocks || libc().getrlimit(resource, ptr(now)) !== 0) continue;
    const [softNow, hardNow] = [now[0]!, now[1]!];
    if (softNow >= soft! && hardNow >= hard!) continue;
    const wanted = softNow > soft! ? softNow : soft!;
    if (hardNow < hard! && setLimit(resource, wanted, hard!)) continue;
    setLimit(resource, wanted < hardNow ? wanted : hardNow, hardNow);
  }
}

/** RLIMIT_LOCKS, which nothing enforces: see inherited-mark.ts. */
export const fileLocks = 10;

/** Sets a limit of this process, which those that it starts inherit. False where the system refuses. */
export function setLimit(resource: number, soft: bigint, hard: bigint): boolean {
  return libc().setrlimit(resource, ptr(new BigUint64Array([soft, hard]))) === 0;
}

export function signalNamed(number: number): string {
  const known = Object.entries(constants.signals).find(([, one]) => one === number);
  return known?.[0] ?? `signal ${number}`;
}

/** Reaps every dead child; false when none is left, living or dead. Not for a process whose children Bun reaps. */
export function reapAll(): boolean {
  let pid: number;
  do pid = libc().waitpid(-1, null, noHang);
  while (pid > 0);
  return pid === 0;
}

/** Makes `descriptor` a duplicate of `as`. */
export function redirect(descriptor: number, as: number): void {
  libc().dup2(as, descriptor);
}

/** Lets the program that this process becomes have the descriptor: Bun closes all others then. */
export function passOn(descriptor: number): void {
  const setFlags = 2; // F_SETFD
  libc().fcntl(descriptor, setFlags, 0);
}

/** Gives up the controlling terminal on standard input, so that another session can have it. */
export function giveUpTerminal(): void {
  const giveUp = 0x5422; // TIOCNOTTY
  libc().ioctl(0, giveUp, 0);
}

/** Whether the file has this extended attribute, as far as this user may see it. */
export function hasAttribute(path: string, name: string): boolean {
  const [file, attribute] = [path, name].map((text) => Buffer.from(`${text}\0`));
  return libc().getxattr(ptr(file!), ptr(attribute!), null, 0n) >= 0n;
}

/** A descriptor of a socket that listens on this port of 127.0.0.1. Throws where the port is taken. */
export function listenOnLoopback(port: number): number {
  const [internet, stream, closeOnExec] = [2, 1, 0o2000000];
  const descriptor = libc().socket(internet, stream | closeOnExec, 0);
  // struct sockaddr_in: the family in the machine's byte order, port and address in the network's.
  const address = new Uint8Array(16);
  address.set([internet, 0, port >> 8, port & 0xff, 127, 0, 0, 1]);
  const isBound = libc().bind(descriptor, ptr(address), address.length) === 0;
  if (descriptor < 0 || !isBound || libc().listen(descriptor, 128) !== 0)
    throw new Error(`cannot listen on port ${port}`);
  return descriptor;
}

/**
 * A function that sends one datagram to the Unix socket at `path`, where @ begins an abstract name; false when it could not
 * be sent now. It does not wait. Throws where the path is too long, or there can be no socket.
 */
export function datagramsTo(path: string): (text: string) => boolean {
  const [unix, datagram, closeOnExec, nonBlocking] = [1, 2, 0o2000000, 0o4000];
  const [dontWait, noSignal] = [0x40, 0x4000];
  const name = Buffer.from(path);
  // struct sockaddr_un. The name of a file ends with a zero byte, and an abstract one begins with it and has no end.
  const address = new Uint8Array(name.length + (path.startsWith("@") ? 2 : 3));
  if (address.length > 110) throw new Error(`${path} is too long for a socket`);
  address.set(new Uint8Array(new Uint16Array([unix]).buffer));
  address.set(name, 2);
  if (path.startsWith("@")) address[2] = 0;
  const descriptor = libc().socket(unix, datagram | closeOnExec | nonBlocking, 0);
  if (descriptor < 0) throw new Error("no socket could be made");
  return (text) => {
    const bytes = Buffer.from(text);
    const flags = dontWait | noSignal;
    const to = ptr(address);
    return (
      Number(libc().sendto(descriptor, ptr(bytes), bytes.length, flags, to, address.length)) ===
      bytes.length
    );
  };
}

/** Sends a duplicate of `sent` through the Unix socket `to`. */
export function sendDescriptor(to: number, sent: number): void {
  const message = descriptorMessage();
  message.control.setInt32(16, sent, true);
  if (libc().sendmsg(to, ptr(message.header), 0) !== 1)
    throw new Error("a descriptor could not be sent");
}

/** What `sendDescriptor` has sent through the Unix socket `from`; undefined when nothing has come. Does not wait. */
export function receiveDescriptor(from: number): number | undefined {
  const message = descriptorMessage();
  const [dontWait, closeOnExec] = [0x40, 0x40000000];
  if (libc().recvmsg(from, ptr(message.header), dontWait | closeOnExec) !== 1) return undefined;
  const { control } = message;
  const isDescriptor = control.getInt32(8, true) === 1 && control.getInt32(12, true) === 1;
  return isDescriptor ? control.getInt32(16, true) : undefined;
}

/**
 * A message of one byte and one descriptor (struct msghdr, iovec, cmsghdr: 64 bits, least byte first). It holds what its
 * addresses lead to.
 */
function descriptorMessage() {
  const byte = new Uint8Array(1);
  const vector = new BigUint64Array([BigInt(ptr(byte)), 1n]);
  // Its length ends with the descriptor, without the padding: for a second one there is no room.
  const control = new DataView(new ArrayBuffer(20));
  control.setBigUint64(0, 20n, true);
  control.setInt32(8, 1, true); // SOL_SOCKET
  control.setInt32(12, 1, true); // SCM_RIGHTS
  const controlAt = BigInt(ptr(new Uint8Array(control.buffer)));
  const header = new BigUint64Array([0n, 0n, BigInt(ptr(vector)), 1n, controlAt, 20n, 0n]);
  return { header, control, byte, vector };
}

/** Takes it out of the environment that `becomeProgram` passes on. */
export function forgetVariable(name: string): void {
  libc().unsetenv(ptr(Buffer.from(`${name}\0`)));
}

/** Becomes this program, with the signals as a new process has them. Throws when there is no such program. */
export function becomeProgram(command: string[]): never {
  for (let number = 1; number <= 64; number++) libc().signal(number, 0);
  libc().sigprocmask(2, ptr(new Uint8Array(128)), null); // SIG_SETMASK, to none
  const words = command.map((word) => Buffer.from(`${word}\0`));
  const list = new BigUint64Array([...words.map((word) => BigInt(ptr(word))), 0n]);
  libc().execvp(ptr(words[0]!), ptr(list));
  throw new Error(`cannot start ${command[0]}`);
}
