/** Writes a conversation as Chat Completions accepts it, by the rules of the service. */
import { createHash } from "node:crypto";
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { isObject } from "../call-input";
import type { ModelRequest } from "../provider";
import {
  type AssistantTurn,
  callsOf,
  shownText,
  type Item,
  type ReasoningItem,
  type ToolCallItem,
  type TurnFile,
  type UserTurn,
} from "../provider-turns";
import { toTurns } from "../provider-history";
import { noSignature } from "../gemini/gemini-models";
import { mergeDetails, type ReasoningDetail, sendableDetails } from "./reasoning-details";
import type { ServiceRules } from "./service-profiles";

/** None of these is OpenAI's: DeepSeek, vLLM and llama.cpp write the first, OpenRouter and Ollama the second. */
interface OwnFields {
  reasoning_content?: string;
  reasoning?: string;
  /** OpenRouter. */
  reasoning_details?: ReasoningDetail[];
  /** Google. */
  extra_content?: unknown;
}

type AssistantMessage = Omit<ChatCompletionAssistantMessageParam, "content" | "tool_calls"> &
  OwnFields & {
    content: string | object[] | null;
    tool_calls?: (ChatCompletionMessageFunctionToolCall & Pick<OwnFields, "extra_content">)[];
  };

/** The conversation as a server of Chat Completions with these rules takes it, without the system prompt. */
export function makeMessages(
  { messages, model, files }: ModelRequest,
  provider: string,
  rules: ServiceRules,
): ChatCompletionMessageParam[] {
  const made: ChatCompletionMessageParam[] = [];
  const idOf = rules.callIds === "nine" ? nineCharacters() : ({ id }: ToolCallItem) => id;
  const reader = { provider, model, files, takesNoTools: !rules.takesTools };
  for (const turn of toTurns(messages, reader)) {
    if (turn.role === "user") addUser(made, turn, rules);
    else {
      made.push(...makeTurn(turn, rules, idOf));
      // A `tool` message takes only text: what a tool shows follows all results, as the user's.
      const shown = callsOf(turn).flatMap(({ result }) => result.files ?? []);
      if (shown.length > 0) addUser(made, { text: shownText, files: shown }, rules);
    }
  }
  return made;
}

function addUser(
  made: ChatCompletionMessageParam[],
  { text, files = [] }: Pick<UserTurn, "text" | "files">,
  rules: ServiceRules,
): void {
  const last = made.at(-1);
  const content = [...files.map(makeFile), { type: "text" as const, text }];
  if (last?.role === "user" && Array.isArray(last.content)) {
    last.content.push(...content);
    return;
  }
  if (last?.role === "tool" && rules.afterResults !== undefined)
    made.push({ role: "assistant", content: rules.afterResults });
  made.push({ role: "user", content: files.length === 0 ? text : content });
}

function makeFile({ name, mediaType, data }: TurnFile): ChatCompletionContentPart {
  const url = `data:${mediaType};base64,${data}`;
  return mediaType === "application/pdf"
    ? { type: "file", file: { filename: name, file_data: url } }
    : { type: "image_url", image_url: { url } };
}

/** The assistant's message, and each call's result right after it. */
function makeTurn(
  turn: AssistantTurn,
  rules: ServiceRules,
  idOf: (call: ToolCallItem) => string,
): ChatCompletionMessageParam[] {
  const calls = callsOf(turn);
  const sendsReasoning = rules.reasoningWith === "all" || calls.length > 0;
  const message: AssistantMessage = {
    role: "assistant",
    content: contentOf(turn, sendsReasoning),
    ...reasoningOf(turn, sendsReasoning, rules),
    ...extraOf(turn),
  };
  if (calls.length > 0) {
    message.tool_calls = calls.map((call) => ({
      type: "function",
      id: idOf(call),
      function: { name: call.name, arguments: call.inputText },
      ...(isObject(call.meta?.["extraContent"]) && { extra_content: call.meta["extraContent"] }),
    }));
    addSignature(message, rules);
  }
  return [
    message as ChatCompletionMessageParam,
    ...calls.map((call) => ({
      role: "tool" as const,
      tool_call_id: idOf(call),
      content: call.result.text,
    })),
  ];
}

/** A list of pieces only where the service itself wrote its thinking among them. */
function contentOf({ items }: AssistantTurn, sendsReasoning: boolean): AssistantMessage["content"] {
  if (!sendsReasoning || !items.some(isThinking)) return textOf(items, "text") || null;
  return items.flatMap((item): object[] => {
    if (item.type === "text") return [{ type: "text", text: item.text }];
    if (item.type === "other") return [{ type: "text", text: item.line }];
    if (!isThinking(item)) return [];
    return [{ type: "thinking", thinking: [{ type: "text", text: item.text }], closed: true }];
  });
}

/** Back in the field in which it came, or in pieces where the service sent them too. */
function reasoningOf(
  { items }: AssistantTurn,
  sendsReasoning: boolean,
  { missingReasoning }: ServiceRules,
): OwnFields {
  const pieces = items.flatMap(({ meta }) => detailsOf(meta?.["details"]));
  if (pieces.length > 0) {
    const details = sendableDetails(mergeDetails(pieces));
    return details.length > 0 ? { reasoning_details: details } : {};
  }
  if (!sendsReasoning) return {};
  const field = items.find(({ type }) => type === "reasoning")?.meta?.["field"];
  if (field === "reasoning_content" || field === "reasoning")
    return { [field]: textOf(items, "reasoning") || missingReasoning || "" };
  return missingReasoning === undefined ? {} : { reasoning_content: missingReasoning };
}

function extraOf({ items }: AssistantTurn): Pick<OwnFields, "extra_content"> {
  const last = items.findLast(({ meta }) => isObject(meta?.["messageExtra"]));
  return last === undefined ? {} : { extra_content: last.meta!["messageExtra"] };
}

function addSignature(message: AssistantMessage, { missingSignature }: ServiceRules): void {
  const [first] = message.tool_calls!;
  if (missingSignature === "extra_content")
    first!.extra_content ??= { google: { thought_signature: noSignature } };
  const encrypted = "reasoning.encrypted";
  if (missingSignature !== "reasoning_details") return;
  if (message.reasoning_details?.some(({ type }) => type === encrypted)) return;
  const detail = { type: encrypted, data: noSignature, id: first!.id, format: "google-gemini-v1" };
  message.reasoning_details = [...(message.reasoning_details ?? []), { ...detail, index: 0 }];
}

/**
 * For ids of nine letters and digits: one that is so stays, any other becomes the beginning of its hash, which is the same
 * in every later request. Two ids never become the same one.
 */
function nineCharacters(): (call: ToolCallItem) => string {
  const given = new Map<string, string>();
  const taken = new Set<string>();
  return ({ id }) => {
    const known = given.get(id);
    if (known !== undefined) return known;
    let nine = id;
    for (let salt = 0; !/^[a-z0-9]{9}$/i.test(nine) || taken.has(nine); salt++)
      nine = hashOf(`${salt}:${id}`);
    given.set(id, nine);
    taken.add(nine);
    return nine;
  };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 9);
}

function isThinking(item: Item): item is ReasoningItem {
  return item.type === "reasoning" && item.meta["field"] === "thinking";
}

function textOf(items: Item[], type: "text" | "reasoning"): string {
  const texts = items.flatMap((item) => {
    if (item.type === "other") return type === "text" ? [item.line] : [];
    return item.type === type ? [item.text] : [];
  });
  return texts.join("\n\n");
}

function detailsOf(value: unknown): ReasoningDetail[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
