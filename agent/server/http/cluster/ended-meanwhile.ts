/** A stop whose node does not answer: whether the shared database has the end of what was to be stopped. */
import type { Run, StopAnswer } from "../../../shared/protocol";
import { findRun } from "../../../shared/session-lookup";
import type { Unreached } from "../../cluster/node-calls";
import type { ClusterServices } from "./cluster-services";

const readMs = 2000;

/**
 * Undefined: it may still run. Without a `runId` only a node at whose address nothing runs is believed to have nothing more.
 * Rejects only with the signal's reason.
 */
export async function endedMeanwhile(
  { database }: Pick<ClusterServices, "database">,
  sessionId: string,
  { runId }: { runId?: string },
  { node, kind }: Unreached,
  signal: AbortSignal,
): Promise<StopAnswer | undefined> {
  const own = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
  const session = await database.reader.session(sessionId, own).catch(() => {
    signal.throwIfAborted();
    return undefined;
  });
  if (session === undefined) return undefined;
  if (runId === undefined && kind !== "down") return undefined;
  const named = runId === undefined ? session.runs : [findRun(session, runId)];
  if (named.some((run) => run?.state !== "settled")) return undefined;
  return { stopped: false, message: endWords(node, named.at(-1)) };
}

function endWords(node: string, run: Run | undefined): string {
  if (run === undefined) return "Nothing is running.";
  if (run.stop?.by !== "crash") return "It has ended.";
  return `It has ended: its node “${node}” is gone, and the others have settled what it left.`;
}
