/** The messages of `codex app-server` that Rein reads, as far as it reads them: what is missing or new in them changes nothing. */
import { z } from "zod";

/** As the program's own `codex app-server generate-ts --experimental` describes them in this version. */
export const triedVersion = "0.171.0";

const text = z.string().catch("");
const maybe = z.string().nullish().catch(undefined);
const tokens = z.number().nonnegative().catch(0);

const change = z.object({
  path: z.string(),
  kind: z
    .object({ type: z.string(), move_path: z.string().nullish().catch(undefined) })
    .catch({ type: "update", move_path: undefined }),
  diff: text,
});
export type FileChange = z.infer<typeof change>;

const changes = z.array(change).max(1_000).catch([]);
const status = z.string().catch("");

const knownItem = z.discriminatedUnion("type", [
  z.object({ type: z.literal("agentMessage"), id: z.string(), text }),
  z.object({ type: z.literal("plan"), id: z.string(), text }),
  z.object({
    type: z.literal("reasoning"),
    id: z.string(),
    summary: z.array(z.string()).catch([]),
    content: z.array(z.string()).catch([]),
  }),
  z.object({
    type: z.literal("commandExecution"),
    id: z.string(),
    command: text,
    cwd: maybe,
    status,
    aggregatedOutput: maybe,
    exitCode: z.number().nullish().catch(undefined),
  }),
  z.object({ type: z.literal("fileChange"), id: z.string(), changes, status }),
  z.object({
    type: z.literal("mcpToolCall"),
    id: z.string(),
    server: text,
    tool: text,
    status,
    arguments: z.unknown().optional(),
    result: z
      .object({ content: z.array(z.unknown()).catch([]) })
      .nullish()
      .catch(undefined),
    error: z.object({ message: text }).nullish().catch(undefined),
  }),
  z.object({
    type: z.literal("collabAgentToolCall"),
    id: z.string(),
    tool: text,
    status,
    receiverThreadIds: z.array(z.string()).max(100).catch([]),
    prompt: maybe,
    model: maybe,
    agentsStates: z
      .record(z.string(), z.object({ status, message: maybe }).optional().catch(undefined))
      .catch({}),
  }),
  z.object({
    type: z.literal("subAgentActivity"),
    id: z.string(),
    kind: z.string(),
    agentThreadId: z.string(),
    agentPath: text,
    model: maybe,
  }),
  z.object({ type: z.literal("webSearch"), id: z.string(), query: text }),
  z.object({ type: z.literal("imageView"), id: z.string(), path: text }),
  z.object({ type: z.literal("contextCompaction"), id: z.string() }),
]);
export type Item = z.infer<typeof knownItem>;
export type ItemOf<Type extends Item["type"]> = Extract<Item, { type: Type }>;

/** What a user has said, once it is in the conversation. `clientId`: as Rein has named it. */
const userItem = z.object({ type: z.literal("userMessage"), clientId: maybe });

/** Undefined for one that Rein does not read. */
export const anyItem = z.union([knownItem, userItem]).optional().catch(undefined);

const breakdown = z.object({
  totalTokens: tokens,
  inputTokens: tokens,
  cachedInputTokens: tokens,
  cacheWriteInputTokens: tokens,
  outputTokens: tokens,
});
export type Tokens = z.infer<typeof breakdown>;

const turnError = z
  .object({ message: text, codexErrorInfo: z.unknown().optional(), additionalDetails: maybe })
  .nullish()
  .catch(undefined);
export type TurnError = z.infer<typeof turnError>;

/** What most notices have. */
export const place = z.object({ threadId: z.string(), turnId: z.string() });
export const inItem = place.extend({ itemId: z.string() });

/** The parameters of notices. */
export const notices = {
  turnStarted: z.object({ threadId: z.string(), turn: z.object({ id: z.string() }) }),
  turnCompleted: z.object({
    threadId: z.string(),
    turn: z.object({ id: z.string(), status, error: turnError }),
  }),
  item: place.extend({ item: anyItem }),
  delta: inItem.extend({ delta: z.string() }),
  summaryPart: inItem.extend({ summaryIndex: z.number().catch(0) }),
  progress: inItem.extend({ message: z.string() }),
  changes: inItem.extend({ changes }),
  plan: place.extend({
    plan: z.array(z.object({ step: z.string(), status })).max(1_000),
  }),
  tokens: place.extend({
    tokenUsage: z.object({
      total: breakdown,
      last: breakdown,
      modelContextWindow: z.number().nullish().catch(undefined),
    }),
  }),
  error: place.extend({ error: turnError, willRetry: z.boolean().catch(false) }),
  warning: z.object({ threadId: maybe, message: z.string() }),
  rerouted: place.extend({ fromModel: text, toModel: text }),
  resolved: z.object({ requestId: z.union([z.string(), z.number()]) }),
  closed: z.object({ threadId: z.string() }),
};

/** The answers to Rein's requests. */
export const answers = {
  anything: z.unknown().optional(),
  initialize: z.object({ userAgent: text }),
  account: z.object({
    account: z.unknown().optional(),
    requiresOpenaiAuth: z.boolean().catch(false),
  }),
  thread: z.object({ thread: z.object({ id: z.string().min(1).max(200) }) }),
  turn: z.object({ turn: z.object({ id: z.string() }) }),
};

/** The parameters of requests that Codex makes. */
export const requests = {
  command: inItem.extend({
    kind: z.string().catch("command"),
    command: maybe,
    cwd: maybe,
    reason: maybe,
    networkApprovalContext: z
      .object({ host: text, protocol: text })
      .nullish()
      .catch({ host: "", protocol: "" }),
  }),
  fileChange: inItem.extend({ reason: maybe, grantRoot: maybe }),
  permissions: inItem.extend({ reason: maybe, permissions: z.record(z.string(), z.unknown()) }),
  input: inItem.extend({ questions: z.array(z.object({ question: text })).max(20) }),
  elicitation: z.object({
    threadId: z.string(),
    turnId: maybe,
    serverName: z.string(),
    mode: text,
    message: text,
    url: maybe,
    requestedSchema: z.unknown().optional(),
    _meta: z
      .object({
        codex_approval_kind: maybe,
        tool_name: maybe,
        tool_params: z.unknown().optional(),
      })
      .nullish()
      .catch(undefined),
  }),
};
