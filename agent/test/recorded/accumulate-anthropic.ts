/** The Messages API's events put together as its documentation says ("Streaming messages"), without any code of Rein. */
import { type Answer, type AnswerPart, citations } from "./answer";

interface Usage {
  input_tokens?: number;
  output_tokens?: number;
  cache_creation_input_tokens?: number;
  cache_read_input_tokens?: number;
  iterations?: (Usage & { type: string })[];
}

interface Block {
  type: string;
  text?: string;
  thinking?: string;
  id?: string;
  name?: string;
  input?: unknown;
  json?: string;
}

interface Event {
  type: string;
  index: number;
  message: { content: Block[]; stop_reason: string | null; usage: Usage };
  content_block: Block;
  delta: {
    text?: string;
    thinking?: string;
    partial_json?: string;
    citation?: object;
    stop_reason?: string;
  };
  usage: Usage;
}

export function accumulateAnthropic(chunks: string[]): Answer {
  /** By their index; a recording may leave one out. */
  let blocks: Block[] = [];
  let usage: Usage = {};
  let reason: string | null = null;
  let isCited = false;
  for (const chunk of chunks) {
    const event = JSON.parse(chunk) as Event;
    if (event.type === "message_start") {
      // A second one begins the message anew.
      blocks = structuredClone(event.message.content);
      usage = event.message.usage;
      reason = event.message.stop_reason;
    } else if (event.type === "content_block_start")
      blocks[event.index] = structuredClone(event.content_block);
    else if (event.type === "content_block_delta") {
      addDelta(blocks[event.index]!, event.delta);
      isCited ||= event.delta.citation !== undefined;
    } else if (event.type === "message_delta") {
      reason = event.delta.stop_reason ?? reason;
      // Counts are cumulative.
      usage = { ...usage, ...event.usage };
    }
  }
  const parts = [...Object.values(blocks).map(partOf), ...(isCited ? [citations] : [])];
  return { parts, usage: totalOf(usage), end: ends[reason!]! };
}

function addDelta(block: Block, delta: Event["delta"]): void {
  block.text = (block.text ?? "") + (delta.text ?? "");
  block.thinking = (block.thinking ?? "") + (delta.thinking ?? "");
  block.json = (block.json ?? "") + (delta.partial_json ?? "");
}

function partOf({
  type,
  text = "",
  thinking = "",
  id = "",
  name = "",
  ...rest
}: Block): AnswerPart {
  if (type === "text") return { type: "text", text };
  if (type === "thinking") return { type: "reasoning", text: thinking };
  if (type === "redacted_thinking") return { type: "reasoning", text: "" };
  if (type !== "tool_use") return { type: "other", name: name || type };
  const input: unknown = rest.json ? JSON.parse(rest.json) : rest.input;
  return { type: "tool-call", id, name, input };
}

/** The totals are the answer's own; what the service wrote to make room for it is billed too, and is not in them. */
function totalOf(usage: Usage): NonNullable<Answer["usage"]> {
  const total = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
  const room = usage.iterations?.filter(({ type }) => type === "compaction") ?? [];
  for (const one of [usage, ...room]) {
    const cacheRead = one.cache_read_input_tokens ?? 0;
    const cacheWrite = one.cache_creation_input_tokens ?? 0;
    total.input += (one.input_tokens ?? 0) + cacheRead + cacheWrite;
    total.cacheRead += cacheRead;
    total.cacheWrite += cacheWrite;
    total.output += one.output_tokens ?? 0;
  }
  return total;
}

const ends: Record<string, NonNullable<Answer["end"]>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  tool_use: "tool-calls",
  pause_turn: "pause",
  max_tokens: "length",
  model_context_window_exceeded: "context-full",
  refusal: "refusal",
};
