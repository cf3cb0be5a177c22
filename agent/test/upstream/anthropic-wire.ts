/** The Messages API as the scripted upstream speaks it, and the histories that it refuses. */
import { refuseClaudeOptions } from "./refused-options";
import { cut, type Failure, type FailureKind, type ScriptedFinish, type Step } from "./script";
import { refuseBlockFile } from "./sent-files";
import {
  eachPiece,
  finishOf,
  isControl,
  isSealOf,
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
    const turns = combine(messages);
    return (
      refuseBlocks(turns) ??
      refuseToolOrder(turns) ??
      refuseServerTools(turns) ??
      refuseEnding(turns) ??
      (thinking?.type === "enabled" ? refuseUnthinking(turns) : undefined)
    );
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

interface Block {
  type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  data?: string;
  id?: string;
  input?: unknown;
  tool_use_id?: string;
  content?: string | Block[];
  is_error?: boolean;
  source?: { type?: string; media_type?: string; data?: string };
}

interface Turn {
  role: string;
  content: Block[];
}

interface Body {
  messages: { role: string; content: string | Block[] }[];
  max_tokens: number;
  system?: string | Block[];
  thinking?: { type: string; budget_tokens?: number };
}

/** Messages of the same role in a row are one turn to the service. */
function combine(messages: Body["messages"]): Turn[] {
  const turns: Turn[] = [];
  for (const { role, content } of messages) {
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
    const last = turns.at(-1);
    if (last?.role === role && blocks.length > 0) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  }
  return turns;
}

function refuseBlocks(turns: Turn[]): string | undefined {
  const ids = new Set<string>();
  for (const [at, turn] of turns.entries()) {
    if (turn.content.length === 0)
      return `messages.${at}: all messages must have non-empty content except for the optional final assistant message`;
    for (const [index, block] of turn.content.entries()) {
      const why = refuseBlock(block, ids);
      if (why) return `messages.${at}.content.${index}${why}`;
    }
  }
  return undefined;
}

function refuseBlock(block: Block, ids: Set<string>): string | undefined {
  switch (block.type) {
    case "text":
      if (!block.text) return ": text content blocks must be non-empty";
      if (!block.text.trim()) return ": text content blocks must contain non-whitespace text";
      return undefined;
    case "thinking":
      if (!block.signature) return ".thinking.signature: Field required";
      if (!isSealOf(block.signature, block.thinking ?? ""))
        return ": Invalid `signature` in `thinking` block";
      return undefined;
    case "redacted_thinking":
      return isSealOf(block.data, "redacted")
        ? undefined
        : ": Invalid `data` in `redacted_thinking` block";
    case "tool_use":
      if (!/^[a-zA-Z0-9_-]+$/.test(block.id ?? ""))
        return ".tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'";
      if (ids.has(block.id!)) return ": `tool_use` ids must be unique";
      ids.add(block.id!);
      if (typeof block.input !== "object" || block.input === null || Array.isArray(block.input))
        return ".tool_use.input: Input should be a valid dictionary";
      return undefined;
    case "image":
    case "document":
      return refuseBlockFile(block);
    case "tool_result": {
      const content = Array.isArray(block.content) ? block.content : [];
      const shown = content.filter((inner) => inner.type !== "text");
      if (block.is_error && shown.length > 0)
        return ".tool_result: all content must be type `text` if `is_error` is true";
      const why = shown.map(refuseBlockFile).find((one) => one !== undefined);
      if (why) return `.tool_result.content${why}`;
      return content.some((inner) => inner.type === "text" && !inner.text)
        ? ".tool_result.content: text content blocks must be non-empty"
        : undefined;
    }
    default:
      if (serverBlock.test(block.type)) return undefined;
      return `: Input tag '${block.type}' found using 'type' does not match any of the expected tags`;
  }
}

const serverBlock =
  /^(server_tool_use|mcp_tool_use|\w+_tool_result|container_upload|compaction|fallback|image|document)$/;

/**
 * The service's own calls have their results in the same turn, but where it has paused; beside a call of the client's tools
 * they have them in the next.
 */
function refuseServerTools(turns: Turn[]): string | undefined {
  for (const [at, { role, content }] of turns.entries()) {
    const isLast = at >= turns.length - 2;
    const waits = content.some(({ type }) => type === "tool_use");
    const isPaused = isLast && (at === turns.length - 1 ? role === "assistant" : waits);
    const following = waits ? (turns[at + 2]?.content ?? []) : [];
    const results = new Set([...content, ...following].map((block) => block.tool_use_id));
    const open = serverCalls(content).find(({ id }) => !results.has(id));
    if (open !== undefined && !isPaused)
      return `messages.${at}: \`${open.type}\` block with id \`${open.id}\` was found without a corresponding result block.`;
    const calls = serverCalls([...(turns[at - 2]?.content ?? []), ...content]);
    const stray = content.find(
      ({ type, tool_use_id }) =>
        type !== "tool_result" && tool_use_id && !calls.some(({ id }) => id === tool_use_id),
    );
    if (stray) return `messages.${at}: unexpected \`${stray.type}\` without its call.`;
  }
  return undefined;
}

function serverCalls(content: Block[]): Block[] {
  return content.filter(({ type }) => /^(server|mcp)_tool_use$/.test(type));
}

function refuseToolOrder(turns: Turn[]): string | undefined {
  for (const [at, turn] of turns.entries()) {
    const called = turn.content.filter((block) => block.type === "tool_use").map((b) => b.id!);
    const firstCall = turn.content.findIndex((block) => block.type === "tool_use");
    if (called.length > 0 && turn.content.slice(firstCall).some((b) => b.type !== "tool_use"))
      return `messages.${at}: \`tool_use\` blocks can only be followed by \`tool_use\` blocks`;
    const following = turns[at + 1]?.content ?? [];
    const results = following.filter((block) => block.type === "tool_result");
    const answered = results.map((block) => block.tool_use_id!);
    const missing = called.filter((id) => !answered.includes(id));
    if (missing.length > 0)
      return `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
    const stray = answered.find((id) => !called.includes(id));
    if (stray !== undefined || (at === 0 && turn.content.some((b) => b.type === "tool_result")))
      return `messages.${at + 1}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    if (new Set(answered).size !== answered.length)
      return `messages.${at + 1}: each tool_use must have a single result`;
    if (following.slice(0, results.length).some((block) => block.type !== "tool_result"))
      return `messages.${at + 1}: \`tool_result\` blocks must come before other content`;
  }
  return undefined;
}

function refuseEnding(turns: Turn[]): string | undefined {
  const last = turns.at(-1)!;
  // A turn that the service has paused goes back as it is.
  if (last.role !== "assistant" || serverBlock.test(last.content.at(-1)!.type)) return undefined;
  if (/\s$/.test(last.content.at(-1)!.text ?? ""))
    return "messages: final assistant content cannot end with trailing whitespace";
  return "This model does not support assistant message prefill. The conversation must end with a user message.";
}

/** With a thinking budget, the last tool-using turn has to begin with the thinking that led to it. */
function refuseUnthinking(turns: Turn[]): string | undefined {
  const at = turns.findLastIndex((turn) => turn.role === "assistant");
  const content = turns[at]?.content ?? [];
  if (!content.some((block) => block.type === "tool_use")) return undefined;
  const first = content[0]!.type;
  return first === "thinking" || first === "redacted_thinking"
    ? undefined
    : `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`;
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
