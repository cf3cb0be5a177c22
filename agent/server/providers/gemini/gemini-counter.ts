/** Counts an answer of Gemini that only passes: in one piece, or a chunk at a time. */
import { validate } from "../bad-answer";
import type { AnswerCounter } from "../passed-answer";
import type { TokenCounts } from "../provider";
import { countUsage, streamChunk } from "./gemini-chunk";

export class GeminiCounter implements AnswerCounter {
  counts: TokenCounts | undefined;
  written = 0;
  isOver = false;

  read(value: unknown): void {
    const { candidates, usageMetadata, promptFeedback } = validate(streamChunk, value);
    for (const { type: _type, ...counts } of countUsage(usageMetadata)) this.counts = counts;
    if (promptFeedback?.blockReason) this.isOver = true;
    for (const { content, finishReason } of candidates ?? []) {
      for (const { text, functionCall } of content?.parts ?? [])
        this.written += [text, functionCall && JSON.stringify(functionCall)].join("").length;
      if (finishReason) this.isOver = true;
    }
  }
}
