/** The operations of chats and of the streams of events. */
import { z } from "zod";
import { listEvent, sessionEvent } from "../../../shared/answers/event-shapes";
import { chatRequest } from "../../../shared/requests";
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
        'Closing the connection stops the run, unless the request says `onDisconnect: "continue"`.',
      query: z.strictObject({ list, once }),
      body: chatRequest,
      example: { message: "Fix the failing test", cwd: "~/project" },
      streams: events,
      errors: [
        "session",
        "cwd",
        "model",
        "provider",
        "options",
        "engine",
        "engine-missing",
        "engine-unusable",
        "engine-fixed",
        "file 400",
        "files",
        "run-active",
        "retry",
        "queue-full",
        "streams",
        "storage-full",
      ],
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
} satisfies Subject;
