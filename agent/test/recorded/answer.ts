/** An answer in the form in which it is compared: what Rein made of it, and what its chunks say. */
import type { FinishReason, ModelEvent } from "../../server/providers/provider";
import { ProviderError } from "../../server/providers/provider";

export type AnswerPart =
  | { type: "text" | "reasoning"; text: string }
  | { type: "tool-call"; id: string; name: string; input: unknown }
  /** The service's own name of it: its tool's, else its kind. */
  | { type: "other"; name: string };

/** All that an answer cites is one part. */
export const citations: AnswerPart = { type: "other", name: "citations" };

export interface Answer {
  /** Without texts that are empty. */
  parts: AnswerPart[];
  usage?: { input: number; cacheRead: number; cacheWrite: number; output: number; usd?: number };
  /** The finish reason, or the code of the error. */
  end?: FinishReason | `error: ${string}`;
}

/** Reads a stream to its end. A call whose id the wire does not give has the id "". */
export async function readAnswer(
  events: AsyncIterable<ModelEvent>,
  hasIds = true,
): Promise<Answer> {
  const parts = new Map<string, AnswerPart>();
  const answer: Answer = { parts: [] };
  try {
    for await (const event of events) {
      if (event.type === "part-start") parts.set(event.key, startPart(event, hasIds));
      else if (event.type === "part-delta") {
        const part = parts.get(event.key)!;
        if ("text" in part) part.text += event.delta;
      } else if (event.type === "part-end") {
        const part = parts.get(event.key)!;
        if (part.type === "tool-call") part.input = event.input;
      } else if (event.type === "usage") {
        const { inputTokens, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens } = event;
        const { costUsd } = event;
        answer.usage = {
          input: inputTokens,
          cacheRead: cacheReadTokens,
          cacheWrite: cacheWriteTokens,
          output: outputTokens,
          ...(costUsd !== undefined && { usd: costUsd }),
        };
      } else answer.end = event.reason;
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    answer.end = `error: ${error.code}`;
  }
  return withoutEmpty({ ...answer, parts: [...parts.values()] });
}

export function withoutEmpty(answer: Answer): Answer {
  const parts = answer.parts.filter((part) => part.type !== "text" || part.text !== "");
  return { ...answer, parts };
}

function startPart(
  event: Extract<ModelEvent, { type: "part-start" }>,
  hasIds: boolean,
): AnswerPart {
  if (event.part === "tool-call")
    return { type: "tool-call", id: hasIds ? event.callId : "", name: event.name, input: "cut" };
  if (event.part === "other") return { type: "other", name: event.name };
  return { type: event.part, text: "" };
}
