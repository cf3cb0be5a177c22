/** Reads regular files only, within bounds: what a device, a pipe or the kernel offers as a file is never opened. */
import { type BigIntStats, constants, fstat, read } from "node:fs";
import { statfs } from "node:fs/promises";
import { promisify } from "node:util";
import type { Directory } from "./directory";
import { Handle, hasHandlePaths } from "./handle";

/** Something else than a regular file is there; `reason` follows its name: "is a directory". */
export class NotRegularError extends Error {
  override readonly name = "NotRegularError";

  constructor(readonly reason: string) {
    super(`it ${reason}`);
  }
}

/** Where a regular file is, which may be unreadable. Throws ELOOP for a link, and as `RegularFile.open` does. */
export async function findRegular(
  directory: Directory,
  name: string | Buffer,
  signal: AbortSignal,
): Promise<{ entry: Handle; stats: BigIntStats }> {
  using cleanup = new DisposableStack();
  const entry = cleanup.use(await directory.entry(name, signal));
  const stats = await entry.use(() => statHandle(entry.fd, { bigint: true }), signal);
  if (stats.isSymbolicLink()) throw Object.assign(new Error("ELOOP: a link"), { code: "ELOOP" });
  const reason = reasonAgainst(stats) ?? (await kernelReason(entry, signal));
  if (reason !== undefined) throw new NotRegularError(reason);
  cleanup.move();
  return { entry, stats };
}

/** A regular file as it was when it was opened. */
export class RegularFile extends Handle {
  readonly stats: BigIntStats;

  private constructor(fd: number, stats: BigIntStats) {
    super(fd);
    this.stats = stats;
  }

  /** An entry of a directory. Throws NotRegularError, a system error, or the signal's reason. */
  static async open(
    directory: Directory,
    name: string | Buffer,
    signal: AbortSignal,
  ): Promise<RegularFile> {
    const found = await findRegular(directory, name, signal);
    using entry = found.entry;
    // Where the handle is only the place of the file, it is opened once more through that: it is the same file.
    const path = hasHandlePaths ? `/proc/self/fd/${entry.fd}` : directory.at(name);
    const fd = await entry.open(path, readFlags, 0, signal);
    return new RegularFile(fd, found.stats);
  }

  /** At most `length` bytes from an offset. Whatever its size was, only what is read counts: a file can grow. */
  async bytes(offset: number, length: number, signal: AbortSignal): Promise<Buffer> {
    const chunks: Buffer[] = [];
    // One more than its size: the read that finds no more is then the same one.
    let size = Math.min(length, Math.max(Number(this.stats.size) - offset + 1, minChunkBytes));
    for (let done = 0; done < length; size = Math.min(length - done, maxChunkBytes)) {
      const chunk = Buffer.allocUnsafe(size);
      const { bytesRead } = await this.use(
        () => readHandle(this.fd, chunk, 0, chunk.length, offset + done),
        signal,
      );
      if (bytesRead === 0) break;
      chunks.push(chunk.subarray(0, bytesRead));
      done += bytesRead;
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  }
}

const statHandle = promisify<number, { bigint: true }, BigIntStats>(fstat);
const readHandle = promisify(read);

const minChunkBytes = 1024;
const maxChunkBytes = 1024 * 1024;
const readFlags =
  constants.O_RDONLY |
  constants.O_NONBLOCK |
  constants.O_NOCTTY |
  (hasHandlePaths ? 0 : constants.O_NOFOLLOW);

function reasonAgainst(stats: BigIntStats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return "is a directory";
  return "is not a regular file but a device, pipe or socket";
}

/**
 * The kernel's own file systems, by statfs(2): their files are interfaces, which may wait, act when they are read, or show
 * the memory of processes.
 */
const kernelFileSystems: Record<number, string> = {
  0x9fa0: "proc",
  0x62656572: "sysfs",
  0x64626720: "debugfs",
  0x74726163: "tracefs",
  0x73636673: "securityfs",
  0x27e0eb: "cgroup",
  0x63677270: "cgroup2",
  0xcafe4a11: "bpf",
  0x62656570: "configfs",
  0x42494e4d: "binfmt_misc",
  0xf97cff8c: "selinuxfs",
};

/** Why nothing is read from a file or directory of the kernel; undefined on a disk. */
export async function kernelReason(
  handle: Handle,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!hasHandlePaths) return undefined;
  const { type } = await handle.use(() => statfs(`/proc/self/fd/${handle.fd}`), signal);
  const kind = kernelFileSystems[type >>> 0];
  return kind && `is in a file system of the kernel (${kind}), not on a disk`;
}
