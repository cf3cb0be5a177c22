/** What the line below the input says of the keys, in as many words as there is room for. */
import type { Pause } from "../../shared/protocol";
import type { Stage } from "../../client/state/run-stage";
import { fittingWords } from "../fitting-words";

export interface Moment {
  stage: Stage;
  pause: Pause["state"] | undefined;
  /** A stop of the run has not reached its machine yet. */
  isUndelivered: boolean;
  isEmpty: boolean;
  /** A message reaches the model while it runs. */
  canTell: boolean;
  /** Lines of the input. */
  lines: number;
  isCompleting: boolean;
}

/** `width`: in columns. */
export function composerHint(moment: Moment, width: number): string {
  const lines = moment.lines > 8 ? [`${moment.lines.toLocaleString("en")} lines`] : [];
  return fittingWords([...lines, ...hintsOf(moment)], width);
}

/** The most useful first. */
function hintsOf({
  stage,
  pause,
  isUndelivered,
  isEmpty,
  canTell,
  isCompleting,
}: Moment): string[] {
  if (isCompleting) return ["Tab takes", "Up and Down choose", "Escape closes"];
  if (stage === "running" && isEmpty)
    return [
      isUndelivered ? "Ctrl+C sends the stop now" : "Ctrl+C stops",
      pauseHints[pause ?? "running"],
      "Type to queue a message",
    ];
  if (stage === "running")
    return [
      "Enter queues",
      ...(canTell ? ["Ctrl+T tells it now"] : []),
      "Ctrl+X interrupts and sends",
    ];
  if (stage === "stopping") return isEmpty ? ["Ctrl+C again stops hard"] : ["Enter sends"];
  if (isEmpty) return ["Enter sends", "Alt+Enter: new line", "/ commands", "@ files", "? keys"];
  return ["Enter sends", "Alt+Enter: new line"];
}

const pauseHints = {
  running: "Ctrl+P pauses",
  pausing: "Ctrl+P pauses at once",
  paused: "Ctrl+P resumes",
};
