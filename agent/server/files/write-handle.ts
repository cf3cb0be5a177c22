/** Writes to a file by its descriptor, whole or with the error of the system. */
import { fchmod, fchown, fsync, write } from "node:fs";
import { promisify } from "node:util";

const writePart = promisify(write);
export const syncHandle = promisify(fsync);
export const changeOwner = promisify(fchown);
export const changeMode = promisify(fchmod);

/** `from`: where in the file. */
export async function writeAll(fd: number, bytes: Buffer, from = 0): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await writePart(fd, bytes, done, bytes.length - done, from + done)).bytesWritten;
}
