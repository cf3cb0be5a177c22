/** Labels for the panel of processes. */
import type { BackgroundProcess } from "../../shared/protocol";
import { limitHitWords } from "../../shared/limit-hit-words";
import { proofLabels } from "../../shared/proof-words";
import { stopLabels } from "./outcome-labels";
import type { PolledProcess } from "./process-polling";
import { fixed, t, tn } from "../../shared/translation";

export function processStateLabel(process: BackgroundProcess): string {
  if ((process.survivors?.length ?? 0) > 0) return t("could not be stopped");
  const { proof } = process;
  const dead = proof === undefined ? "" : `, ${proofLabels[proof]}`;
  switch (process.state) {
    case "running":
      return t("running");
    case "stopping":
      return t("stopping…");
    case "unknown":
      return t("Not known whether it runs: its machine does not answer");
    case "stopped":
      return `${process.stop ? stopLabels[process.stop.by] : t("Stopped by the agent")}${dead}`;
    default:
      if (process.limitHit !== undefined) return limitHitWords(process.limitHit);
      return (
        (process.signalName === undefined
          ? t("exited with code {code}", { code: process.exitCode ?? 0 })
          : t("killed by {signal}", { signal: process.signalName })) +
        (proof === "unseen" ? dead : "")
      );
  }
}

/** One label per fact. */
export function factsOf({ pid, processes, cpuPercent, memoryBytes }: PolledProcess): string[] {
  return [
    t("pid {pid}", { pid }),
    ...(processes > 1 ? [tn(processes, "{count} process", "{count} processes")] : []),
    ...(cpuPercent === undefined
      ? []
      : [t("{percent} % CPU", { percent: fixed(cpuPercent, cpuPercent < 10 ? 1 : 0) })]),
    bytes(memoryBytes),
  ];
}

function bytes(count: number): string {
  const megabytes = count / 1_000_000;
  if (megabytes < 1) return `${Math.round(count / 1000)} kB`;
  return megabytes < 1000
    ? `${fixed(megabytes, megabytes < 10 ? 1 : 0)} MB`
    : `${fixed(megabytes / 1000, 1)} GB`;
}
