/** What a turn of Claude Code has used: counted while it streams, exact at its result, subagents included. */
import { addUsage, noUsage, type Usage } from "../../../shared/protocol";
import type { EngineEvent } from "../engine";
import type { ClaudeModelUsage, ClaudeResult, ClaudeTokens } from "./claude-messages";

type Usages = Extract<EngineEvent, { type: "usage" | "context" }>;

export class ClaudeUsage {
  /** Of the program since its start, as its last result said. Undefined before the first: a resumed one starts with more. */
  #total: Usage | undefined;
  #window: number | undefined;
  /** Of the turn's finished requests. */
  #turn = noUsage;
  #request: ClaudeTokens = {};

  /** `isFresh`: the conversation is new, so that the program counts from nothing. */
  constructor(isFresh: boolean) {
    this.#total = isFresh ? noUsage : undefined;
  }

  /** A turn begins. */
  begin(): void {
    this.#turn = noUsage;
    this.#request = {};
  }

  /** A request to the model has begun. */
  start(tokens: ClaudeTokens | undefined): void {
    this.#request = tokens ?? {};
  }

  /** What its end says takes the place of what its start said. */
  finish(tokens: ClaudeTokens): Usages[] {
    for (const [kind, count] of Object.entries(tokens) as [keyof ClaudeTokens, number][])
      if (count !== undefined) this.#request[kind] = count;
    const request = usageOf(this.#request, true);
    this.#turn = addUsage(this.#turn, request);
    const usedTokens = request.inputTokens + request.outputTokens;
    return [{ type: "usage", usage: this.#turn }, this.#context(usedTokens)];
  }

  /** The turn's usage as its result has it, and the size of the context. */
  end(result: ClaudeResult): Usages[] {
    const total = result.modelUsage && totalOf(result.modelUsage, result.total_cost_usd);
    const exact = this.#ofTurn(total, result);
    this.#total = total ?? this.#total;
    // A session that falls back or has subagents uses several models: the widest window is the main one's.
    const windows = Object.values(result.modelUsage ?? {}).map((one) => one.contextWindow ?? 0);
    const window = Math.max(0, ...windows);
    if (window > 0) this.#window = window;
    const last = usageOf(this.#request, true);
    const used = last.inputTokens + last.outputTokens;
    return [
      ...(exact ? [{ type: "usage" as const, usage: exact }] : []),
      ...(used > 0 ? [this.#context(used)] : []),
    ];
  }

  #context(usedTokens: number): Usages {
    return {
      type: "context",
      usedTokens,
      ...(this.#window !== undefined && { windowTokens: this.#window }),
    };
  }

  #ofTurn(total: Usage | undefined, { usage, subtype }: ClaudeResult): Usage | undefined {
    const estimated = subtype !== "success";
    if (total && this.#total) return { ...difference(total, this.#total), estimated };
    // The first result of a resumed conversation: of the turn it names the main loop's own tokens only.
    return usage && !estimated ? usageOf(usage, true) : undefined;
  }
}

function usageOf(tokens: ClaudeTokens, estimated: boolean): Usage {
  const cacheReadTokens = tokens.cache_read_input_tokens ?? 0;
  const cacheWriteTokens = tokens.cache_creation_input_tokens ?? 0;
  return {
    inputTokens: (tokens.input_tokens ?? 0) + cacheReadTokens + cacheWriteTokens,
    outputTokens: tokens.output_tokens ?? 0,
    cacheReadTokens,
    cacheWriteTokens,
    estimated,
  };
}

function totalOf(models: Record<string, ClaudeModelUsage>, costUsd: number | undefined): Usage {
  const all = Object.values(models).map((one) => ({
    inputTokens: one.inputTokens + one.cacheReadInputTokens + one.cacheCreationInputTokens,
    outputTokens: one.outputTokens,
    cacheReadTokens: one.cacheReadInputTokens,
    cacheWriteTokens: one.cacheCreationInputTokens,
    estimated: false,
  }));
  return { ...all.reduce(addUsage, noUsage), ...(costUsd !== undefined && { costUsd }) };
}

/** Never less than nothing: a program that counts anew has used what it says. */
function difference(total: Usage, before: Usage): Usage {
  if (total.inputTokens < before.inputTokens || total.outputTokens < before.outputTokens)
    return total;
  const difference: Usage = { ...total };
  for (const key of ["inputTokens", "outputTokens"] as const) difference[key] -= before[key];
  for (const key of ["cacheReadTokens", "cacheWriteTokens", "costUsd"] as const)
    if (total[key] !== undefined) difference[key] = Math.max(0, total[key] - (before[key] ?? 0));
  return difference;
}
