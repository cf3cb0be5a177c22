/** Turns the content blocks of the Messages API into parts. */
import type { PartMeta } from "../../../shared/protocol";
import { BadAnswerError } from "../bad-answer";
import { parseInput } from "../call-input";
import { HeldBack } from "../held-back";
import { Citations, otherPart } from "../other-part";
import type { ModelEvent } from "../provider";
import type { BlockDelta, ContentBlock } from "./anthropic-events";
import { providerId } from "./anthropic-history";

/** The blocks of one answer. */
export class Blocks {
  readonly #open = new Map<number, Block>();
  readonly #begun = new Set<number>();
  readonly #cited = new Citations();
  readonly #held = new HeldBack();
  #count = 0;
  #last = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  *start(at: number | undefined, content: ContentBlock): Generator<ModelEvent> {
    const index = at ?? this.#begun.size;
    if (this.#begun.has(index)) throw new BadAnswerError("a part that begins twice");
    this.#begun.add(index);
    const block = new Block(`block-${this.#count++}`, content, this.#held);
    this.#open.set(index, block);
    this.#last = index;
    yield* block.start();
  }

  *add(at: number | undefined, delta: BlockDelta): Generator<ModelEvent> {
    if (delta.citation) this.#cited.add([delta.citation]);
    yield* this.#find(at).add(delta);
  }

  *end(at: number | undefined): Generator<ModelEvent> {
    const block = this.#find(at);
    this.#open.delete(at ?? this.#last);
    yield* block.end();
  }

  /** Blocks that come with the start of the message. */
  *whole(content: ContentBlock[]): Generator<ModelEvent> {
    for (const [index, block] of content.entries()) {
      yield* this.start(index, block);
      yield* this.end(index);
    }
  }

  /** The service begins the message again, as some gateways do: what is open will never be whole. */
  *restart(): Generator<ModelEvent> {
    for (const block of this.#open.values()) yield* block.cut();
    this.#open.clear();
    this.#begun.clear();
  }

  /** The message has ended, so all of it is whole. */
  *close(): Generator<ModelEvent> {
    for (const block of this.#open.values()) yield* block.end();
    this.#open.clear();
    yield* this.#cited.part(providerId);
  }

  #find(at: number | undefined): Block {
    const block = this.#open.get(at ?? this.#last);
    if (block === undefined) throw new BadAnswerError("more of a part that has not begun");
    return block;
  }
}

/** One block as it comes. One that Rein does not handle is a part of its own kind, once it is whole. */
class Block {
  readonly #key: string;
  readonly #content: ContentBlock;
  readonly #held: HeldBack;
  #json = "";
  #signature: string;

  constructor(key: string, content: ContentBlock, held: HeldBack) {
    held.add(content);
    this.#key = key;
    this.#content = content;
    this.#held = held;
    this.#signature = content.signature ?? "";
  }

  *start(): Generator<ModelEvent> {
    const { type, id, name, text, thinking } = this.#content;
    const key = this.#key;
    const start = { type: "part-start" as const, key };
    switch (type) {
      case "text":
        yield { ...start, part: "text" };
        yield { type: "part-delta", key, delta: text ?? "" };
        break;
      case "thinking":
      case "redacted_thinking":
        yield { ...start, part: "reasoning" };
        yield { type: "part-delta", key, delta: thinking ?? "" };
        break;
      case "tool_use":
        yield { ...start, part: "tool-call", callId: id ?? "", name: name ?? "" };
    }
  }

  *add({
    type,
    text,
    thinking,
    partial_json,
    signature,
    content,
  }: BlockDelta): Generator<ModelEvent> {
    let delta: string | undefined;
    switch (type) {
      case "signature_delta":
        this.#held.add(signature ?? "");
        this.#signature += signature ?? "";
        break;
      case "compaction_delta":
        this.#held.add(content ?? "");
        this.#content["content"] =
          `${(this.#content["content"] as string | null) ?? ""}${content ?? ""}`;
        break;
      case "text_delta":
        delta = text;
        break;
      case "thinking_delta":
        delta = thinking;
        break;
      case "input_json_delta":
        delta =
          typeof partial_json === "object" ? JSON.stringify(partial_json ?? {}) : partial_json;
        this.#json += delta ?? "";
    }
    if (delta === undefined) return;
    if (isHandled(this.#content)) yield { type: "part-delta", key: this.#key, delta };
    else this.#held.add(delta);
  }

  *end(): Generator<ModelEvent> {
    const { type, data, input } = this.#content;
    const key = this.#key;
    const end = { type: "part-end" as const, key };
    switch (type) {
      case "text":
        yield end;
        break;
      case "thinking":
        yield this.#signature ? { ...end, meta: makeMeta({ signature: this.#signature }) } : end;
        break;
      case "redacted_thinking":
        yield { ...end, meta: makeMeta({ redacted: data ?? "" }) };
        break;
      case "tool_use": {
        const whole = this.#json === "" ? wholeInput(input) : "";
        yield { type: "part-delta", key, delta: whole };
        yield { ...end, input: parseInput(this.#json || whole) };
        break;
      }
      default:
        yield* this.#other();
    }
  }

  *cut(): Generator<ModelEvent> {
    if (isHandled(this.#content)) yield { type: "part-end", key: this.#key };
  }

  #other(): Generator<ModelEvent> {
    const { type, name } = this.#content;
    const input = this.#json === "" ? {} : { input: parseInput(this.#json) ?? {} };
    return otherPart(providerId, this.#key, name ?? type, { ...this.#content, ...input });
  }
}

function isHandled({ type }: ContentBlock): boolean {
  return ["text", "thinking", "redacted_thinking", "tool_use"].includes(type);
}

/** An input that came with the start of its block, as JSON. */
function wholeInput(input: unknown): string {
  if (typeof input === "string") return input;
  const isGiven = typeof input === "object" && input !== null && Object.keys(input).length > 0;
  return isGiven ? JSON.stringify(input) : "";
}

function makeMeta(fields: Record<string, string>): PartMeta {
  return { provider: providerId, ...fields };
}
