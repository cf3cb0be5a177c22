/** Labels for the panel of processes. */
import type { BackgroundProcess } from "../../shared/protocol";
import { proofLabels } from "../../shared/proof-words";
import { plural } from "../../shared/plural";
import { stopLabels } from "./outcome-labels";
import type { PolledProcess } from "./process-polling";

export function processStateLabel(process: BackgroundProcess): string {
  if ((process.survivors?.length ?? 0) > 0) return "could not be stopped";
  const { proof } = process;
  const dead = proof === undefined ? "" : `, ${proofLabels[proof]}`;
  switch (process.state) {
    case "running":
      return "running";
    case "stopping":
      return "stopping…";
    case "stopped":
      return `${process.stop ? stopLabels[process.stop.by] : "Stopped by the agent"}${dead}`;
    default:
      return (
        (process.signalName === undefined
          ? `exited with code ${process.exitCode ?? 0}`
          : `killed by ${process.signalName}`) + (proof === "unseen" ? dead : "")
      );
  }
}

/** One label per fact. */
export function factsOf({ pid, processes, cpuPercent, memoryBytes }: PolledProcess): string[] {
  return [
    `pid ${pid}`,
    ...(processes > 1 ? [plural(processes, "process", "processes")] : []),
    ...(cpuPercent === undefined ? [] : [`${cpuPercent.toFixed(cpuPercent < 10 ? 1 : 0)} % CPU`]),
    bytes(memoryBytes),
  ];
}

function bytes(count: number): string {
  const megabytes = count / 1_000_000;
  if (megabytes < 1) return `${Math.round(count / 1000)} kB`;
  return megabytes < 1000
    ? `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB`
    : `${(megabytes / 1000).toFixed(1)} GB`;
}
