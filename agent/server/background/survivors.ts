/** Processes that a stop could not kill: another attempt, and a receipt with its result. */
import { defined } from "../../shared/defined";
import {
  type Proof,
  type Receipt,
  type ReceiptToolCall,
  type Survivor,
  weakestProof,
} from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import type { LiveSession } from "../session/live-session";
import type { Job, JobEnd, Jobs } from "../processes/jobs";

/** Resolves with the new receipt: a survivor is in it until it was seen dead. Undefined when the run has none. */
export async function endSurvivors(
  live: LiveSession,
  runId: string,
  jobs: Jobs,
): Promise<Receipt | undefined> {
  const { session } = live;
  const before = findRun(session, runId)?.receipt;
  if (before === undefined) return undefined;
  const hasSurvivor = (job: Job) => before.survivors.some(({ pid }) => job.has(pid));
  const open = jobs.list({ sessionId: session.id, runId }).filter(hasSurvivor);
  const ends = await Promise.all(
    open.map(async (job) => ({ callId: job.owner.toolCallId, ...(await job.stop("hard")) })),
  );
  // Those that the survivors have started since are among them.
  const found = ends.flatMap((end) => end.survivors);
  const others = before.survivors.filter(({ pid }) => !found.some((one) => one.pid === pid));
  const strays = await jobs.endStrays(others);
  const survivors = [...found, ...strays];
  const endedMs = Date.now() - (before.stop?.askedAt ?? Date.now());
  const ended = before.survivors
    .filter(({ pid }) => !survivors.some((one) => one.pid === pid))
    .map(({ pid, command }) => ({ pid, command, endedMs }));
  const receipt = {
    ...before,
    ...proofsAfter(before, ends, strays),
    survivors,
    processes: [...before.processes, ...ended],
  };
  live.emit({ type: "run-receipt", runId, receipt });
  return receipt;
}

type CallEnd = Pick<JobEnd, "proof"> & { callId: string | undefined };

/** The proof of each call whose job has ended anew, and of all: where it is not known which were not proven, as before. */
function proofsAfter(
  before: Receipt,
  ends: CallEnd[],
  strays: Survivor[],
): Pick<Receipt, "toolCalls" | "proof"> {
  const toolCalls = before.toolCalls.map((call) => {
    const own = ends.filter(({ callId }) => callId === call.id).map(({ proof }) => proof);
    return { ...call, ...defined({ proof: weakestProof(own) ?? call.proof }) };
  });
  const isKnown = strays.length === 0 && proofOf(before.toolCalls) === before.proof;
  const proof = isKnown ? proofOf(toolCalls) : before.proof;
  return { toolCalls, ...defined({ proof }) };
}

function proofOf(calls: ReceiptToolCall[]): Proof | undefined {
  return weakestProof(calls.flatMap(({ proof }) => proof ?? []));
}
