/** The Messages API as the scripted upstream speaks it, and the histories that it refuses. */
import { type Body, refuseHistory } from "./anthropic-history-rules";
import { refuseClaudeOptions } from "./refused-options";
import { cut, type Failure, type FailureKind, type ScriptedFinish, type Step } from "./script";
import {
  eachPiece,
  finishOf,
  isControl,
  joined,
  named,
  seal,
  usageOf,
  type Frame,
  type Wire,
} from "./wire";

export const anthropic: Wire = {
  name: "anthropic",

  *frames(steps, { model, next }) {
    const usage = usageOf(steps);
    yield named({
      type: "message_start",
      message: {
        id: `msg_${next()}`,
        type: "message",
        role: "assistant",
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: {
          ...inputUsage(usage),
          output_tokens: 1,
        },
      },
    });
    yield named({ type: "ping" });
    let index = 0;
    for (const step of steps) {
      if (isControl(step)) yield step;
      else if (step.type === "failure") yield* [named(errorBody(step)), cut];
      else if (step.type !== "usage" && step.type !== "finish") yield* block(step, index++, next);
    }
    yield named({
      type: "message_delta",
      delta: {
        stop_reason: stopReasons[finishOf(steps)],
        stop_sequence: null,
        stop_details:
          finishOf(steps) === "refusal"
            ? { type: "refusal", category: "cyber", explanation: "It asks for malware." }
            : null,
      },
      usage: { ...inputUsage(usage), output_tokens: usage.outputTokens },
    });
    yield named({ type: "message_stop" });
  },

  refuse(body, model) {
    const { messages, thinking, max_tokens, system } = body as Body;
    if (!(max_tokens > 0)) return "max_tokens: Field required";
    if (typeof system === "string" ? system === "" : system?.some((block) => block.text === ""))
      return "system: text content blocks must be non-empty";
    if (Array.isArray(system) && system.some(({ type }) => type !== "text"))
      return "system: Input should be 'text'";
    if (messages.length === 0) return "messages: at least one message is required";
    if (messages[0]!.role !== "user") return 'messages: first message must use the "user" role';
    if (thinking?.type === "enabled" && !(thinking.budget_tokens! >= 1024))
      return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
    if (thinking?.type === "enabled" && thinking.budget_tokens! >= max_tokens)
      return "`max_tokens` must be greater than `thinking.budget_tokens`.";
    const refused = refuseClaudeOptions(body, model);
    if (refused) return refused;
    const marked = JSON.stringify(body).split('"cache_control"').length - 1;
    if (marked > 4)
      return `A maximum of 4 blocks with cache_control may be provided. Found ${marked}.`;
    return refuseHistory(messages, thinking?.type === "enabled");
  },

  error: (failure) => ({ status: failures[failure.kind].status, body: errorBody(failure) }),
};

/** The service counts what has to do with its cache apart from the rest. */
function inputUsage({
  inputTokens,
  cacheReadTokens,
  cacheWriteTokens,
}: ReturnType<typeof usageOf>) {
  return {
    input_tokens: inputTokens - cacheReadTokens - cacheWriteTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cacheReadTokens,
  };
}

const stopReasons: Record<ScriptedFinish, string> = {
  stop: "end_turn",
  "tool-calls": "tool_use",
  pause: "pause_turn",
  length: "max_tokens",
  "context-full": "model_context_window_exceeded",
  refusal: "refusal",
  "content-filter": "refusal",
  error: "refusal",
};

function* block(
  step: Extract<Step, { type: "text" | "refusal" | "reasoning" | "tool-call" | "other" }>,
  index: number,
  next: () => number,
): Generator<Frame> {
  const start = (content_block: object) =>
    named({ type: "content_block_start", index, content_block });
  const delta = (delta: object) => named({ type: "content_block_delta", index, delta });
  if (step.type === "tool-call") {
    yield start({
      type: "tool_use",
      id: step.id ?? `toolu_${next()}`,
      name: step.name,
      input: {},
    });
    yield delta({ type: "input_json_delta", partial_json: "" });
    yield* eachPiece(step.input, (partial_json) =>
      delta({ type: "input_json_delta", partial_json }),
    );
  } else if (step.type === "other") {
    yield start(step.raw);
  } else if (step.type !== "reasoning") {
    yield start({ type: "text", text: "" });
    yield* eachPiece(step.pieces, (text) => delta({ type: "text_delta", text }));
  } else if (step.redacted) {
    yield start({ type: "redacted_thinking", data: seal("redacted") });
  } else {
    yield start({ type: "thinking", thinking: "", signature: "" });
    yield* eachPiece(step.pieces, (thinking) => delta({ type: "thinking_delta", thinking }));
    yield delta({ type: "signature_delta", signature: seal(joined(step.pieces)) });
  }
  yield named({ type: "content_block_stop", index });
}

const failures: Record<FailureKind, { status: number; type: string; message: string }> = {
  authentication: { status: 401, type: "authentication_error", message: "invalid x-api-key" },
  "model-not-found": { status: 404, type: "not_found_error", message: "model: no-such-model" },
  "rate-limit": {
    status: 429,
    type: "rate_limit_error",
    message: "This request would exceed your organization's rate limit.",
  },
  overloaded: { status: 529, type: "overloaded_error", message: "Overloaded" },
  "context-length": {
    status: 400,
    type: "invalid_request_error",
    message: "prompt is too long: 250000 tokens > 200000 maximum",
  },
  "invalid-request": { status: 400, type: "invalid_request_error", message: "invalid request" },
  server: { status: 500, type: "api_error", message: "Internal server error" },
};

function errorBody(failure: Failure) {
  const { type, message } = failures[failure.kind];
  return {
    type: "error",
    error: { type, message: failure.message ?? message },
    request_id: "req_scripted",
  };
}
