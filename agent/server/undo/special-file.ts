/** Makes FIFOs, sockets and devices, for which Bun has no call. */
import { dlopen, ptr } from "bun:ffi";
import { specialOf } from "./git/node-state";
import type { FileState } from "./git/tree-diff";

/** At a path that leads through a handle; nothing is there. Its mode is still to be set. Throws an Error that says why not. */
export function makeSpecial(path: string | Buffer, state: FileState): void {
  if (process.platform !== "linux") throw new Error("only Linux can make such a file");
  const { type, device } = specialOf(state);
  const bytes = Buffer.concat([Buffer.from(path), Buffer.from([0])]);
  if (mknod()(ptr(bytes), type | 0o600, device) !== 0) throw new Error("the system refuses it");
}

let found: ReturnType<typeof open> | undefined;

function mknod(): ReturnType<typeof open> {
  return (found ??= open());
}

/** As processes/linux/libc.ts opens it, which imports nothing of other rooms: a sandbox may show its own room alone. */
function open() {
  const signatures = { mknod: { args: ["ptr", "u32", "u64"], returns: "int" } } as const;
  try {
    return dlopen("libc.so.6", signatures).symbols.mknod;
  } catch {
    return dlopen("libc.so", signatures).symbols.mknod; // musl
  }
}
