/** The operations that steer runs: stop, pause, queue, approvals. */
import { z } from "zod";
import { unreachedNode } from "../../../shared/answers/cluster-shapes";
import { pauseAnswer, queuedMessage } from "../../../shared/answers/run-shapes";
import { stopAnswer, uploads } from "../../../shared/answers/receipt-shapes";
import {
  approvalQuery,
  approvalRequest,
  askAgainRequest,
  pauseRequest,
  queuedPatchRequest,
  queueRequest,
  resumeRequest,
  sessionStopRequest,
  stopRequest,
} from "../../../shared/requests";
import type { Subject } from "./operation";

const unsaved = z.string().optional().describe("Why it cannot be saved now.");
const queue = z.strictObject({ queue: z.array(queuedMessage), unsaved });

export const controlOperations = {
  title: "Control",
  description:
    "A stop is answered when it has settled: the connection to the model is closed, every process is dead, and the log is " +
    "written. Any number of stops are one. Its origin is the header `X-Rein-Client`.",
  operations: {
    "POST /api/stop": {
      id: "stopRun",
      summary: "Stop a run by its id, or everything",
      namesClient: true,
      description: "A run that the server does not know yet is refused when it comes.",
      body: stopRequest,
      example: { runId: "the-run" },
      isBodyOptional: true,
      answer: z.strictObject({
        answers: z.array(stopAnswer),
        processes: z.number().optional().describe("Background processes that were ended."),
        schedules: z
          .number()
          .optional()
          .describe("Schedules that stay on, when everything was stopped."),
        uploads,
        unreached: z
          .array(unreachedNode)
          .optional()
          .describe(
            "Machines of a cluster that the stop has not reached. A run that none has stopped may go on there.",
          ),
      }),
    },
    "POST /api/sessions/:id/stop": {
      id: "stopSession",
      summary: "Stop the run of a session, or a subagent or tool call of it",
      namesClient: true,
      body: sessionStopRequest,
      example: { hard: true },
      isBodyOptional: true,
      answer: stopAnswer,
    },
    "POST /api/sessions/:id/pause": {
      id: "pause",
      summary: "Pause the run",
      namesClient: true,
      body: pauseRequest,
      isBodyOptional: true,
      answer: pauseAnswer,
    },
    "POST /api/sessions/:id/resume": {
      id: "resume",
      summary: "Resume the run",
      body: resumeRequest,
      isBodyOptional: true,
      answer: pauseAnswer,
      errors: ["storage-full"],
    },
    "POST /api/sessions/:id/ask-again": {
      id: "askAgain",
      summary: "Send a waiting model request again now",
      description: "A silent request, or the next attempt of one that failed.",
      body: askAgainRequest,
      isBodyOptional: true,
      answer: z.strictObject({ asked: z.boolean() }),
    },
    "POST /api/sessions/:id/queue": {
      id: "queue",
      summary: "Queue a message behind the run",
      description: "When nothing runs it is sent at once.",
      body: queueRequest,
      example: { message: "Then run the linter" },
      answer: queue,
      errors: [
        "model",
        "command",
        "size",
        "file 400",
        "files",
        "queue-full",
        "run-exists",
        "storage-full",
      ],
    },
    "PATCH /api/sessions/:id/queue/:messageId": {
      id: "changeQueued",
      summary: "Change a queued message",
      body: queuedPatchRequest,
      example: { position: 0 },
      answer: queue,
      errors: ["model", "command", "size", "queue", "storage-full"],
    },
    "DELETE /api/sessions/:id/queue/:messageId": {
      id: "unqueue",
      summary: "Remove a queued message",
      answer: z.strictObject({ queue: z.array(queuedMessage) }),
      errors: ["queue"],
    },
    "POST /api/approvals/:id": {
      id: "reply",
      summary: "Reply to an approval",
      description: "The reply is for the call as it was shown: it repeats the approval’s digest.",
      query: approvalQuery,
      body: approvalRequest,
      example: { decision: "once", digest: "0".repeat(64) },
      answer: z.strictObject({ ok: z.literal(true) }),
      errors: ["approval", "digest", "plan", "rule 400", "rules-full"],
    },
  },
} as const satisfies Subject;
