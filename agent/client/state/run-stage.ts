/** Where the run on screen stands, as the input area shows it. */
import { type Accessor, createMemo, createSignal, onCleanup } from "solid-js";

/** "stopped" lasts a moment, then it is "idle". */
export type Stage = "idle" | "running" | "stopping" | "stopped";

export interface StageMemory {
  stage: Accessor<Stage>;
  /** How the last stop of this page went, for the announcement; undefined once that is over. */
  lastStopMs: Accessor<number | undefined>;
  /** A run was stopped just now. */
  showStopped: (settledMs: number) => void;
  /** Something new begins. */
  forget: () => void;
}

const stoppedMs = 2500;

export function createStage(
  activeRunId: Accessor<string | undefined>,
  isStopping: (runId: string) => boolean,
): StageMemory {
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
