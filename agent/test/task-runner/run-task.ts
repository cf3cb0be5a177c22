/** Runs one task: a directory, a message, what the agent does, and the check of its end. */
import type { StreamEvent, Usage } from "../../shared/protocol";
import { noUsage } from "../../shared/protocol";
import { apply } from "../../shared/apply";
import { emptySession } from "../../shared/empty-session";
import type { Rein } from "../../sdk/create-rein";
import type { Task } from "./task";
import { WrongChoice } from "./model-settings";
import { TaskDirectory } from "./task-directory";
import type { TaskServer } from "./task-server";

export interface TaskResult {
  name: string;
  passed: boolean;
  /** Why not, as a sentence. */
  fault?: string;
  seconds: number;
  /** Answers of the model. */
  turns: number;
  usage: Usage;
}

export interface ModelChoice {
  provider: string;
  model: string;
}

const limits = { turns: 40, minutes: 10 };

/** A service that answers so answers no task. */
const refusals = new Set(["authentication", "permission", "model-not-found", "not-found"]);

/** Rejects with the signal's reason, once the run has settled; with WrongChoice when the service refuses the key or the model. */
export async function runTask(
  server: TaskServer,
  task: Task,
  choice: ModelChoice,
  signal: AbortSignal,
): Promise<TaskResult> {
  const { rein, jobs } = server;
  const directory = new TaskDirectory(server.newPath(), task.files, jobs, signal);
  const unprepared = task.prepare && (await directory.succeeds(task.prepare));
  if (unprepared) throw new Error(`${task.name} could not be prepared. ${unprepared}`);
  const session = emptySession({ cwd: directory.path });
  const startedAt = performance.now();
  const request = { ...choice, message: task.message, cwd: directory.path, limits };
  for await (const event of rein.chat({ ...request, permissions: "all" }, signal)) {
    apply(session, event);
    await denyAsked(rein, event, signal);
  }
  signal.throwIfAborted();
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  const run = session.runs.at(-1);
  if (run?.error && refusals.has(run.error.code)) throw new WrongChoice(run.error.message);
  const ended =
    run?.outcome === "done" ? undefined : `The run ${run?.outcome}: ${run?.error?.message ?? ""}`;
  const fault = ended ?? (await task.check(directory));
  return {
    name: task.name,
    passed: fault === undefined,
    ...(fault !== undefined && { fault }),
    seconds,
    turns: session.messages.filter(({ role }) => role === "assistant").length,
    usage: run?.usage ?? noUsage,
  };
}

/** Nobody is there to be asked. */
async function denyAsked(rein: Rein, event: StreamEvent, signal: AbortSignal): Promise<void> {
  if (event.type !== "approval-request") return;
  const message = "Denied: nobody can be asked in this run. Do without it.";
  await rein.reply(event.approval.id, { decision: "deny", message }, signal);
}
