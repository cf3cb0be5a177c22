/** Runs tasks side by side, some at a time. */
import { runTask, type ModelChoice, type TaskResult } from "./run-task";
import type { Task } from "./task";
import type { TaskServer } from "./task-server";

/** Calls `done` with each result as it comes. Resolves with all, in the order of the tasks; rejects with the first error, once every task has settled. */
export async function runAll(
  server: TaskServer,
  tasks: readonly Task[],
  { provider, model, together }: ModelChoice & { together: number },
  signal: AbortSignal,
  done: (result: TaskResult) => void | Promise<void> = () => {},
): Promise<TaskResult[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const results: TaskResult[] = [];
  const waiting = tasks.map((task, index) => ({ task, index }));
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      either.throwIfAborted();
      const result = await runTask(server, next.task, { provider, model }, either);
      results[next.index] = result;
      await done(result);
    }
  };
  const workers = Array.from({ length: together }, async () => {
    try {
      await work();
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  const ended = await Promise.allSettled(workers);
  signal.throwIfAborted();
  for (const one of ended) if (one.status === "rejected") throw failed.signal.reason;
  return results;
}
