/** Counts an answer of the Messages API that only passes. */
import { z } from "zod";
import { validate, validateEvent } from "../bad-answer";
import type { AnswerCounter } from "../passed-answer";
import type { TokenCounts } from "../provider";
import { events, UsageCounter } from "./anthropic-events";

export class MessagesCounter implements AnswerCounter {
  readonly #usage = new UsageCounter();
  #isCounted = false;
  written = 0;
  isOver = false;

  get counts(): TokenCounts | undefined {
    return this.#isCounted ? this.#usage.event() : undefined;
  }

  read(value: unknown): void {
    if (whole.safeParse(value).success) return this.#readWhole(value);
    const event = validateEvent(events, value);
    switch (event?.type) {
      case "message_start":
        return this.#count(event.message.usage);
      case "content_block_delta": {
        const { text, thinking, partial_json: json } = event.delta;
        const input = typeof json === "string" ? json : json && JSON.stringify(json);
        this.written += [text, thinking, input].join("").length;
        return;
      }
      case "message_delta":
        this.#count(event.usage);
        if (event.delta.stop_reason) this.isOver = true;
        return;
      case "message_stop":
        this.isOver = true;
    }
  }

  #readWhole(value: unknown): void {
    const { usage, content } = validate(events.message_start.shape.message, value);
    this.#count(usage);
    for (const { text, thinking, input } of content ?? [])
      this.written += [text, thinking, input && JSON.stringify(input)].join("").length;
    this.isOver = true;
  }

  #count(usage: Parameters<UsageCounter["add"]>[0]): void {
    this.#usage.add(usage);
    this.#isCounted = true;
  }
}

const whole = z.object({ type: z.literal("message") });
