/** What the card of a tool call shows of what comes out of it, and of its state. */
import type { Pause, Session, ToolCallPart } from "../../shared/protocol";
import { toolStateLabel } from "./outcome-labels";
import { type Tail, tailOf, terminalTailOf, withoutProcessNote } from "./output-tail";
import { t } from "../../shared/translation";

/** The most lines of an output that are shown: the rest can be copied. */
export const openLines = 400;
/** Of one that is being written. */
export const liveLines = 12;
/** Of one that has ended, while it is not open. */
const endLines = 4;

export function backgroundWords(): string {
  return t("Started in the background");
}

export interface ShownOutput extends Tail {
  /** As many lines as are ever shown. */
  isOpen: boolean;
  /** The process goes on in the background. */
  isBackground: boolean;
}

/** While running, the last lines; afterwards a few, or many when open. Undefined when there is nothing to show. */
export function shownOutput(
  part: ToolCallPart,
  { processes }: Pick<Session, "processes">,
  isOpen: boolean,
): ShownOutput | undefined {
  const count = shownLines(part, isOpen);
  if (part.output === "" || count === 0) return undefined;
  const process = processes?.find(({ toolCallId }) => toolCallId === part.id);
  const text = process === undefined ? part.output : withoutProcessNote(part.output, process.id);
  const isTerminal = isCommand(part) || part.name === "process";
  return {
    ...(isTerminal ? terminalTailOf : tailOf)(text, count),
    ...(part.outputFile && { isFolded: true }),
    isOpen: count === openLines,
    isBackground: text !== part.output,
  };
}

function shownLines(part: ToolCallPart, isOpen: boolean): number {
  if (part.state === "running") return liveLines;
  if (isOpen) return openLines;
  return isCommand(part) || part.state === "stopped" ? endLines : 0;
}

function isCommand({ name, kind }: ToolCallPart): boolean {
  return kind === "execute" || (kind === undefined && name === "bash");
}

/** Whether it can be stopped alone: one of an engine's tools stops with the whole run. */
export function hasOwnStop({ state, kind }: ToolCallPart): boolean {
  return state === "running" && kind === undefined;
}

export interface ToolState {
  words: string;
  /** Whether its duration stands beside the words. */
  isTimed: boolean;
  /** It neither runs nor ends: an engine that is halted has its calls halted, too. */
  isHalted: boolean;
}

export function toolStateOf(part: ToolCallPart, pause: Pause["state"] | undefined): ToolState {
  const isHalted = part.state === "running" && pause === "paused";
  return {
    words: isHalted ? t("paused") : toolStateLabel(part),
    isTimed: part.state !== "waiting" && !isHalted,
    isHalted,
  };
}
