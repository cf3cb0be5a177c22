/** The state of a process in the background, in words for the model. */
import type { BackgroundHandle } from "./background-registry";
import { exitNote, listed } from "../bash/bash-command";

export function stateOf({ job, record }: BackgroundHandle): string {
  const { id, pid, state, exitCode = null, signalName = null, survivors = [] } = record;
  if (survivors.length > 0) return `process ${id} could not be ended whole: ${listed(survivors)}`;
  if (state === "stopping") return `process ${id} is being stopped`;
  if (state === "stopped") return `process ${id} was stopped`;
  if (state !== "running")
    return `process ${id} has ended: ${exitNote({ exitCode, signalName }) ?? "exit code 0"}`;
  const ports = job.processes().flatMap((one) => one.ports);
  const listening = ports.length > 0 ? `, listening on port ${ports.join(", ")}` : "";
  return `process ${id} is running (pid ${pid}${listening})`;
}
