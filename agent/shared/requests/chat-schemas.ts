/** The schemas of the requests that bring a message: sent now, or queued. */
import { z } from "zod";
import { limitValues } from "./limit-schemas";
import { mcpServers } from "./mcp-schemas";
import { modelOptions } from "./model-schemas";
import { files, id, message, name, path, permissions } from "./value-schemas";

export const chatRequest = z
  .strictObject({
    message: message
      .optional()
      .describe("With `retryOf` it may be left out: then the message of that run is sent again."),
    files: files
      .optional()
      .describe(
        "As `POST /api/files` has stored them. With `retryOf`, and left out: those of that run.",
      ),
    retryOf: id
      .optional()
      .describe("The session’s last run, to be tried again: the model no longer sees it."),
    sessionId: id.optional(),
    newSessionId: id
      .optional()
      .describe(
        "An id for a new session chosen by the caller; refused when there is such a session.",
      ),
    runId: id
      .optional()
      .describe(
        "An id for the run chosen by the caller, so that it can be stopped before its first event arrives; new each time: refused when there is such a run, in any session.",
      ),
    cwd: path.optional(),
    engine: name
      .optional()
      .describe("An engine’s id; for a new session. Without a provider it uses its own log-in."),
    provider: name.optional(),
    model: name.optional(),
    permissions: permissions.optional(),
    options: modelOptions.optional(),
    after: z
      .number()
      .int()
      .nonnegative()
      .optional()
      .describe(
        "The last event id the caller has seen of this session: what came after it is sent first.",
      ),
    interrupt: z
      .boolean()
      .default(false)
      .describe(
        "If the session is running: stop that run first, and start this one in the tick in which it has settled.",
      ),
    mcpServers: mcpServers
      .optional()
      .describe(
        "MCP servers for the session’s engine, from this message on; left out: those that it has. They are kept in memory alone. Refused for an engine that takes none.",
      ),
    limits: limitValues.optional().describe("Of this run, in the place of the server’s own."),
    onDisconnect: z.enum(["stop", "continue"]).default("stop"),
  })
  .refine(
    (one) =>
      one.retryOf ? one.sessionId !== undefined : one.message !== undefined || one.files?.length,
    { message: "expected a message, files, or a sessionId with retryOf" },
  )
  .refine(({ sessionId, newSessionId }) => sessionId === undefined || newSessionId === undefined, {
    message: "expected a sessionId or a newSessionId, not both",
  });

/** "run": sent once the run is done. "turn": added before its next turn. When nothing runs: sent at once. */
const waitsFor = z.enum(["run", "turn"]);

export const queueRequest = z
  .strictObject({
    message: message.optional(),
    files: files.default([]),
    runId: id
      .optional()
      .describe(
        "An id chosen by the caller: of the queued message, and of its run once it is sent; refused when there is such a run, in any session.",
      ),
    waitsFor: waitsFor.default("run"),
  })
  .refine((one) => one.message !== undefined || one.files.length > 0, {
    message: "expected a message or files",
  });

export const queuedPatchRequest = z.strictObject({
  message: message.optional(),
  waitsFor: waitsFor.optional(),
  position: z.number().int().nonnegative().optional().describe("Its new place, from 0."),
});

export type ChatRequest = z.input<typeof chatRequest>;
export type QueueRequest = z.input<typeof queueRequest>;
export type QueuedPatchRequest = z.infer<typeof queuedPatchRequest>;
