/** Counts an answer of Chat Completions that only passes. */
import type { AnswerCounter } from "../passed-answer";
import type { TokenCounts } from "../provider";
import { type ChatMessage, readChunk } from "./chat-chunk";
import { type SaidCost, usageOf } from "./chat-usage";

export class ChatCounter implements AnswerCounter {
  readonly #saysCost: SaidCost | undefined;
  counts: TokenCounts | undefined;
  written = 0;
  isOver = false;

  constructor(saysCost: SaidCost | undefined) {
    this.#saysCost = saysCost;
  }

  read(value: unknown): void {
    const chunk = readChunk(value);
    this.counts = usageOf(chunk, this.#saysCost) ?? this.counts;
    for (const { delta, message, finish_reason } of chunk.choices ?? []) {
      // Some servers repeat all of the answer at the end of the stream.
      this.written = Math.max(this.written + lengthOf(delta), lengthOf(message));
      if (finish_reason) this.isOver = true;
    }
  }
}

function lengthOf(message: ChatMessage | null | undefined): number {
  const { content, refusal, reasoning_content, reasoning, tool_calls } = message ?? {};
  const inputs = (tool_calls ?? []).map((call) => textOf(call.function?.arguments));
  const texts = [textOf(content), refusal, reasoning_content || reasoning, ...inputs];
  return texts.join("").length;
}

function textOf(value: string | object | null | undefined): string {
  return typeof value === "string" ? value : value ? JSON.stringify(value) : "";
}
