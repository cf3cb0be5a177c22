/** Bytes that were sent to a peer and not acknowledged yet, as the kernel counts them. */
import { readFileSync } from "node:fs";
import { errorCode } from "../../shared/error-code";

const tables = ["/proc/net/tcp", "/proc/net/tcp6"];
const established = "01";

let latest = { at: -Infinity, byPort: new Map<number, number>() };

/**
 * The unacknowledged bytes for the peer at this port of its own, from a table that is not older than `freshMs`: with
 * thousands of viewers, one read of the table serves them all. 0 on systems other than Linux: there a connection that
 * died silently is found only by a write that fails, many minutes later.
 */
export function unackedBytes(peerPort: number, freshMs: number): number {
  const now = performance.now();
  if (now - latest.at > freshMs) latest = { at: now, byPort: readTables() };
  return latest.byPort.get(peerPort) ?? 0;
}

function readTables(): Map<number, number> {
  const byPort = new Map<number, number>();
  for (const line of tables.flatMap(readTable)) {
    const [, , peer = "", state, queues = ""] = line.trim().split(/\s+/);
    const sent = Number.parseInt(queues.split(":")[0] ?? "", 16);
    if (state !== established || !(sent > 0)) continue;
    byPort.set(Number.parseInt(peer.split(":")[1] ?? "", 16), sent);
  }
  return byPort;
}

function readTable(path: string): string[] {
  try {
    return readFileSync(path, "latin1").split("\n").slice(1);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
