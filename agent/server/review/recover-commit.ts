/** A commit that a killed server has left: whether it has happened is found out, and then the index follows. */
import type { CommitView } from "../../shared/protocol";
import { newId } from "../id";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import { wordsOf } from "./commit-failure";
import { type CommitRecord, readRecord } from "./commit-record";
import { CommitSteps } from "./commit-steps";

export interface RecoveredCommit {
  record: CommitRecord;
  view: CommitView;
}

const maxMs = 30_000;

/** None of its processes may run any more. Undefined: it had not come so far that it could have happened. Never rejects. */
export async function recoverCommit(
  jobs: Jobs,
  folder: string,
): Promise<RecoveredCommit | undefined> {
  const record = await readRecord(folder).catch((err: unknown) => {
    log.error({ err, folder }, "The record of a commit cannot be read");
    return undefined;
  });
  if (record === undefined) return undefined;
  const { message, paths, runHooks, startedAt } = record;
  const about = { id: newId(), message, paths, runHooks, output: "", startedAt };
  const signal = AbortSignal.timeout(maxMs);
  const programs = { hooks: [], filters: new Map<string, string>(), signer: undefined };
  const repository = { head: undefined, ...record.repository, programs };
  const steps = new CommitSteps(jobs, { ...record, repository, folder, onOutput: () => {} });
  let commit: string | undefined;
  try {
    commit = await steps.made(signal);
    if (commit !== undefined) await steps.updateIndex(signal);
    const end = commit === undefined ? notCommitted : ({ state: "done", commit } as const);
    return { record, view: { ...about, ...end, endedAt: Date.now() } };
  } catch (error) {
    const words = wordsOf(error, commit !== undefined);
    const end =
      commit === undefined ? { state: "failed" as const } : { state: "done" as const, commit };
    return { record, view: { ...about, ...end, error: words, endedAt: Date.now() } };
  }
}

const notCommitted = {
  state: "stopped",
  error: "The server ended in the middle of it: nothing was committed.",
} as const;
