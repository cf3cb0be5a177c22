/** The log of a server in the background: a file that is kept below a size. */
import { fstatSync, ftruncateSync } from "node:fs";

const maxBytes = 4_000_000;
const lookMs = 60_000;

/** Standard output and error are one file, opened to append to: what is written after it was cut begins at its start. */
export function keepLogShort(): void {
  setInterval(cutLog, lookMs).unref();
}

function cutLog(): void {
  const log = fstatSync(1);
  if (log.isFile() && log.size > maxBytes) ftruncateSync(1);
}
