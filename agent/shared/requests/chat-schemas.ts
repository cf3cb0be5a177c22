/** The schemas of the requests that bring a message: sent now, or queued. */
import { z } from "zod";
import { limitValues } from "./limit-schemas";
import { modelOptions } from "./model-schemas";
import { files, id, message, name, path, permissions } from "./value-schemas";

export const chatRequest = z
  .strictObject({
    /** With `retryOf` it may be left out: then the message of that run is sent again. */
    message: message.optional(),
    /** As `POST /api/files` has stored them. With `retryOf`, and left out: those of that run. */
    files: files.optional(),
    /** The session's last run, to be tried again: the model no longer sees it. */
    retryOf: id.optional(),
    sessionId: id.optional(),
    /** An id for a new session chosen by the caller; refused when there is such a session. */
    newSessionId: id.optional(),
    /** An id for the run chosen by the caller, so that it can be stopped before its first event arrives. */
    runId: id.optional(),
    cwd: path.optional(),
    /** An engine's id; for a new session. Without a provider it uses its own log-in. */
    engine: name.optional(),
    provider: name.optional(),
    model: name.optional(),
    permissions: permissions.optional(),
    options: modelOptions.optional(),
    /** The last event id the caller has seen of this session: what came after it is sent first. */
    after: z.number().int().nonnegative().optional(),
    /** If the session is running: stop that run first, and start this one in the tick in which it has settled. */
    interrupt: z.boolean().default(false),
    /** Of this run, in the place of the server's own. */
    limits: limitValues.optional(),
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
    waitsFor: waitsFor.default("run"),
  })
  .refine((one) => one.message !== undefined || one.files.length > 0, {
    message: "expected a message or files",
  });

export const queuedPatchRequest = z.strictObject({
  message: message.optional(),
  waitsFor: waitsFor.optional(),
  /** Its new place, from 0. */
  position: z.number().int().nonnegative().optional(),
});

export type ChatRequest = z.input<typeof chatRequest>;
export type QueueRequest = z.input<typeof queueRequest>;
export type QueuedPatchRequest = z.infer<typeof queuedPatchRequest>;
