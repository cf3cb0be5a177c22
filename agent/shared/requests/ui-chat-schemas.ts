/** The request of the AI SDK's chat, as its default transport posts it: `body` of the transport may choose what a message may. */
import { z } from "zod";
import { chatRequest } from "./chat-schemas";
import { id } from "./value-schemas";

/** Its other fields are the client's own. Of all messages but the last, only the ids of the assistant's are read. */
const uiMessage = z.looseObject({
  /** The assistant's: the id of the run. */
  id: z.string(),
  role: z.enum(["system", "user", "assistant"]),
  parts: z.array(z.looseObject({ type: z.string() })),
});

const { runId, node, cwd, engine, provider, model, permissions, options, limits, onDisconnect } =
  chatRequest.shape;

export const uiChatRequest = z.strictObject({
  /** Of the chat, and so of the session; there is a new one if there is none of this id. */
  id,
  messages: z.array(uiMessage).min(1),
  trigger: z.enum(["submit-message", "regenerate-message"]).default("submit-message"),
  /** The message to be replaced or continued. */
  messageId: z.string().optional(),
  runId,
  node,
  cwd,
  engine,
  provider,
  model,
  permissions,
  options,
  limits,
  onDisconnect,
  /** By default the message of a person ends what runs: a `stop()` before it may still be on its way. */
  interrupt: z.boolean().default(true),
});

export type UiChatRequest = z.output<typeof uiChatRequest>;
export type UiMessage = z.output<typeof uiMessage>;
