/** The Chat Completions API as the scripted upstream speaks it, and the histories that it refuses. */
import { type ChatMessage, type ChatService, serviceOf } from "./chat-services";
import { openaiError } from "./openai-error";
import { refuseOpenAIOptions } from "./refused-options";
import { cut, type ScriptedFinish, type Step } from "./script";
import { refuseChatPart } from "./sent-files";
import {
  eachPiece,
  finishOf,
  isControl,
  isJsonObject,
  joined,
  unnamed,
  usageOf,
  type Frame,
  type Wire,
} from "./wire";

export const openaiChat: Wire = {
  name: "openai-chat",

  *frames(steps, { model, next }) {
    const id = `chatcmpl-${next()}`;
    const chunk = (choices: object[], usage: object | null = null) =>
      unnamed({ id, object: "chat.completion.chunk", created: 0, model, choices, usage });
    const delta = (delta: object) => chunk([{ index: 0, delta, finish_reason: null }]);
    yield delta({ role: "assistant", content: "" });
    const service = serviceOf(model);
    const count = () => chunk([], usageChunk(usageOf(steps), service));
    let calls = 0;
    for (const step of steps) {
      if (isControl(step)) yield step;
      else if (step.type === "failure") {
        // What it has charged until then, where the script says so.
        if (steps.some(({ type }) => type === "usage")) yield count();
        yield* [unnamed(openaiError(step, "").body), cut];
      } else if (step.type !== "usage" && step.type !== "finish" && step.type !== "other") {
        const index = step.type === "tool-call" ? calls++ : 0;
        yield* part(step, { index, service, delta, next });
      }
    }
    const finish = finishOf(steps);
    if (finish === "refusal" && !steps.some(({ type }) => type === "refusal"))
      yield delta({ refusal: "I cannot help with that." });
    yield chunk([{ index: 0, delta: {}, finish_reason: finishReasons[finish] }]);
    yield count();
    yield "data: [DONE]\n\n";
  },

  refuse(body, model) {
    const { messages } = body as { messages: ChatMessage[] };
    const service = serviceOf(model);
    const refused =
      refuseOpenAIOptions(body, model) ?? service?.refuseBody?.(body as Record<string, unknown>);
    if (refused) return refused;
    if (messages.length === 0)
      return "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.";
    for (const [at, message] of messages.entries()) {
      const why =
        refuseMessage(message, at) ??
        service?.refuseMessage?.(message, at) ??
        refuseOrder(messages, at, model);
      if (why) return why;
    }
    return undefined;
  },

  error: openaiError,
};

const finishReasons: Record<ScriptedFinish, string> = {
  stop: "stop",
  "tool-calls": "tool_calls",
  pause: "stop",
  length: "length",
  "context-full": "model_length",
  // The message itself says that it is one.
  refusal: "stop",
  "content-filter": "content_filter",
  error: "error",
};

function usageChunk(
  counts: ReturnType<typeof usageOf>,
  service: ChatService | undefined,
): Record<string, unknown> {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd } = counts;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    prompt_tokens_details: {
      cached_tokens: cacheReadTokens,
      cache_write_tokens: cacheWriteTokens,
    },
    total_tokens: inputTokens + outputTokens,
    ...service?.cost?.(costUsd),
  };
}

interface PartContext {
  /** Of the call. */
  index: number;
  service: ChatService | undefined;
  delta: (delta: object) => string;
  next: () => number;
}

function* part(
  step: Extract<Step, { type: "text" | "refusal" | "reasoning" | "tool-call" }>,
  { index, service, delta, next }: PartContext,
): Generator<Frame> {
  if (step.type === "text") yield* eachPiece(step.pieces, (content) => delta({ content }));
  else if (step.type === "refusal") yield* eachPiece(step.pieces, (refusal) => delta({ refusal }));
  else if (step.type === "reasoning") {
    const make = (piece: string) => service?.reasoning?.(piece) ?? { reasoning_content: piece };
    yield* eachPiece(step.pieces, (piece) => delta(make(piece)));
    const after = step.redacted ? undefined : service?.afterReasoning?.(joined(step.pieces));
    if (after) yield delta(after);
  } else {
    const number = next();
    const id = step.id ?? service?.callId?.(number) ?? `call_${number}`;
    const more = index === 0 ? service?.firstCall?.(id) : undefined;
    const said = { name: step.name, arguments: "" };
    const call = { index, id, type: "function", function: said, ...more?.call };
    yield delta({ tool_calls: [call], ...more?.delta });
    yield* eachPiece(step.input, (piece) =>
      delta({ tool_calls: [{ index, function: { arguments: piece } }] }),
    );
  }
}

function refuseMessage(message: ChatMessage, at: number): string | undefined {
  if (message.tool_calls?.length === 0)
    return `Invalid 'messages[${at}].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`;
  const call = message.tool_calls?.find((call) => !isJsonObject(call.function.arguments));
  if (call)
    return `Invalid 'messages[${at}].tool_calls': the arguments of '${call.id}' are not JSON.`;
  const { role } = message;
  if (role !== "assistant" && Array.isArray(message.content) && message.content.length > 0) {
    const content = message.content as (Parameters<typeof refuseChatPart>[1] & { text?: string })[];
    if (content.some(({ type, text }) => type === "text" && !text?.trim()))
      return `Invalid value for 'content': empty text in messages[${at}].`;
    const why = content.map((part) => refuseChatPart(role, part)).find((one) => one !== undefined);
    return why && `Invalid 'messages[${at}]': ${why}`;
  }
  if (typeof message.content === "string" && message.content.trim() !== "") return undefined;
  if (Array.isArray(message.content) && message.content.length > 0) return undefined;
  if (message.role === "assistant" && message.tool_calls && message.content == null)
    return undefined;
  return `Invalid value for 'content': expected a non-empty string in messages[${at}].`;
}

/** OpenAI's own order, and the stricter one of servers that render a chat template: roles alternate, for Mistral even after a result. */
function refuseOrder(messages: ChatMessage[], at: number, model: string): string | undefined {
  const message = messages[at]!;
  const before = messages[at - 1];
  if (message.role === "tool") return refuseResult(messages, at);
  if (message.role === before?.role)
    return "Conversation roles must alternate user/assistant/user/assistant/...";
  if (message.role === "user" && before?.role === "tool" && /stral-/.test(model))
    return "Unexpected role 'user' after role 'tool'";
  if (message.role === "assistant" && (before === undefined || before.role === "system"))
    return "Conversation must begin with a message of role 'user'";
  if (message.role === "assistant" && at === messages.length - 1)
    return "Expected last role User or Tool but got assistant";
  const answers = messages.slice(at + 1);
  const end = answers.findIndex((answer) => answer.role !== "tool");
  const following = answers.slice(0, end < 0 ? undefined : end);
  const answered = new Set(following.map((answer) => answer.tool_call_id));
  const missing = message.tool_calls?.filter((call) => !answered.has(call.id)) ?? [];
  if (missing.length > 0)
    return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${missing.map((call) => call.id).join(", ")}`;
  return undefined;
}

function refuseResult(messages: ChatMessage[], at: number): string | undefined {
  const caller = messages.slice(0, at).findLast((message) => message.role !== "tool");
  return caller?.tool_calls?.some((call) => call.id === messages[at]!.tool_call_id)
    ? undefined
    : "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
}
