/** What servers answer, read loosely: a thing of a list that is not as it should be costs that thing alone. */
import { z } from "zod";

const words = z.string().catch("");

/** A list in pages, its things unread. */
export const page = z.looseObject({
  tools: z.array(z.unknown()).optional().catch(undefined),
  prompts: z.array(z.unknown()).optional().catch(undefined),
  resources: z.array(z.unknown()).optional().catch(undefined),
  nextCursor: z.string().max(10_000).optional().catch(undefined),
});

export const wireTool = z.object({
  name: z.string().min(1).max(1_000),
  title: words,
  description: words,
  inputSchema: z.unknown().optional(),
  annotations: z.object({ title: words }).catch({ title: "" }),
});

export const wirePrompt = z.object({
  name: z.string().min(1).max(1_000),
  title: words,
  description: words,
  arguments: z
    .array(
      z.object({
        name: z.string().min(1).max(1_000),
        description: words,
        required: z.boolean().catch(false),
      }),
    )
    .max(50)
    .catch([]),
});

export const wireResource = z.object({
  uri: z.string().min(1).max(4_096),
  name: words,
  title: words,
  description: words,
});

const contents = z.object({
  uri: words,
  mimeType: words,
  text: z.string().optional().catch(undefined),
  blob: z.string().optional().catch(undefined),
});

export const wireContent = z.union([
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.enum(["image", "audio"]), data: z.string(), mimeType: words }),
  z.object({ type: z.literal("resource"), resource: contents }),
  z.object({ type: z.literal("resource_link"), uri: words, name: words, description: words }),
]);
export type WireContent = z.output<typeof wireContent>;

export const callAnswer = z.looseObject({
  content: z.array(z.unknown()).catch([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().catch(false),
});
export type CallAnswer = z.output<typeof callAnswer>;

export const promptAnswer = z.looseObject({
  messages: z.array(z.object({ role: words, content: z.unknown().optional() })).catch([]),
});

export const resourceAnswer = z.looseObject({ contents: z.array(contents).catch([]) });
export type ResourceAnswer = z.output<typeof resourceAnswer>;
