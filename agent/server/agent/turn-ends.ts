/** How an answer without tool calls ends its turn, and the words for each end that is no good one. */
import { emptyAnswer, toolCallsOf } from "../../shared/message-parts";
import type { ErrorInfo, Message } from "../../shared/protocol";
import { ProviderError } from "../providers/provider";
import type { LoopEnd, Turn, TurnEnd } from "./turn-types";

const earlyEnds = {
  length: "The answer reached the model’s length limit. Send “continue” to go on.",
  "context-full":
    "The conversation has filled the model’s window, so the answer was cut. Summarize it (/compact), or choose a model with a larger window.",
  refusal: "The model declined to answer this. Rephrase the message, or choose another model.",
  "content-filter":
    "The service’s content filter withheld the rest of the answer. Rephrase the message, or choose another model.",
  error: "The model ended its answer with an error. Sending the message again may help.",
};

/** Throws ProviderError when the model or its service ended the answer early, with the service's own words. */
export function requireWhole({ finish, finishDetail, request }: Turn): void {
  if (finish === undefined || !(finish in earlyEnds)) return;
  const said = finishDetail ? ` The service says: ${finishDetail}` : "";
  const chosen = finish === "length" && request.options.maxOutputTokens;
  const words = chosen ? chosenLength(chosen) : earlyEnds[finish as keyof typeof earlyEnds];
  const message = words + said;
  throw new ProviderError(message, { code: finish, retryable: false });
}

function chosenLength(tokens: number): string {
  return `The answer reached the maximum output of ${tokens} tokens that is chosen for this session. Choose more at the model’s name, or send “continue” to go on.`;
}

/** An answer without text, or with a tool call, is no summary. Throws ProviderError. */
export function endOfSummary({ parts }: Message): LoopEnd {
  const isSaid = parts.some((part) => part.type === "text" && part.text.trim() !== "");
  if (isSaid && parts.every(({ type }) => type !== "tool-call")) return { outcome: "done" };
  const message =
    "The model wrote no summary, so nothing was left out. Try again, or choose another model.";
  throw new ProviderError(message, { code: "no-summary", retryable: false });
}

/** Of a whole answer, the last of `messages`, that calls no tool. Throws ProviderError when it says nothing. */
export function endOfAnswer(messages: Message[], { finish }: Turn): TurnEnd | "ask again" {
  const answer = messages.at(-1)!;
  if (finish === "pause") {
    if (pausesBefore(messages) < mostPauses) return "next turn";
    const message = `The service paused its answer ${mostPauses} times in a row. Send “continue” to go on.`;
    throw new ProviderError(message, { code: "turn-limit", retryable: false });
  }
  if (finish === undefined || !isEmpty(answer)) return { outcome: "done" };
  const before = messages.at(-2);
  if (before?.role === "assistant" && toolCallsOf(before).length > 0) return "ask again";
  const message = "The model answered nothing. Send the message again, or choose another model.";
  throw new ProviderError(message, { code: emptyAnswer, retryable: false });
}

/** The mark in an empty answer after tools: Gemini is known for them, and asked again it mostly answers. */
export const askedAgain: ErrorInfo = {
  code: emptyAnswer,
  message: "The model answered nothing, and is asked once more.",
};

/** Thoughts alone are no answer. */
function isEmpty({ parts }: Message): boolean {
  return parts.every(
    (part) => part.type === "reasoning" || (part.type === "text" && part.text.trim() === ""),
  );
}

const mostPauses = 10;

/** How many answers of this run before this one have called no tool. */
function pausesBefore(messages: Message[]): number {
  const { runId } = messages.at(-1)!;
  const last = messages.findLastIndex(
    (message) =>
      message.role === "user" || message.runId !== runId || toolCallsOf(message).length > 0,
  );
  return messages.length - 2 - last;
}
