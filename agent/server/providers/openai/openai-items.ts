/** Turns the output items of the Responses API into parts. */
import type { PartMeta } from "../../../shared/protocol";
import { BadAnswerError } from "../bad-answer";
import { parseInput } from "../call-input";
import { HeldBack } from "../held-back";
import { Citations, otherPart } from "../other-part";
import type { ModelEvent } from "../provider";
import { citationsOf, type OutputItem, textOf } from "./openai-events";
import { providerId } from "./openai-history";

interface Open {
  key: string;
  item: OutputItem;
  written: string;
}

/**
 * The items of one answer. Compatible servers give a text in deltas, or only in the events that repeat it when it is whole:
 * what has come in deltas is not repeated. An item that Rein does not handle is a part of its own kind, once it is whole.
 */
export class Items {
  readonly #open = new Map<number, Open>();
  readonly #begun = new Set<number>();
  readonly #cited = new Citations();
  readonly #held = new HeldBack();
  #last = 0;
  hasCall = false;

  *start(at: number | undefined, item: OutputItem): Generator<ModelEvent> {
    const index = at ?? this.#begun.size;
    if (this.#begun.has(index)) throw new BadAnswerError("an item that begins twice");
    this.#begun.add(index);
    this.#last = index;
    const key = `item-${index}`;
    this.#held.add(item);
    this.#open.set(index, { key, item, written: "" });
    if (item.type === "message") yield { type: "part-start", key, part: "text" };
    else if (item.type === "reasoning") yield { type: "part-start", key, part: "reasoning" };
    else if (item.type === "function_call") {
      this.hasCall = true;
      const { call_id, id, name } = item;
      yield {
        type: "part-start",
        key,
        part: "tool-call",
        callId: call_id ?? id ?? "",
        name: name ?? "",
      };
    }
  }

  *add(at: number | undefined, delta: string): Generator<ModelEvent> {
    const open = this.#open.get(at ?? this.#last);
    if (open === undefined || delta === "" || !isHandled(open.item)) return;
    open.written += delta;
    yield { type: "part-delta", key: open.key, delta };
  }

  /** `whole`: the text that the deltas should have brought. What is missing at its end comes now. */
  *fill(at: number | undefined, whole: string): Generator<ModelEvent> {
    const written = this.#open.get(at ?? this.#last)?.written ?? "";
    if (whole.startsWith(written)) yield* this.add(at, whole.slice(written.length));
  }

  *end(at: number | undefined, item: OutputItem): Generator<ModelEvent> {
    const index = at ?? (this.#open.has(this.#last) ? this.#last : this.#begun.size);
    if (!this.#begun.has(index)) yield* this.start(index, item);
    const open = this.#open.get(index);
    if (open === undefined) throw new BadAnswerError("an item that ends twice");
    if (item.type !== open.item.type) throw new BadAnswerError("an item that changes its type");
    const { id, phase, name, type } = item;
    const part = { type: "part-end" as const, key: open.key };
    switch (type) {
      case "function_call": {
        const json = jsonOf(item.arguments);
        yield* this.fill(index, json);
        yield { ...part, input: parseInput(json), meta: makeMeta(id ? { id } : {}) };
        break;
      }
      case "message":
        yield* this.fill(index, textOf(item));
        this.#cited.add(citationsOf(item));
        yield { ...part, meta: makeMeta({ id, ...(phase && { phase }) }) };
        break;
      case "reasoning":
        yield* this.fill(index, textOf(item));
        yield { ...part, meta: makeMeta({ item }) };
        break;
      default:
        yield* otherPart(providerId, open.key, name ?? type, item);
    }
    this.#open.delete(index);
  }

  /** The answer is whole: an item that it repeats, and that has not come before, comes now. */
  *close(output: OutputItem[]): Generator<ModelEvent> {
    if (this.#begun.size === 0)
      for (const [index, item] of output.entries()) yield* this.end(index, item);
    const whole = new Map(output.map((item) => [item.id, item]));
    for (const [index, { item }] of this.#open)
      yield* this.end(index, (item.id && whole.get(item.id)) || item);
    yield* this.#cited.part(providerId);
  }
}

function isHandled({ type }: OutputItem): boolean {
  return ["message", "reasoning", "function_call"].includes(type);
}

/** The arguments of a call as JSON, of which a server may send the object itself; "" where it sent none. */
export function jsonOf(input: OutputItem["arguments"]): string {
  return typeof input === "object" ? JSON.stringify(input ?? {}) : (input ?? "");
}

function makeMeta(fields: Record<string, unknown>): PartMeta {
  return { provider: providerId, ...fields };
}
