/** Chat Completions chunks put together as the services' documentation says, without any code of Rein. */
import { type Answer, type AnswerPart, citations } from "./answer";

interface Typed {
  type: string;
  text?: string;
  thinking?: Typed[];
}

interface Chunk {
  choices?: {
    delta?: {
      content?: string | Typed[] | null;
      reasoning_content?: string | null;
      reasoning?: string | null;
      tool_calls?:
        | { index?: number; id?: string; function: { name?: string; arguments?: string } }[]
        | null;
    };
    finish_reason?: string | null;
  }[];
  /** Perplexity's sources, with each chunk. */
  citations?: string[];
  usage?: {
    prompt_tokens: number;
    completion_tokens: number;
    total_tokens: number;
    prompt_tokens_details?: { cached_tokens?: number } | null;
    /** xAI's. */
    cost_in_usd_ticks?: number;
  } | null;
}

export function accumulateChat(chunks: string[], service?: string): Answer {
  const parts: AnswerPart[] = [];
  const calls: { at: number; part: AnswerPart; json: string }[] = [];
  const answer: Answer = { parts };
  let reason: string | undefined;
  let isCited = false;
  for (const chunk of chunks) {
    const { choices = [], usage, citations: sources = [] } = JSON.parse(chunk) as Chunk;
    isCited ||= sources.length > 0;
    if (usage) answer.usage = totalOf(usage, service === "xai");
    const [choice] = choices;
    const { content, reasoning_content, reasoning, tool_calls } = choice?.delta ?? {};
    add(parts, "reasoning", reasoning_content ?? reasoning ?? "");
    for (const piece of typed(content)) {
      const thought = piece.thinking?.map(({ text = "" }) => text).join("");
      add(parts, thought === undefined ? "text" : "reasoning", thought ?? piece.text ?? "");
    }
    for (const { index: at = 0, id = "", function: made } of tool_calls ?? []) {
      let call = calls.find((one) => one.at === at);
      if (call === undefined) {
        call = { at, part: { type: "tool-call", id, name: made.name!, input: {} }, json: "" };
        calls.push(call);
        parts.push(call.part);
      }
      call.json += made.arguments ?? "";
    }
    reason = choice?.finish_reason ?? reason;
  }
  for (const { part, json } of calls) Object.assign(part, { input: JSON.parse(json || "{}") });
  if (isCited) parts.push(citations);
  answer.end = calls.length > 0 && reason === "stop" ? "tool-calls" : ends[reason!]!;
  return answer;
}

/** Mistral sends content as an array when it reasons. */
function typed(content: string | Typed[] | null | undefined): Typed[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []);
}

function add(parts: AnswerPart[], type: "text" | "reasoning", text: string): void {
  if (text === "") return;
  const last = parts.at(-1);
  if (last?.type === type) last.text += text;
  else parts.push({ type, text });
}

/** xAI's completion tokens do not hold its reasoning: its total does. It alone is asked as a service that says its cost. */
function totalOf(
  usage: NonNullable<Chunk["usage"]>,
  saysCost: boolean,
): NonNullable<Answer["usage"]> {
  return {
    input: usage.prompt_tokens,
    cacheRead: usage.prompt_tokens_details?.cached_tokens ?? 0,
    cacheWrite: 0,
    output: Math.max(usage.completion_tokens, usage.total_tokens - usage.prompt_tokens),
    ...(saysCost && { usd: usage.cost_in_usd_ticks! / 1e10 }),
  };
}

const ends: Record<string, NonNullable<Answer["end"]>> = {
  stop: "stop",
  tool_calls: "tool-calls",
  length: "length",
  content_filter: "content-filter",
};
