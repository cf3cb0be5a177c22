/** The operations of chats and of the streams of events. */
import { z } from "zod";
import { listEvent, sessionEvent } from "../../../shared/answers/event-shapes";
import { chatRequest, uiChatRequest } from "../../../shared/requests";
import { id } from "../../../shared/requests/value-schemas";
import type { Subject } from "./operation";

const events = z.union([sessionEvent, listEvent]);

const list = z.literal("1").optional().describe("Send the events of the list of sessions as well.");

const once = z.literal("1").optional().describe("End the stream after what was missed.");

export const chatOperations = {
  title: "Chat",
  description:
    "A message becomes a run, which the answer streams as server-sent events. The `data` of each is one event as JSON, its `id` " +
    "is the event’s `seq`. A comment is sent every 15 seconds while nothing else is.",
  operations: {
    "POST /api/chat": {
      id: "chat",
      summary: "Send a message",
      namesClient: true,
      description:
        "Without a `sessionId` it begins a new session, whose id is in the header `X-Rein-Session` and in the first event. The " +
        "stream ends with the run. With an `engine` and no `provider` the engine uses its own log-in. " +
        'Closing the connection stops the run, unless the request says `onDisconnect: "continue"`. ' +
        "What the AI SDK’s chat posts is taken too, with `Accept: text/event-stream; profile=ui-message-stream`: the answer is " +
        "then a stream of its UI messages, and an error is its message alone, as text.",
      query: z.strictObject({ list, once }),
      body: z.union([chatRequest, uiChatRequest]),
      example: { message: "Fix the failing test", cwd: "~/project" },
      streams: events,
      errors: [
        "session",
        "node",
        "session-exists",
        "command",
        "size",
        "run 409",
        "accept",
        "cwd",
        "model",
        "provider",
        "options",
        "plan",
        "engine",
        "engine-missing",
        "engine-unusable",
        "engine-fixed",
        "file 400",
        "type",
        "upload-stopped",
        "uploads-full",
        "files",
        "mcp-servers",
        "run-exists",
        "run-active",
        "retry",
        "queue-full",
        "streams",
        "storage-full",
      ],
    },
    "GET /api/chat/:id/stream": {
      id: "resumeUiStream",
      summary: "Follow the run that has not settled, as UI messages of the AI SDK",
      description: "From its beginning; the path is the one that the AI SDK’s transport asks for.",
      raw: ["text/event-stream"],
      answersNothing: "Nothing runs in this session, or there is no such session.",
      errors: ["streams"],
    },
    "GET /api/sessions/:id/events": {
      id: "events",
      summary: "Follow a session",
      description: "Without `after` it begins with a `snapshot`.",
      query: z.strictObject({
        after: z
          .int()
          .nonnegative()
          .optional()
          .describe("The last event that was seen; the header `Last-Event-ID` says the same."),
        onDisconnect: z
          .enum(["stop", "continue"])
          .optional()
          .describe("With `stop`, closing this stream stops what runs in the session then."),
        runId: id
          .optional()
          .describe(
            "What `stop` stops alone, or keeps in the queue. The stream ends when that run has ended, or once its message is not going to be sent by itself.",
          ),
        list,
        once,
      }),
      streams: events,
      errors: ["input", "streams"],
    },
    "GET /api/events": {
      id: "listEvents",
      summary: "Follow the list of sessions",
      query: z.strictObject({ once }),
      streams: listEvent,
      errors: ["streams"],
    },
  },
} as const satisfies Subject;
