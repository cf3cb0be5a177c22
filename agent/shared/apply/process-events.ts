/** What the events of a background process change. */
import { defined } from "../defined";
import type { BackgroundProcess, EventBody, Session } from "../protocol";
import { isLiving } from "../session-lookup";

export type ProcessEvent = Extract<
  EventBody,
  { type: "process-start" | "process-update" | "process-end" }
>;

/** Of ended processes only the newest are kept. */
const maxEndedProcesses = 20;

/** Of the reducer: only `apply` calls it. */
export function applyToProcesses(session: Session, event: ProcessEvent): void {
  session.processes ??= [];
  if (event.type === "process-start") {
    session.processes.push(event.process);
    const ended = session.processes.filter((process) => !isLiving(process));
    const dropped = new Set(ended.slice(0, -maxEndedProcesses));
    session.processes = session.processes.filter((process) => !dropped.has(process));
    return;
  }
  const process = session.processes.find(({ id }) => id === event.processId);
  if (process !== undefined) applyToProcess(process, event);
}

/** Changes one background process by an event of its own. */
export function applyToProcess(
  process: BackgroundProcess,
  event: Exclude<ProcessEvent, { type: "process-start" }>,
): void {
  if (event.type === "process-update") {
    Object.assign(process, event.patch);
    return;
  }
  const { outcome, endedAt, exitCode, signalName, limitHit, stop, survivors, proof } = event;
  delete process.survivors;
  const end = defined({ endedAt, exitCode, signalName, limitHit, stop, survivors, proof });
  Object.assign(process, { ...end, state: outcome });
}
