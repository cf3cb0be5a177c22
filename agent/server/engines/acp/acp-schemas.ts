/** What Rein reads of the messages of ACP (version 1), as schemas: what it does not know is left out, what is wrong counts as absent. */
import { z } from "zod";
import { toolKinds } from "../../../shared/protocol";

const id = z.string().min(1).max(1_000);
const text = z.string().optional().catch(undefined);

export const initializeAnswer = z.object({
  protocolVersion: z.number(),
  agentInfo: z.object({ version: text }).nullish().catch(undefined),
  agentCapabilities: z
    .object({
      loadSession: z.boolean().optional().catch(undefined),
      promptCapabilities: z.object({ image: z.boolean().optional() }).nullish().catch(undefined),
      sessionCapabilities: z.object({ resume: z.unknown() }).partial().nullish().catch(undefined),
    })
    .nullish()
    .catch(undefined),
});

const option = z.object({ value: z.string() });

const configOption = z.object({
  id: z.string(),
  category: text,
  currentValue: z.unknown().optional(),
  options: z.array(z.union([option, z.object({ options: z.array(option) })])).catch([]),
});

const configOptions = z.array(configOption).nullish().catch(undefined);

export type ConfigOptions = z.infer<typeof configOptions>;

/** Of session/new, session/load and session/resume: the latter two may answer nothing. */
export const sessionAnswer = z
  .object({
    sessionId: id.optional(),
    modes: z
      .object({
        currentModeId: z.string(),
        availableModes: z.array(z.object({ id: z.string() })).catch([]),
      })
      .nullish()
      .catch(undefined),
    configOptions,
  })
  .nullish();

export const newSessionAnswer = z.object({ sessionId: id });

export const promptAnswer = z.object({
  stopReason: z.string(),
  usage: z
    .object({
      inputTokens: z.number(),
      outputTokens: z.number(),
      cachedReadTokens: z.number().nullish(),
      cachedWriteTokens: z.number().nullish(),
    })
    .nullish()
    .catch(undefined),
});

export const anyAnswer = z.unknown();

const content = z.object({ type: z.string(), text }).partial();

const toolContent = z
  .object({
    type: z.string(),
    content,
    path: z.string(),
    oldText: z.string().nullish(),
    newText: z.string(),
  })
  .partial();

export type ToolContent = z.infer<typeof toolContent>;

const terminalData = z.object({ data: z.string() }).optional().catch(undefined);

const meta = z
  .object({
    claudeCode: z
      .object({ parentToolUseId: text, toolName: text })
      .partial()
      .optional()
      .catch(undefined),
    rein: z.object({ output: text }).partial().optional().catch(undefined),
    terminal_output: terminalData,
    terminal_output_delta: terminalData,
  })
  .nullish()
  .catch(undefined);

export const toolUpdate = z.object({
  toolCallId: id,
  title: z.string().nullish().catch(undefined),
  name: z.string().nullish().catch(undefined),
  kind: z.enum(toolKinds).nullish().catch(undefined),
  status: z.enum(["pending", "in_progress", "completed", "failed"]).nullish().catch(undefined),
  content: z.array(toolContent).nullish().catch(undefined),
  locations: z
    .array(z.object({ path: z.string() }))
    .nullish()
    .catch(undefined),
  rawInput: z.unknown().optional(),
  rawOutput: z.unknown().optional(),
  _meta: meta,
});

export type ToolUpdate = z.infer<typeof toolUpdate>;

const chunk = z.object({ content, messageId: z.string().nullish().catch(undefined), _meta: meta });

/** Others are not read: commands, titles, the user's own words. */
export const sessionUpdate = z.discriminatedUnion("sessionUpdate", [
  chunk.extend({ sessionUpdate: z.literal("agent_message_chunk") }),
  chunk.extend({ sessionUpdate: z.literal("agent_thought_chunk") }),
  toolUpdate.extend({ sessionUpdate: z.literal("tool_call") }),
  toolUpdate.extend({ sessionUpdate: z.literal("tool_call_update") }),
  z.object({
    sessionUpdate: z.literal("plan"),
    entries: z.array(
      z.object({
        content: z.string(),
        status: z.enum(["pending", "in_progress", "completed"]).catch("pending"),
      }),
    ),
  }),
  z.object({
    sessionUpdate: z.literal("usage_update"),
    used: z.number(),
    size: z.number().optional().catch(undefined),
  }),
  z.object({ sessionUpdate: z.literal("current_mode_update"), currentModeId: z.string() }),
  z.object({ sessionUpdate: z.literal("config_option_update"), configOptions }),
  z.object({ sessionUpdate: z.literal("notice"), title: z.string(), description: text }),
]);

export type SessionUpdate = z.infer<typeof sessionUpdate>;

export const updateNotice = z.object({ sessionId: z.string(), update: z.unknown() });

export const permissionRequest = z.object({
  toolCall: toolUpdate,
  options: z.array(z.object({ optionId: z.string(), kind: z.string() })),
});

export const cancelNotice = z.object({ requestId: z.union([z.string(), z.number()]) });
