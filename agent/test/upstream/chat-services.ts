/** The services that speak Chat Completions in their own ways, each known by its models: what they send, and what they refuse. */
import { seal } from "./wire";

export interface ChatMessage {
  role: string;
  content?: unknown;
  tool_calls?: ChatCall[];
  tool_call_id?: string;
  reasoning_content?: unknown;
  reasoning_details?: { type: string; text?: string; signature?: string; data?: string }[];
}

export interface ChatCall {
  id: string;
  function: { name: string; arguments: string };
  extra_content?: { google?: { thought_signature?: string } };
}

export interface ChatService {
  models: RegExp;
  /** The delta of a piece of reasoning, where it is not `reasoning_content`. */
  reasoning?(piece: string): object;
  /** The delta after the last piece. */
  afterReasoning?(whole: string): object;
  /** The id of the call of this number. */
  callId?(number: number): string;
  /** What the first delta of an answer's first call has besides the call, and besides its own fields. */
  firstCall?(id: string): { delta?: object; call?: object };
  /** How its usage says what the answer has cost. */
  cost?(usd: number): object;
  /** Why it would answer a body of that form with 400 or 422. */
  refuseBody?(body: Record<string, unknown>): string | undefined;
  refuseMessage?(message: ChatMessage, at: number): string | undefined;
}

const skipped = "skip_thought_signature_validator";

export const chatServices: ChatService[] = [
  {
    models: /^deepseek-/,
    refuseMessage: (message, at) =>
      message.tool_calls && typeof message.reasoning_content !== "string"
        ? `Missing \`reasoning_content\` field in the assistant message at message index ${at}.`
        : undefined,
  },
  {
    models: /^kimi-/,
    refuseMessage: (message, at) =>
      message.tool_calls && !message.reasoning_content
        ? `thinking is enabled but reasoning_content is missing in assistant tool call message at index ${at}`
        : undefined,
  },
  {
    // Mistral's own API, which refuses every field that it does not know.
    models: /^magistral-medium$/,
    reasoning: (text) => ({ content: [{ type: "thinking", thinking: [{ type: "text", text }] }] }),
    callId: (number) => `m${String(number).padStart(8, "0")}`,
    refuseBody: (body) =>
      unknownField(body, ["model", "stream", "messages", "tools", "prompt_cache_key"]),
    refuseMessage: (message) =>
      unknownField(message, ["role", "content", "tool_calls", "tool_call_id"]) ?? refuseId(message),
  },
  // Its models elsewhere.
  { models: /stral-/, refuseMessage: refuseId },
  {
    models: /^llama-/,
    reasoning: (reasoning) => ({ reasoning }),
    refuseMessage(message, at) {
      const known = new Set(["role", "content", "tool_calls", "tool_call_id", "reasoning"]);
      const unknown = Object.keys(message).find((field) => !known.has(field));
      return unknown && `'messages.${at}' : property '${unknown}' is unsupported`;
    },
  },
  {
    models: /^sonar-pro$/,
    refuseBody: (body) =>
      "tools" in body ? "Tool calling is not supported for this model" : undefined,
    refuseMessage: ({ role, tool_calls }) =>
      role === "tool" || tool_calls ? "Input should be 'system', 'user' or 'assistant'" : undefined,
  },
  { models: /^grok-/, cost: (usd) => ({ cost_in_usd_ticks: Math.round(usd * 1e10) }) },
  {
    // OpenRouter, with the user's own key of another service.
    models: /^mine\//,
    cost: (usd) => ({
      cost: usd,
      is_byok: true,
      cost_details: { upstream_inference_cost: 19 * usd },
    }),
  },
  {
    // OpenRouter, for a model that signs its reasoning.
    models: /^anthropic\//,
    cost: credits,
    reasoning: (text) => ({ reasoning: text, reasoning_details: [detail({ text })] }),
    afterReasoning: (whole) => ({ reasoning_details: [detail({ signature: seal(whole) })] }),
    callId: (number) => `toolu_thought_${number}`,
    refuseMessage(message, at) {
      const details = message.reasoning_details ?? [];
      const isOwn = message.tool_calls?.some(({ id }) => id.startsWith("toolu_thought_"));
      if (isOwn && details.length === 0)
        return `messages.${at}: expected \`thinking\` before \`tool_use\``;
      return details.every(({ text = "", signature }) => signature === seal(text))
        ? undefined
        : `messages.${at}: Invalid \`signature\` in \`thinking\` block`;
    },
  },
  {
    // OpenRouter, for a model whose calls need their reasoning back.
    models: /^google\/gemini-3/,
    cost: credits,
    reasoning: (reasoning) => ({ reasoning }),
    firstCall: (id) => ({
      delta: {
        reasoning_details: [
          { type: "reasoning.encrypted", data: seal(id), id, format: "google-gemini-v1", index: 0 },
        ],
      },
    }),
    refuseMessage({ tool_calls: [first] = [], reasoning_details = [] }) {
      if (first === undefined) return undefined;
      const encrypted = reasoning_details.find(({ type }) => type === "reasoning.encrypted");
      return refuseSignature(first, encrypted?.data);
    },
  },
  {
    // Google's own endpoint.
    models: /^gemini-3/,
    firstCall: (id) => ({ call: { extra_content: { google: { thought_signature: seal(id) } } } }),
    refuseMessage: ({ tool_calls: [first] = [] }) =>
      first && refuseSignature(first, first.extra_content?.google?.thought_signature),
  },
];

/** OpenRouter repeats it as what the maker of the model charges. */
function credits(cost: number): object {
  return { cost, is_byok: false, cost_details: { upstream_inference_cost: cost } };
}

export function serviceOf(model: string): ChatService | undefined {
  return chatServices.find(({ models }) => models.test(model));
}

function detail(fields: object): object {
  return { type: "reasoning.text", format: "anthropic-claude-v1", index: 0, ...fields };
}

function refuseSignature({ id, function: { name } }: ChatCall, signature: string | undefined) {
  if (signature === undefined)
    return `Function call is missing a thought_signature in functionCall parts: ${name}`;
  return signature === seal(id) || signature === skipped
    ? undefined
    : "Thought signature is not valid";
}

function refuseId({ tool_calls = [], tool_call_id }: ChatMessage): string | undefined {
  const ids = [...tool_calls.map(({ id }) => id), ...(tool_call_id ? [tool_call_id] : [])];
  const wrong = ids.find((id) => !/^[a-zA-Z0-9]{9}$/.test(id));
  return wrong && `Tool call id was ${wrong} but must be a-z, A-Z, 0-9, with a length of 9.`;
}

function unknownField(body: object, known: string[]): string | undefined {
  const unknown = Object.keys(body).find((field) => !known.includes(field));
  return unknown && `extra_forbidden: Extra inputs are not permitted: ${unknown}`;
}
