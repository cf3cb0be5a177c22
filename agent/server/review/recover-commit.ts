/** A commit that a killed server has left: whether it has happened is found out, and then the index follows. */
import { existsSync } from "node:fs";
import type { CommitView } from "../../shared/protocol";
import { newId } from "../id";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import { wordsOf } from "./commit-failure";
import { type CommitRecord, readRecord } from "./commit-record";
import { CommitSteps, StepError } from "./commit-steps";

export interface RecoveredCommit {
  record: CommitRecord;
  view: CommitView;
}

const maxMs = 30_000;

/**
 * None of its processes may run any more. Undefined: it could not have happened, or the repository is gone. Rejects when it cannot
 * be found out now.
 */
export async function recoverCommit(
  jobs: Jobs,
  folder: string,
): Promise<RecoveredCommit | undefined> {
  const record = await readRecord(folder).catch((err: unknown) => {
    log.error({ err, folder }, "The record of a commit cannot be read");
    return undefined;
  });
  if (record === undefined || !existsSync(record.repository.gitDirectory)) return undefined;
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
    if (!(error instanceof StepError) || error.isKilled) throw error;
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
