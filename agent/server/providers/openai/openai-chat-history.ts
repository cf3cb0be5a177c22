/** Writes a conversation as Chat Completions accepts it. */
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { Message } from "../../../shared/protocol";
import { type AssistantTurn, callsOf, toTurns } from "../provider-history";

/** Not OpenAI's: DeepSeek, vLLM and llama.cpp write the first, OpenRouter and Ollama the second. */
export interface ReasoningFields {
  reasoning_content?: string | null;
  reasoning?: string | null;
}

export function makeMessages(
  messages: Message[],
  provider: string,
  model: string,
): ChatCompletionMessageParam[] {
  const made: ChatCompletionMessageParam[] = [];
  for (const turn of toTurns(messages, { provider, model })) {
    if (turn.role === "assistant") made.push(...makeTurn(turn));
    else {
      // Mistral's template accepts no user message right after a result.
      if (made.at(-1)?.role === "tool" && /stral/i.test(model))
        made.push({ role: "assistant", content: "[turn ended]" });
      made.push({ role: "user", content: turn.text });
    }
  }
  return made;
}

/** The assistant's message, and each call's result right after it. */
function makeTurn(turn: AssistantTurn): ChatCompletionMessageParam[] {
  const calls = callsOf(turn);
  const texts = turn.items.flatMap((item) => {
    if (item.type === "other") return [item.line];
    return item.type === "text" ? [item.text] : [];
  });
  const message: ChatCompletionAssistantMessageParam & ReasoningFields = {
    role: "assistant",
    content: texts.join("\n\n") || null,
  };
  if (calls.length > 0) {
    Object.assign(message, reasoningOf(turn));
    message.tool_calls = calls.map(({ id, name, inputText }) => ({
      type: "function",
      id,
      function: { name, arguments: inputText },
    }));
  }
  return [
    message,
    ...calls.map(({ id, result }) => ({
      role: "tool" as const,
      tool_call_id: id,
      content: result.text,
    })),
  ];
}

/**
 * DeepSeek and Kimi want the reasoning that led to a call back with it, in the field in which it came; without a
 * call it is not wanted.
 */
function reasoningOf(turn: AssistantTurn): ReasoningFields {
  const reasoning = turn.items.filter((item) => item.type === "reasoning");
  const field = reasoning[0]?.meta["field"];
  if (field !== "reasoning_content" && field !== "reasoning") return {};
  return { [field]: reasoning.map((item) => item.text).join("\n\n") };
}
