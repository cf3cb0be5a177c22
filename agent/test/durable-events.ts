/** Events of one session: those that must survive a power cut, and some that need not. Clone them before they are emitted. */
import { type EventBody, type Message, noUsage } from "../shared/protocol";

const runId = "run";

export function runStart(): EventBody {
  const run = { id: runId, state: "running" as const, startedAt: 1, usage: noUsage };
  return { type: "run-start", sessionId: "long-session", run };
}

export const durableEvents: Record<string, EventBody> = {
  "a user's message": { type: "message-start", message: message("question", "user") },
  "a change of the queue": {
    type: "queue-change",
    queue: [{ id: "queued", text: "And then?", createdAt: 1, waitsFor: "run" }],
  },
  "a pause": {
    type: "run-pause",
    runId,
    pause: { state: "paused", from: "api", askedAt: 2 },
  },
  "the end of a run": { type: "run-end", runId, at: 3, outcome: "done", usage: noUsage },
  "an undo of a run": {
    type: "run-changes",
    runId,
    changes: { state: "known", files: [], count: 0, unseen: [], undoneAt: 4 },
  },
};

export const ordinaryEvents: Record<string, EventBody> = {
  "what a run has changed": {
    type: "run-changes",
    runId,
    changes: { state: "known", files: [], count: 0, unseen: [] },
  },
  "an answer's beginning": { type: "message-start", message: message("answer", "assistant") },
  "a pause that is asked for": {
    type: "run-pause",
    runId,
    pause: { state: "pausing", from: "api", askedAt: 2 },
  },
};

function message(id: string, role: Message["role"]): Message {
  return { id, runId, role, parts: [{ type: "text", id: `${id} part`, text: id }], createdAt: 1 };
}
