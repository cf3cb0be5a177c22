/** The server as `rein` starts it in the background: as `bun start`, with its log kept below a size. */
import { fstatSync, ftruncateSync } from "node:fs";

const maxBytes = 4_000_000;
const lookMs = 60_000;

/** Standard output and error are one file, opened to append to: what is written after it was cut begins at its start. */
function cutLog(): void {
  const log = fstatSync(1);
  if (log.isFile() && log.size > maxBytes) ftruncateSync(1);
}

setInterval(cutLog, lookMs).unref();
await import("./start");
