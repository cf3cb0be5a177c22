/** The Responses API's events put together as its documentation says ("Streaming events"), without any code of Rein. */
import { type Answer, type AnswerPart, citations } from "./answer";

interface Item {
  type: string;
  call_id?: string;
  name?: string;
  arguments?: string;
  content?: { type: string; text?: string; refusal?: string; annotations?: object[] }[];
  summary?: { text: string }[];
}

interface Event {
  type: string;
  output_index: number;
  item: Item;
  response: {
    error?: { code: string } | null;
    incomplete_details?: { reason: string } | null;
    usage?: {
      input_tokens: number;
      input_tokens_details?: { cached_tokens?: number };
      output_tokens: number;
    };
  };
}

/** The items are taken from the event with which each is done: it holds the whole item. */
export function accumulateResponses(chunks: string[]): Answer {
  /** By their index; a recording may leave one out. */
  const items: Item[] = [];
  const answer: Answer = { parts: [] };
  for (const chunk of chunks) {
    const event = JSON.parse(chunk) as Event;
    if (event.type === "response.output_item.done") items[event.output_index] = event.item;
    if (event.type === "response.failed")
      answer.end = `error: ${codes[event.response.error!.code]}`;
    if (event.type !== "response.completed" && event.type !== "response.incomplete") continue;
    const { usage, incomplete_details } = event.response;
    if (usage)
      answer.usage = {
        input: usage.input_tokens,
        cacheRead: usage.input_tokens_details?.cached_tokens ?? 0,
        cacheWrite: 0,
        output: usage.output_tokens,
      };
    answer.end = endOf(items, incomplete_details?.reason);
  }
  const isCited = items.some(({ content }) => content?.some((part) => part.annotations?.length));
  return {
    ...answer,
    parts: [...Object.values(items).map(partOf), ...(isCited ? [citations] : [])],
  };
}

function partOf({ type, content = [], summary = [], ...item }: Item): AnswerPart {
  if (type === "message")
    return { type: "text", text: content.map((part) => part.text ?? part.refusal ?? "").join("") };
  if (type === "reasoning") {
    const texts = summary.length > 0 ? summary : content;
    return { type: "reasoning", text: texts.map(({ text = "" }) => text).join("\n\n") };
  }
  const { call_id: id = "", name = "" } = item;
  if (type !== "function_call") return { type: "other", name: name || type };
  return { type: "tool-call", id, name, input: JSON.parse(item.arguments || "{}") };
}

function endOf(items: Item[], incomplete: string | undefined): Answer["end"] {
  if (incomplete === "max_output_tokens") return "length";
  if (incomplete === "content_filter") return "content-filter";
  if (items.some(({ type }) => type === "function_call")) return "tool-calls";
  const isRefused = items.some(({ content }) => content?.some(({ type }) => type === "refusal"));
  return isRefused ? "refusal" : "stop";
}

/** What the code of a failure means for a person. */
const codes: Record<string, string> = { insufficient_quota: "rate-limit" };
