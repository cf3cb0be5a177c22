/** Ollama's `/api/chat` as the scripted upstream speaks it, and the requests that it, or a model's template, refuses. */
import { cut, type Failure, type FailureKind, type Step } from "./script";
import { refuseBareImage } from "./sent-files";
import { eachPiece, finishOf, isControl, isJsonObject, joined, usageOf, type Wire } from "./wire";

export const ollama: Wire = {
  name: "ollama",
  contentType: "application/x-ndjson",

  *frames(steps, { model, next }) {
    const line = (message: object, more: object = { done: false }) =>
      `${JSON.stringify({ model, created_at: "2026-11-01T00:00:00Z", message: { role: "assistant", content: "", ...message }, ...more })}\n`;
    let index = 0;
    for (const step of steps) {
      if (isControl(step)) yield step;
      else if (step.type === "failure") yield* [`${JSON.stringify(errorBody(step))}\n`, cut];
      else if (step.type === "tool-call") {
        // The wire sends a call in one piece: a gate inside its input holds the stream before the call.
        yield* step.input.filter((piece) => typeof piece !== "string");
        const made = { index: index++, name: step.name, arguments: inputOf(step) };
        yield line({ tool_calls: [{ id: step.id ?? `call_${next()}`, function: made }] });
      } else if (step.type !== "usage" && step.type !== "finish" && step.type !== "other") {
        const field = step.type === "reasoning" ? "thinking" : "content";
        yield* eachPiece(step.pieces, (text) => line({ [field]: text }));
      }
    }
    const { inputTokens, outputTokens } = usageOf(steps);
    yield line(
      {},
      {
        done: true,
        done_reason: finishOf(steps) === "length" ? "length" : "stop",
        total_duration: 1,
        load_duration: 1,
        prompt_eval_count: inputTokens,
        prompt_eval_duration: 1,
        eval_count: outputTokens,
        eval_duration: 1,
      },
    );
  },

  refuse(body, model) {
    const { messages, think, options, truncate } = body as Body;
    if (!thinkValues.has(think))
      return `invalid think value: ${JSON.stringify(think)} (must be "high", "medium", "low", "max", true, or false)`;
    if (think && think !== true && model === "thoughtless")
      return `"${model}" does not support thinking`;
    const window = options?.num_ctx;
    if (window !== undefined && !(Number.isInteger(window) && window > 0))
      return 'option "num_ctx" must be of type integer';
    // Not Ollama's rule: with it, what does not fit would be dropped without a word.
    if (truncate !== false) return "The conversation would be cut.";
    if (messages.length === 0) return "messages: none";
    for (const [at, message] of messages.entries()) {
      const why = refuseMessage(message) ?? refuseOrder(messages, at);
      if (why) return why;
    }
    return undefined;
  },

  error: (failure) => ({ status: failures[failure.kind].status, body: errorBody(failure) }),
};

const thinkValues = new Set<unknown>([undefined, true, false, "low", "medium", "high", "max"]);

function inputOf({ input }: Extract<Step, { type: "tool-call" }>): unknown {
  const json = joined(input);
  return isJsonObject(json) ? JSON.parse(json) : {};
}

interface Body {
  messages: Message[];
  think?: unknown;
  truncate?: boolean;
  options?: { num_ctx?: number };
}

interface Message {
  role: string;
  content: unknown;
  images?: unknown;
  tool_calls?: { id?: string; function: { name: string; arguments: unknown } }[];
  tool_name?: string;
  tool_call_id?: string;
}

/** As Go's decoder, which knows each field's type. */
function refuseMessage({ role, content, images, tool_calls: calls }: Message): string | undefined {
  const wrong = (field: string, type: string) =>
    `json: cannot unmarshal into Go struct field ChatRequest.messages.${field} of type ${type}`;
  if (typeof content !== "string") return wrong("content", "string");
  if (!/^(system|user|assistant|tool)$/.test(role)) return `no such role: ${role}`;
  if (images !== undefined && !(Array.isArray(images) && images.every(isBase64)))
    return wrong("images", "api.ImageData");
  const why = (images as string[] | undefined)?.map(refuseBareImage).find(Boolean);
  if (why) return why;
  for (const { function: made } of calls ?? [])
    if (typeof made.arguments !== "object" || made.arguments === null)
      return wrong("tool_calls.function.arguments", "api.ToolCallFunctionArguments");
  return content.trim() === "" && !calls?.length && images === undefined
    ? "a message without content"
    : undefined;
}

function isBase64(value: unknown): boolean {
  return typeof value === "string" && /^[A-Za-z\d+/]+=*$/.test(value);
}

/** Ollama takes any order; the templates of its models do not. */
function refuseOrder(messages: Message[], at: number): string | undefined {
  const message = messages[at]!;
  const before = messages[at - 1];
  const caller = messages.slice(0, at).findLast(({ role }) => role !== "tool");
  if (message.role === "tool")
    return caller?.tool_calls?.some(({ id }) => id === message.tool_call_id)
      ? undefined
      : "a tool message without its call";
  if (message.role === before?.role) return "roles must alternate";
  if (message.role === "assistant" && (before === undefined || before.role === "system"))
    return "the first message must be the user's";
  // It would be continued instead of answered.
  if (message.role === "assistant" && at === messages.length - 1)
    return "the last message must not be the assistant's";
  const following = messages.slice(at + 1);
  const end = following.findIndex(({ role }) => role !== "tool");
  const results = following.slice(0, end < 0 ? undefined : end);
  const open = message.tool_calls?.filter(
    ({ id, function: { name } }) =>
      !results.some((one) => one.tool_call_id === id && one.tool_name === name),
  );
  return open?.length
    ? `calls without a result: ${open.map(({ id }) => id).join(", ")}`
    : undefined;
}

function errorBody({ kind, message }: Failure): object {
  return { error: message ?? failures[kind].message };
}

const failures: Record<FailureKind, { status: number; message: string }> = {
  authentication: { status: 401, message: "unauthorized" },
  "model-not-found": { status: 404, message: "model 'no-such-model' not found" },
  "rate-limit": { status: 429, message: "you have reached your hourly usage limit" },
  overloaded: {
    status: 503,
    message: "server busy, please try again.  maximum pending requests exceeded",
  },
  "context-length": {
    status: 400,
    message:
      "the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length",
  },
  "invalid-request": { status: 400, message: "invalid request" },
  server: { status: 500, message: "llama runner process has terminated" },
};
