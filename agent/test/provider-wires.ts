/** The five real providers against the scripted upstream, and the part of the agent's loop that a provider test needs. */
import type { FilePart, Message, Part, PlanPart, Stop, ToolCallPart } from "../shared/protocol";
import { createAnthropic } from "../server/providers/anthropic/anthropic";
import { createGemini } from "../server/providers/gemini/gemini";
import { createOllama } from "../server/providers/ollama/ollama";
import { createOpenAI } from "../server/providers/openai/openai";
import { createOpenAIChat } from "../server/providers/openai/openai-chat";
import type { ModelEvent, ModelRequest, Provider } from "../server/providers/provider";
import type { Upstream, WireName } from "./upstream/upstream";

export interface ProviderCase {
  wire: WireName;
  /** Models whose rules differ; the first is the usual one. */
  models: string[];
  create: (upstream: Pick<Upstream, "baseUrls">, apiKey?: string) => Provider;
}

export const apiKey = "sk-secret-0123456789abcdef";

type Five<T> = [T, T, T, T, T];

/** Anthropic, OpenAI, Chat Completions, Gemini, Ollama. */
export const providerCases: Five<ProviderCase> = [
  {
    wire: "anthropic",
    models: ["claude-opus-5-5", "claude-haiku-4-5", "claude-of-tomorrow"],
    create: (upstream, key = apiKey) =>
      createAnthropic({
        apiKey: key,
        baseUrl: upstream.baseUrls.anthropic,
        keyVariable: "ANTHROPIC_API_KEY",
      }),
  },
  {
    wire: "openai",
    models: ["gpt-5.4", "gpt-4.1"],
    create: (upstream, key = apiKey) =>
      createOpenAI({
        apiKey: key,
        baseUrl: upstream.baseUrls.openai,
        keyVariable: "OPENAI_API_KEY",
      }),
  },
  {
    wire: "openai-chat",
    models: ["local-model", "mistral-large-latest"],
    create: (upstream, key = apiKey) =>
      createOpenAIChat({ apiKey: key, baseUrl: upstream.baseUrls["openai-chat"], name: "Local" }),
  },
  {
    wire: "gemini",
    models: ["gemini-3.1-pro", "gemini-2.5-flash"],
    create: (upstream, key = apiKey) =>
      createGemini({
        apiKey: key,
        baseUrl: upstream.baseUrls.gemini,
        keyVariable: "GEMINI_API_KEY",
      }),
  },
  {
    wire: "ollama",
    models: ["usual:8b"],
    create: (upstream, key = apiKey) =>
      createOllama({ apiKey: key, baseUrl: upstream.baseUrls.ollama }),
  },
];

export const stopped: Stop = { by: "user", from: "web", askedAt: 1 };

const bash = {
  name: "bash",
  description: "Runs a command.",
  inputSchema: {
    type: "object",
    properties: { command: { type: "string" } },
    required: ["command"],
  },
};

export function ask(model: string, ...messages: Message[]): ModelRequest {
  const all = messages.length > 0 ? messages : [userMessage("Hello.")];
  return {
    model,
    system: "You are Rein.",
    messages: all,
    tools: [bash],
    options: {},
    cacheKey: "session",
  };
}

export function userMessage(text: string): Message {
  const part: Part = { type: "text", id: nextId(), text };
  return { id: nextId(), runId: "run", role: "user", parts: [part], createdAt: 0, outcome: "done" };
}

export async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** What a stream yielded before it threw, and what it threw. */
export async function collectFailure(events: AsyncIterable<ModelEvent>) {
  const all: ModelEvent[] = [];
  try {
    for await (const event of events) all.push(event);
  } catch (error) {
    return { events: all, error };
  }
  throw new Error("The stream ended well, where a failure was expected.");
}

export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("The promise was kept, where a rejection was expected.");
}

/** The message that the loop makes of these events; what they leave open stays open in it. */
export function messageOf(events: ModelEvent[], provider: string, model: string): Message {
  const parts = new Map<string, Exclude<Part, FilePart | PlanPart>>();
  for (const event of events) {
    if (event.type === "part-start") parts.set(event.key, startPart(event));
    if (event.type === "part-delta") {
      const part = parts.get(event.key)!;
      if (part.type === "tool-call") part.inputText += event.delta;
      else if (part.type !== "interruption") part.text += event.delta;
    }
    if (event.type === "part-end") {
      const part = parts.get(event.key)!;
      if (part.type === "tool-call") Object.assign(part, { state: "pending", input: event.input });
      if (part.type === "reasoning") part.endedAt = 2;
      if (part.type !== "interruption" && event.meta) part.meta = event.meta;
    }
  }
  const message = { id: nextId(), runId: "run", role: "assistant" as const, createdAt: 0 };
  return { ...message, provider, model, parts: [...parts.values()] };
}

/** The message as the loop leaves it when its tools have all run. */
export function finished(message: Message): Message {
  for (const call of callsIn(message)) Object.assign(call, { state: "done", output: "a\nb\n" });
  return Object.assign(message, { outcome: "done" });
}

/** The message as the loop leaves it when a stop cut it: open parts are stopped, and the interruption is the last part. */
export function interrupted(message: Message): Message {
  for (const call of callsIn(message))
    if (call.state !== "done") Object.assign(call, { state: "stopped", stop: stopped });
  message.parts.push({ type: "interruption", id: nextId(), stop: stopped });
  return Object.assign(message, { outcome: "stopped" });
}

/** The message as the loop leaves it when its model request failed. */
export function broken(message: Message): Message {
  for (const call of callsIn(message))
    Object.assign(call, { state: "failed", error: "Not run: the answer broke off." });
  const error = { code: "cut", message: "The answer broke off." };
  return Object.assign(message, { outcome: "failed", error });
}

export function callsIn(message: Message): ToolCallPart[] {
  return message.parts.filter((part) => part.type === "tool-call");
}

function startPart(
  event: Extract<ModelEvent, { type: "part-start" }>,
): Exclude<Part, FilePart | PlanPart> {
  const id = nextId();
  if (event.part === "tool-call") {
    const { callId, name } = event;
    return { type: "tool-call", id, callId, name, inputText: "", state: "writing", output: "" };
  }
  if (event.part === "other") return { type: "other", id, name: event.name, text: event.text };
  if (event.part === "text") return { type: "text", id, text: "" };
  return { type: "reasoning", id, text: "", startedAt: 1 };
}

let ids = 0;

function nextId(): string {
  return `part-${++ids}`;
}
