/** Turns the chunks of a Chat Completions answer into the parts of ours. */
import { APIError } from "openai";
import { z } from "zod";
import { defined } from "../../../shared/defined";
import type { PartMeta } from "../../../shared/protocol";
import { validate } from "../bad-answer";
import { HeldBack } from "../held-back";
import { PartAssembler } from "../part-assembler";
import type { FinishReason, ModelEvent, TokenCounts } from "../provider";
import { ChatCalls } from "./chat-calls";
import type { ChatChunk, ChatMessage } from "./chat-chunk";
import { OtherParts } from "./chat-other-parts";
import { type SaidCost, usageOf } from "./chat-usage";
import { addDetail, type ReasoningDetail } from "./reasoning-details";
import type { ServiceRules } from "./service-profiles";

/** Where reasoning stood in an answer: it goes back there. `thinking`: among the pieces of the content, as Mistral writes it. */
export type ReasoningField = "reasoning_content" | "reasoning" | "thinking";

/** One for each answer. */
export class ChatAnswer {
  readonly #provider: string;
  readonly #saysCost: SaidCost | undefined;
  readonly #parts = new PartAssembler();
  readonly #held = new HeldBack();
  readonly #calls = new ChatCalls(this.#held);
  readonly #others: OtherParts;
  /** What the next part that ends takes along: the service needs it back with the answer. */
  #details: ReasoningDetail[] = [];
  #extra: Record<string, unknown> | undefined;
  #isWritten = false;
  #isRefused = false;
  #isFinished = false;
  #isCounted = false;

  constructor(provider: string, { saysCost }: Pick<ServiceRules, "saysCost">) {
    this.#provider = provider;
    this.#saysCost = saysCost;
    this.#others = new OtherParts(provider);
  }

  /** Its end has come, and its usage. */
  get isWhole(): boolean {
    return this.#isFinished && this.#isCounted;
  }

  *read(chunk: ChatChunk): Generator<ModelEvent> {
    const usage = usageOf(chunk, this.#saysCost);
    // Azure and others send chunks without a choice; only one was asked for.
    const choice = chunk.choices?.[0];
    if (!this.#isFinished) {
      this.#others.collect(chunk);
      if (choice?.delta) yield* this.#say(choice.delta);
      // Some servers repeat all of the answer at the end of the stream, and some send it only then.
      const isLast = !choice?.delta || Boolean(choice.finish_reason);
      if (choice?.message && isLast && !this.#isWritten) yield* this.#say(choice.message);
      if (choice?.finish_reason) return yield* this.#finish(choice.finish_reason, usage);
    }
    if (usage !== undefined) yield* this.#count(usage);
  }

  /** The server has said that this is all, whether or not it gave a reason. */
  *end(): Generator<ModelEvent> {
    if (!this.#isFinished) yield* this.#finish(undefined, undefined);
  }

  *#say(message: ChatMessage): Generator<ModelEvent> {
    for (const detail of message.reasoning_details ?? [])
      this.#held.count(addDetail(this.#details, detail));
    if (message.extra_content) this.#extra = message.extra_content;
    const field = message.reasoning_content ? "reasoning_content" : "reasoning";
    yield* this.#write("reasoning", message[field] ?? "", field);
    if (typeof message.content === "string") yield* this.#write("text", message.content);
    else yield* this.#content(message.content ?? []);
    if (message.refusal) this.#isRefused = true;
    yield* this.#write("text", message.refusal ?? "");
    yield* this.#tell(this.#others.read(message));
    const calls = [...this.#calls.write(message.tool_calls ?? [])];
    if (calls.length > 0) yield* this.#tell(calls);
  }

  /** Mistral's content in pieces. */
  *#content(pieces: NonNullable<Exclude<ChatMessage["content"], string>>): Generator<ModelEvent> {
    for (const piece of pieces) {
      if (piece.type === "text") yield* this.#write("text", validate(textPiece, piece).text);
      else if (piece.type === "thinking") {
        const { thinking } = validate(thinkingPiece, piece);
        const texts = typeof thinking === "string" ? [thinking] : thinking.map(({ text }) => text);
        yield* this.#write("reasoning", texts.join(""), "thinking");
      } else yield* this.#tell(this.#others.content(piece));
    }
  }

  *#write(part: "text" | "reasoning", text: string, field?: ReasoningField): Generator<ModelEvent> {
    if (text !== "") this.#isWritten = true;
    const meta = field && { provider: this.#provider, field };
    yield* this.#stamp(this.#parts.write(part, text, meta));
  }

  /** Parts of other kinds; the open one ends before them. */
  *#tell(events: Iterable<ModelEvent>): Generator<ModelEvent> {
    for (const event of events) {
      if (event.type === "part-start") yield* this.#stamp(this.#parts.close());
      this.#isWritten = true;
      yield* this.#stamp([event]);
    }
  }

  *#finish(said: string | undefined, usage: TokenCounts | undefined): Generator<ModelEvent> {
    const given = reasonOf(said);
    const reason = this.#isRefused ? "refusal" : given;
    yield* this.#tell(this.#others.close());
    yield* this.#stamp(this.#parts.close());
    if (reason === "stop" || reason === "tool-calls")
      yield* this.#stamp(this.#calls.close(said !== undefined));
    this.#isFinished = true;
    if (usage !== undefined) yield* this.#count(usage);
    yield {
      type: "finish",
      reason: reason === "stop" && this.#calls.any ? "tool-calls" : reason,
    };
  }

  *#count(usage: TokenCounts): Generator<ModelEvent> {
    this.#isCounted = true;
    yield { type: "usage", ...usage };
  }

  /** Each part that ends takes along what came for the service while it was open, or before it. */
  *#stamp(events: Iterable<ModelEvent>): Generator<ModelEvent> {
    for (const event of events) {
      if (event.type !== "part-end" || event.key.startsWith("other")) yield event;
      else yield defined({ ...event, meta: this.#takeMeta(event.meta) });
    }
  }

  #takeMeta(own: PartMeta | undefined): PartMeta | undefined {
    const meta = {
      ...own,
      provider: this.#provider,
      ...(this.#details.length > 0 && { details: this.#details }),
      ...(this.#extra && { messageExtra: this.#extra }),
    };
    this.#details = [];
    this.#extra = undefined;
    return Object.keys(meta).length > 1 ? meta : undefined;
  }
}

const textPiece = z.object({ text: z.string() });
const thinkingPiece = z.object({
  thinking: z.union([z.string(), z.array(z.object({ text: z.string().catch("") }))]),
});

/** In lower case; whatever else a server says is a good end. */
const finishReasons = new Map<string, FinishReason>([
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
  ["length", "length"],
  ["max_tokens", "length"],
  // Mistral; Z.ai.
  ["model_length", "context-full"],
  ["model_context_window_exceeded", "context-full"],
  ["content_filter", "content-filter"],
  ["sensitive", "content-filter"],
  ["safety", "content-filter"],
  ["error", "error"],
  ["network_error", "error"],
  ["abort", "error"],
]);

function reasonOf(said: string | undefined): FinishReason {
  const name = said?.toLowerCase() ?? "";
  // DeepSeek stops in the middle when it has too much to do.
  if (name === "insufficient_system_resource")
    throw new APIError(503, { type: "overloaded", message: name }, name, undefined);
  return finishReasons.get(name) ?? "stop";
}
