/** Checks each event of an answer before it enters the state: names, order, sizes. */
import { toolCallsOf } from "../../shared/message-parts";
import { BadAnswerError } from "./bad-answer";
import { bounds } from "./bounds";
import type { ModelEvent, ModelRequest } from "./provider";
import { isUsable } from "./call-input";
import { lineOf } from "./other-part";

type PartStart = Extract<ModelEvent, { type: "part-start" }>;
type UsageEvent = Extract<ModelEvent, { type: "usage" }>;

interface OpenPart {
  isCall: boolean;
  characters: number;
}

/** One for each answer. */
export class AnswerGuard {
  readonly #open = new Map<string, OpenPart>();
  readonly #keys = new Set<string>();
  readonly #callIds: Set<string>;
  #calls = 0;
  #characters = 0;

  /**
   * An id that an earlier call has is replaced: a service refuses a conversation in which two calls have the same. So is one
   * that is missing, as some gateways leave it out.
   */
  constructor({ messages }: ModelRequest) {
    const calls = messages.flatMap(toolCallsOf);
    this.#callIds = new Set(calls.map(({ callId }) => callId));
  }

  /** The event as it may be passed on; undefined when nothing of it is. Throws BadAnswerError when it fits nowhere. */
  check(event: ModelEvent): ModelEvent | undefined {
    switch (event.type) {
      case "part-start":
        return this.#start(event);
      case "part-delta":
        if (event.delta === "") return undefined;
        this.#count(this.#find(event.key), event.delta.length);
        return event;
      case "part-end": {
        const part = this.#find(event.key);
        this.#open.delete(event.key);
        if (event.meta !== undefined && !isUsable(event.meta))
          throw new BadAnswerError("a part with data that is nested too deeply, or is not text");
        this.#count({ ...part, isCall: false }, sizeOf(event.meta));
        return event;
      }
      case "usage":
        return usableCounts(event);
      case "finish":
        return event.detail === undefined ? event : { ...event, detail: lineOf(event.detail) };
    }
  }

  #start(event: PartStart): PartStart {
    if (this.#keys.has(event.key)) throw new BadAnswerError("a part that begins twice");
    this.#keys.add(event.key);
    if (this.#keys.size > bounds.parts)
      throw new BadAnswerError(`more than ${bounds.parts} parts in an answer`);
    const isCall = event.part === "tool-call";
    this.#open.set(event.key, { isCall, characters: 0 });
    if (event.part === "other") requireName("name", event.name, bounds.nameCharacters);
    return event.part === "tool-call" ? this.#startCall(event) : event;
  }

  #startCall(event: Extract<PartStart, { part: "tool-call" }>): PartStart {
    if (++this.#calls > bounds.toolCalls)
      throw new BadAnswerError(`more than ${bounds.toolCalls} tool calls in an answer`);
    requireName("name", event.name, bounds.nameCharacters);
    const isNew = event.callId !== "" && !this.#callIds.has(event.callId);
    const callId = isNew ? event.callId : `call_${crypto.randomUUID()}`;
    requireName("id", callId, bounds.idCharacters);
    this.#callIds.add(callId);
    return { ...event, callId };
  }

  #find(key: string): OpenPart {
    const part = this.#open.get(key);
    if (part === undefined) throw new BadAnswerError("more of a part that has not begun");
    return part;
  }

  #count(part: OpenPart, characters: number): void {
    part.characters += characters;
    this.#characters += characters;
    if (part.isCall && part.characters > bounds.inputCharacters)
      throw new BadAnswerError(
        `a tool’s input of more than ${bounds.inputCharacters / 1e6} million characters`,
      );
    if (this.#characters > bounds.answerCharacters)
      throw new BadAnswerError(`more than ${bounds.answerCharacters / 1e6} million characters`);
  }
}

function requireName(what: "name" | "id", value: string, most: number): void {
  if (value === "") throw new BadAnswerError(`a tool call without ${what}`);
  if (value.length > most)
    throw new BadAnswerError(`a tool call whose ${what} has more than ${most} characters`);
  // Control characters, bidi and zero-width marks, halves of surrogate pairs.
  if (/\p{C}/u.test(value))
    throw new BadAnswerError(`a tool call whose ${what} has characters that cannot be seen`);
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= bounds.tokens;
}

/**
 * Counts that cannot be are left out, so that the tokens are estimated; a cost that was said with them stands. Undefined when
 * nothing is left.
 */
export function usableCounts(event: UsageEvent): UsageEvent | undefined {
  if (isCount(event.inputTokens) && isCount(event.outputTokens))
    return withUsableCost(withUsableCache(event));
  const { type, costUsd = 0 } = withUsableCost(event);
  return costUsd > 0 ? { type, inputTokens: 0, outputTokens: 0, costUsd } : undefined;
}

/** What is said of a cache is left out when it cannot be: all of the input then costs what input costs. */
function withUsableCache(event: UsageEvent): UsageEvent {
  const { cacheReadTokens = 0, cacheWriteTokens = 0, inputTokens, ...rest } = event;
  const isUsable =
    isCount(cacheReadTokens) &&
    isCount(cacheWriteTokens) &&
    cacheReadTokens + cacheWriteTokens <= inputTokens;
  return isUsable ? event : { inputTokens, ...rest };
}

/** A cost that cannot be is left out: the tokens are then counted at their price. */
function withUsableCost(event: UsageEvent): UsageEvent {
  const { costUsd = 0, ...rest } = event;
  return costUsd >= 0 && costUsd <= bounds.answerUsd ? event : rest;
}

function sizeOf(meta: object | undefined): number {
  return meta === undefined ? 0 : JSON.stringify(meta).length;
}
