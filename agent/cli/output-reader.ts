/** Notices that the program that reads standard output is gone, though nothing is written to it. */
import { dlopen, ptr } from "bun:ffi";

const pollMs = 200;

/** Calls `onGone` once, when the reader is gone, unless it is disposed before. Files and terminals have no reader that can be. */
export function watchReader(onGone: () => void): Disposable {
  const timer = setInterval(() => {
    if (!isReaderGone()) return;
    clearInterval(timer);
    onGone();
  }, pollMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** By poll(2): the reader of a pipe is gone with an error or a hang-up, that of a socket with a hang-up. */
function isReaderGone(): boolean {
  // struct pollfd: int fd, short events, short revents. Errors and hang-ups are told without being asked for.
  const asked = new Int16Array(4);
  new Int32Array(asked.buffer)[0] = 1;
  library ??= open();
  return library.poll(ptr(asked), 1, 0) === 1 && (asked[3]! & (pollError | pollHangUp)) !== 0;
}

const pollError = 0x8;
const pollHangUp = 0x10;

let library: ReturnType<typeof open> | undefined;

function open() {
  const signatures = { poll: { args: ["ptr", "u64", "int"], returns: "int" } } as const;
  if (process.platform === "darwin") return dlopen("libSystem.B.dylib", signatures).symbols;
  try {
    return dlopen("libc.so.6", signatures).symbols;
  } catch {
    return dlopen("libc.so", signatures).symbols; // musl
  }
}
