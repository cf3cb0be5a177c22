/** A stop whose node does not answer: what the shared database knows of what was to be stopped. */
import type { Run, StopAnswer } from "../../../shared/protocol";
import { findRun } from "../../../shared/session-lookup";
import type { Unreached } from "../../cluster/node-calls";
import type { ClusterServices } from "./cluster-services";

const readMs = 2000;

/** `unseen`: others have settled it, and its node, which may only be frozen, has not said that it has ended what ran. */
export type Ended = { answer: StopAnswer } | { unseen: true } | undefined;

/**
 * Undefined: it may still run. Only a node at whose address nothing runs is believed to have nothing more where no `runId` is
 * given, and to have left nothing where others have settled it. Rejects only with the signal's reason.
 */
export async function endedMeanwhile(
  { database }: Pick<ClusterServices, "database">,
  sessionId: string,
  { runId }: { runId?: string },
  { node, kind }: Unreached,
  signal: AbortSignal,
): Promise<Ended> {
  const own = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
  const read = async () => {
    const session = await database.reader.session(sessionId, own);
    const isUnknown = !session || (runId !== undefined && findRun(session, runId) === undefined);
    // A node with a wrong address refuses too, and lives.
    const isDead = isUnknown && kind === "down" && !(await database.reader.isJoined(node, own));
    return { session, isDead };
  };
  const { session, isDead } = await read().catch(() => {
    signal.throwIfAborted();
    return { session: undefined, isDead: false };
  });
  if (isDead) return { answer: { stopped: false, message: unknownWords(node) } };
  if (session === undefined) return undefined;
  const named = runId === undefined ? session.runs : [findRun(session, runId)];
  if (named.some((run) => run?.state !== "settled")) return undefined;
  if (kind !== "down" && named.some((run) => run?.receipt?.unreached !== undefined))
    return { unseen: true };
  if (runId === undefined && kind !== "down") return undefined;
  return { answer: { stopped: false, message: endWords(node, named.at(-1)) } };
}

/** What has begun in its last moment. */
function unknownWords(node: string): string {
  return `It does not run: its node “${node}” is gone. If it had begun a moment before, only the disk of “${node}” has it.`;
}

function endWords(node: string, run: Run | undefined): string {
  if (run === undefined) return "Nothing is running.";
  if (run.stop?.by !== "crash") return "It has ended.";
  return `It has ended: its node “${node}” is gone, and the others have settled what it left.`;
}
