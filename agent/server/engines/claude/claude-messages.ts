/** What Rein reads of Claude Code's lines: each is checked, a field of another type is as if absent, and an unknown line is none. */
import { z } from "zod";
import { parseLine } from "../parse-line";

const words = z.string().optional().catch(undefined);
const count = z.number().nonnegative().finite().optional().catch(undefined);
/** Since 1970, as far as a date can say. */
const seconds = z.number().nonnegative().max(8.64e12).optional().catch(undefined);
const flag = z.boolean().optional().catch(undefined);
const parent = z.string().nullish().catch(undefined);
/** Ids become keys of maps and parts. */
const id = z.string().min(1).max(300);

const tokens = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
});
/** As the service says it: the four do not overlap. */
export type ClaudeTokens = z.infer<typeof tokens>;

/** A block of a message: text, thinking, tool_use or tool_result. */
const block = z.object({
  type: z.string(),
  text: words,
  thinking: words,
  id: id.optional().catch(undefined),
  name: words,
  input: z.unknown().optional(),
  tool_use_id: id.optional().catch(undefined),
  content: z.unknown().optional(),
  is_error: flag,
});
export type ClaudeBlock = z.infer<typeof block>;

const blocks = z.array(block).max(10_000);

/** An event of the service's own stream. */
const streamed = z.object({
  type: z.string(),
  index: count,
  message: z.object({ id, usage: tokens.optional().catch(undefined) }).optional(),
  content_block: block.optional(),
  delta: z.object({ text: words, thinking: words }).optional().catch(undefined),
  usage: tokens.optional().catch(undefined),
});
export type ClaudeStreamed = z.infer<typeof streamed>;

const modelUsage = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  cacheReadInputTokens: z.number().catch(0),
  cacheCreationInputTokens: z.number().catch(0),
  contextWindow: count,
});
export type ClaudeModelUsage = z.infer<typeof modelUsage>;

const system = z.object({
  type: z.literal("system"),
  subtype: z.string(),
  claude_code_version: words,
  state: words,
  // A retry of a request to the model
  attempt: count,
  retry_delay_ms: count,
  error_status: count.nullable(),
  error: words,
  // A subagent
  task_id: id.optional().catch(undefined),
  tool_use_id: id.optional().catch(undefined),
  task_type: words,
  subagent_type: words,
  description: words,
  status: words,
  // Sentences for people
  content: words,
  level: words,
  compact_result: words,
  compact_error: words,
  compact_metadata: z
    .object({ trigger: words, pre_tokens: count, post_tokens: count })
    .optional()
    .catch(undefined),
});
export type ClaudeSystem = z.infer<typeof system>;

const assistant = z.object({
  type: z.literal("assistant"),
  uuid: id,
  parent_tool_use_id: parent,
  error: words,
  message: z.object({ id, model: words, content: blocks }),
});

const user = z.object({
  type: z.literal("user"),
  parent_tool_use_id: parent,
  message: z.object({ content: blocks }),
  /** The tool's own result, by tool. */
  tool_use_result: z.unknown().optional(),
});

const result = z.object({
  type: z.literal("result"),
  subtype: z.string(),
  is_error: flag,
  terminal_reason: words,
  result: words,
  errors: z.array(z.string()).optional().catch(undefined),
  usage: tokens.optional().catch(undefined),
  modelUsage: z.record(z.string(), modelUsage).optional().catch(undefined),
  total_cost_usd: count,
});
export type ClaudeResult = z.infer<typeof result>;

const lifecycle = z.object({
  type: z.literal("command_lifecycle"),
  command_uuid: id,
  state: z.string(),
});

const rateLimit = z.object({
  type: z.literal("rate_limit_event"),
  rate_limit_info: z.object({ status: z.string(), rateLimitType: words, resetsAt: seconds }),
});

/** A question of Claude Code; `can_use_tool` is the one that is answered. */
const controlRequest = z.object({
  type: z.literal("control_request"),
  request_id: id,
  request: z.object({
    subtype: z.string(),
    tool_name: words,
    tool_use_id: id.optional().catch(undefined),
    agent_id: id.optional().catch(undefined),
    input: z.unknown().optional(),
  }),
});
export type ClaudeQuestion = z.infer<typeof controlRequest>["request"];

const controlResponse = z.object({
  type: z.literal("control_response"),
  response: z.object({
    subtype: z.string(),
    request_id: id,
    response: z.unknown().optional(),
    error: words,
  }),
});

const line = z.discriminatedUnion("type", [
  system,
  assistant,
  user,
  result,
  lifecycle,
  rateLimit,
  controlRequest,
  controlResponse,
  z.object({ type: z.literal("stream_event"), parent_tool_use_id: parent, event: streamed }),
  z.object({ type: z.literal("control_cancel_request"), request_id: id }),
]);
export type ClaudeMessage = z.infer<typeof line>;

/** Undefined for a message that Rein has no use for. Throws for what is no JSON. */
export function readClaudeLine(text: string): ClaudeMessage | undefined {
  return line.safeParse(parseLine(text)).data;
}

/** The answer to `initialize`. */
export const initialized = z.object({
  claude_code_version: words,
  /** Absent: it does not say when it is idle, and its result ends the turn. */
  session_state: words,
  account: z.object({ tokenSource: words, apiKeySource: words, apiProvider: words }).optional(),
});

/** Of `mcp_set_servers`: by the names of servers. */
export const serversSet = z.object({ errors: z.record(z.string(), z.unknown()).optional() });

/** The answer to `interrupt`: messages that would still run. */
export const interrupted = z.object({ still_queued: z.array(id).max(1_000).catch([]) });
