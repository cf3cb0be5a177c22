/** Writes a conversation as Chat Completions accepts it. */
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import type { Message } from "../../../shared/protocol";
import type { ModelRequest } from "../provider";
import {
  type AssistantTurn,
  callsOf,
  toTurns,
  type TurnFile,
  type UserTurn,
} from "../provider-history";

/** Not OpenAI's: DeepSeek, vLLM and llama.cpp write the first, OpenRouter and Ollama the second. */
export interface ReasoningFields {
  reasoning_content?: string | null;
  reasoning?: string | null;
}

export function makeMessages(
  messages: Message[],
  provider: string,
  model: string,
  files?: ModelRequest["files"],
): ChatCompletionMessageParam[] {
  const made: ChatCompletionMessageParam[] = [];
  for (const turn of toTurns(messages, { provider, model, files })) {
    if (turn.role === "user") addUser(made, turn, model);
    else {
      made.push(...makeTurn(turn));
      // A `tool` message takes only text: what a tool shows follows all results, as the user's.
      const shown = callsOf(turn).flatMap(({ result }) => result.files ?? []);
      if (shown.length > 0) addUser(made, { text: shownText, files: shown }, model);
    }
  }
  return made;
}

const shownText = "[These are the files that the results above name.]";

function addUser(
  made: ChatCompletionMessageParam[],
  { text, files = [] }: Pick<UserTurn, "text" | "files">,
  model: string,
): void {
  const last = made.at(-1);
  const content = [...files.map(makeFile), { type: "text" as const, text }];
  if (last?.role === "user" && Array.isArray(last.content)) {
    last.content.push(...content);
    return;
  }
  // Mistral's template accepts no user message right after a result.
  if (last?.role === "tool" && /stral/i.test(model))
    made.push({ role: "assistant", content: "[turn ended]" });
  made.push({ role: "user", content: files.length === 0 ? text : content });
}

function makeFile({ name, mediaType, data }: TurnFile): ChatCompletionContentPart {
  const url = `data:${mediaType};base64,${data}`;
  return mediaType === "application/pdf"
    ? { type: "file", file: { filename: name, file_data: url } }
    : { type: "image_url", image_url: { url } };
}

/** The assistant's message, and each call's result right after it. */
function makeTurn(turn: AssistantTurn): ChatCompletionMessageParam[] {
  const calls = callsOf(turn);
  const texts = turn.items.filter((item) => item.type === "text").map((item) => item.text);
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
