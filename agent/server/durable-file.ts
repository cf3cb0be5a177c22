/** Files that survive a power cut: written beside, synchronised to the disk, and renamed into their place. */
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** Replaces the file (mode 0600). Throws what the file system throws, and then changes nothing. */
export function writeDurably(path: string, text: string): void {
  renameDurably(writeBeside(path, text, fsyncSync), path);
}

/** The same without waiting for the disk: after a power cut the file may be as it was. */
export function replaceFile(path: string, text: string): void {
  renameSync(
    writeBeside(path, text, () => {}),
    path,
  );
}

/** Returns the path of the new file. */
function writeBeside(path: string, text: string, finish: (descriptor: number) => void): string {
  const unfinished = `${path}.new`;
  const descriptor = openSync(unfinished, "w", 0o600);
  try {
    // It may be left over, with another mode.
    fchmodSync(descriptor, 0o600);
    writeFileSync(descriptor, text);
    finish(descriptor);
    return unfinished;
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Renames a file that is synchronised already. The directory is synchronised, for the new name is in it. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  synchronise(dirname(to));
}

/** Returns when what the file (or the names that the directory) holds is on the disk. */
export function synchronise(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
