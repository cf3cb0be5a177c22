/** The schemas of the requests that bring a message: sent now, or queued. */
import { z } from "zod";
import { commandCall } from "./definition-schemas";
import { limitValues } from "./limit-schemas";
import { mcpServers } from "./mcp-schemas";
import { modelOptions } from "./model-schemas";
import { files, id, message, name, path, permissions } from "./value-schemas";

/** What is written, and what comes of a command. */
function isOneContent(one: { message?: string | undefined; command?: unknown }): boolean {
  return one.message === undefined || one.command === undefined;
}

const notBoth = { message: "expected a message or a command, not both" };

export const chatRequest = z
  .strictObject({
    message: message
      .optional()
      .describe("With `retryOf` it may be left out: then the message of that run is sent again."),
    command: commandCall
      .optional()
      .describe(
        "In the place of `message`: a command or a skill that `GET /api/project` lists, and what is typed behind its name. Its text is the message; its lines run before the model is asked.",
      ),
    files: files
      .optional()
      .describe(
        "As `POST /api/files` has stored them. With `retryOf`, and left out: those of that run.",
      ),
    retryOf: id
      .optional()
      .describe(
        "A run of the branch that is shown, whose place the message takes: the model no longer sees it, nor what followed. People can have it shown again.",
      ),
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
    node: name
      .optional()
      .describe("For a new session: the machine of the cluster that it is made on."),
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
      one.retryOf
        ? one.sessionId !== undefined
        : one.message !== undefined || one.command !== undefined || one.files?.length,
    { message: "expected a message, a command, files, or a sessionId with retryOf" },
  )
  .refine(isOneContent, notBoth)
  .refine(({ sessionId, newSessionId }) => sessionId === undefined || newSessionId === undefined, {
    message: "expected a sessionId or a newSessionId, not both",
  });

/** "run": sent once the run is done. "turn": added before its next turn. When nothing runs: sent at once. */
const waitsFor = z.enum(["run", "turn"]);

export const queueRequest = z
  .strictObject({
    message: message.optional(),
    command: commandCall.optional().describe("In the place of `message`, as in `POST /api/chat`."),
    files: files.default([]),
    runId: id
      .optional()
      .describe(
        "An id chosen by the caller: of the queued message, and of its run once it is sent; refused when there is such a run, in any session.",
      ),
    waitsFor: waitsFor.default("run"),
  })
  .refine((one) => one.message !== undefined || one.command !== undefined || one.files.length > 0, {
    message: "expected a message, a command or files",
  })
  .refine(isOneContent, notBoth);

export const queuedPatchRequest = z
  .strictObject({
    message: message.optional().describe("In the place of all that was written before."),
    command: commandCall.optional().describe("In the place of `message`, as in `POST /api/chat`."),
    waitsFor: waitsFor.optional(),
    position: z.number().int().nonnegative().optional().describe("Its new place, from 0."),
  })
  .refine(isOneContent, notBoth);

export type ChatRequest = z.input<typeof chatRequest>;
export type QueueRequest = z.input<typeof queueRequest>;
export type QueuedPatchRequest = z.input<typeof queuedPatchRequest>;
