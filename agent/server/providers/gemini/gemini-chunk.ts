/** What is read of each chunk of Gemini's answers, and how its tokens are counted. */
import { z } from "zod";
import { defined } from "../../../shared/defined";
import type { ModelEvent } from "../provider";
import { answerPart } from "./gemini-parts";

const count = z.number().optional().catch(undefined);
const text = z.string().nullish();
const sources = z.array(z.looseObject({})).nullish().catch(undefined);

export const streamChunk = z.object({
  candidates: z
    .array(
      z.object({
        content: z.object({ parts: z.array(answerPart).nullish() }).nullish(),
        finishReason: text,
        finishMessage: text.catch(undefined),
        groundingMetadata: z.object({ groundingChunks: sources }).nullish().catch(undefined),
        citationMetadata: z.object({ citations: sources }).nullish().catch(undefined),
      }),
    )
    .nullish(),
  usageMetadata: z
    .object({
      promptTokenCount: count,
      toolUsePromptTokenCount: count,
      cachedContentTokenCount: count,
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
    })
    .nullish()
    .catch(undefined),
  promptFeedback: z.object({ blockReason: text }).nullish(),
});

/** Yields one event, or none where nothing was counted. Each chunk counts the answer so far. */
export function* countUsage(
  counts: z.output<typeof streamChunk>["usageMetadata"],
): Generator<Extract<ModelEvent, { type: "usage" }>> {
  if (counts?.promptTokenCount === undefined) return;
  yield defined({
    type: "usage" as const,
    inputTokens: counts.promptTokenCount + (counts.toolUsePromptTokenCount ?? 0),
    outputTokens: (counts.candidatesTokenCount ?? 0) + (counts.thoughtsTokenCount ?? 0),
    cacheReadTokens: counts.cachedContentTokenCount,
  });
}
