/** The stage of the active run, as the input area shows it. */
import { type Accessor, createMemo, createSignal, onCleanup } from "solid-js";

/** "stopped" lasts a moment, then the stage is "idle". */
export type Stage = "idle" | "running" | "stopping" | "stopped";

export interface RunStage {
  stage: Accessor<Stage>;
  /** How long the last stop took, for the announcement; undefined a moment later. */
  lastStopMs: Accessor<number | undefined>;
  /** A run was stopped just now. */
  showStopped: (settledMs: number) => void;
  /** A new message is sent: the last stop is not shown any longer. */
  forget: () => void;
}

const stoppedMs = 2500;

export function createRunStage(
  activeRunId: Accessor<string | undefined>,
  isStopping: (runId: string) => boolean,
): RunStage {
  const [lastStopMs, setLastStopMs] = createSignal<number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stage = createMemo<Stage>(() => {
    const runId = activeRunId();
    if (runId === undefined) return lastStopMs() === undefined ? "idle" : "stopped";
    return isStopping(runId) ? "stopping" : "running";
  });
  onCleanup(() => clearTimeout(timer));
  return {
    stage,
    lastStopMs,
    showStopped(settledMs) {
      clearTimeout(timer);
      setLastStopMs(settledMs);
      timer = setTimeout(() => setLastStopMs(undefined), stoppedMs);
    },
    forget: () => setLastStopMs(undefined),
  };
}
