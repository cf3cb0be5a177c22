/** Old outputs of tools that are no longer sent, so that a conversation needs no summary yet: which, and when. */
import type { Message, ToolCallPart } from "../../shared/protocol";
import { leftOutText } from "../../shared/dropped-output";
import { estimateTokens } from "../../shared/estimate-tokens";
import { toolCallsOf } from "../../shared/message-parts";
import { messagesForModel } from "../../shared/summary";
import { nextRequestTokens } from "./compaction";
import type { TurnRequest } from "./turn-types";

/** Of the window: beyond it old outputs go. */
const fullShare = 0.6;
/** Of the window: less is not worth a prompt cache that breaks. */
const leastFreed = 0.15;
/** Of the newest answers every output is kept. */
const answersKept = 3;

export interface OldOutputs {
  partIds: string[];
  freedTokens: number;
}

/** Undefined when they are to stay, as in a window that is not known. */
export function oldOutputs(request: TurnRequest): OldOutputs | undefined {
  const windowTokens = request.info()?.contextTokens;
  const messages = request.messages();
  if (windowTokens === undefined || nextRequestTokens(messages) <= windowTokens * fullShare)
    return undefined;
  const calls = callsBefore(messages).map((call) => ({ id: call.id, freed: freedBy(call) }));
  const dropped = calls.filter(({ freed }) => freed > 0);
  const freedTokens = dropped.reduce((sum, { freed }) => sum + freed, 0);
  if (freedTokens < windowTokens * leastFreed) return undefined;
  return { partIds: dropped.map(({ id }) => id), freedTokens };
}

/** Of all answers but the newest. */
function callsBefore(messages: Message[]): ToolCallPart[] {
  const answers = messagesForModel(messages).filter(({ role }) => role === "assistant");
  return answers.slice(0, -answersKept).flatMap(toolCallsOf);
}

/** In tokens; none of what is short, not sent already, or a person's words: a plan as they have approved it. */
function freedBy(call: ToolCallPart): number {
  if (call.outputDropped || call.approval?.kind === "plan") return 0;
  return estimateTokens(call.output) - estimateTokens(leftOutText(call));
}
