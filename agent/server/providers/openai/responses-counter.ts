/** Counts an answer of the Responses API that only passes. */
import { z } from "zod";
import { validate } from "../bad-answer";
import type { AnswerCounter } from "../passed-answer";
import type { TokenCounts } from "../provider";
import { countUsage, usage } from "./openai-events";

export class ResponsesCounter implements AnswerCounter {
  counts: TokenCounts | undefined;
  written = 0;
  isOver = false;

  read(value: unknown): void {
    const event = validate(read, value);
    // All deltas: custom tools have some of their own.
    if (event.type?.endsWith(".delta")) this.written += event.delta?.length ?? 0;
    if (event.type !== undefined && !ends.has(event.type)) return;
    const answer = event.type === undefined ? event : event.response;
    for (const { type: _type, ...counts } of countUsage(answer ?? {})) this.counts = counts;
    this.isOver = true;
  }
}

const ends = new Set(["response.completed", "response.incomplete"]);

/** An event; or an answer that is no stream, which has no type. */
const read = z.object({
  type: z.string().optional(),
  delta: z.string().optional().catch(undefined),
  response: z.object({ usage }).nullish().catch(undefined),
  usage,
});
