/** The operations of sessions: list, read, change, delete, export, summaries. */
import { z } from "zod";
import { allowedRule } from "../../../shared/answers/approval-shapes";
import { unreachedNode } from "../../../shared/answers/cluster-shapes";
import { summary } from "../../../shared/answers/message-shapes";
import { searchAnswer } from "../../../shared/answers/search-shapes";
import {
  branchFiles,
  context,
  earlierMessages,
  exportedSession,
  joinAnswer,
  newShareLink,
  messagePlace,
  session,
  sessionSummary,
} from "../../../shared/answers/session-shapes";
import {
  branchFilesQuery,
  branchRequest,
  deletionQuery,
  exportQuery,
  forkRequest,
  messagesQuery,
  joinRequest,
  searchQuery,
  shareRequest,
  sessionsQuery,
  sessionPatchRequest,
  stopRequest,
} from "../../../shared/requests";
import type { Subject } from "./operation";

export const sessionOperations = {
  title: "Sessions",
  description: "A session is the durable conversation.",
  operations: {
    "GET /api/sessions": {
      id: "sessions",
      summary: "List the sessions",
      description: "Newest first.",
      query: sessionsQuery,
      answer: z.strictObject({
        sessions: z.array(sessionSummary),
        next: z.string().optional().describe("For `before`: there are older ones."),
        archived: z
          .number()
          .int()
          .optional()
          .describe("On the first page of those that are not archived: so many are."),
        unreached: z
          .array(unreachedNode)
          .optional()
          .describe(
            "For admins, where people have servers of their own: those that did not answer.",
          ),
      }),
    },
    "GET /api/search": {
      id: "search",
      summary: "Look for words in all sessions",
      description: "In titles and messages; case and accents do not count.",
      query: searchQuery,
      example: { q: "failing test" },
      answer: searchAnswer,
    },
    "GET /api/sessions/:id": {
      id: "session",
      summary: "Read a session whole",
      answer: z.strictObject({ session }),
    },
    "PATCH /api/sessions/:id": {
      id: "patchSession",
      summary: "Change the settings of a session",
      description: "`options` replace the earlier ones.",
      body: sessionPatchRequest,
      example: { title: "The failing test" },
      answer: z.strictObject({ session }),
      errors: [
        "cwd",
        "options",
        "plan",
        "provider",
        "engine-fixed",
        "engine-missing",
        "run-active",
      ],
    },
    "DELETE /api/sessions/:id": {
      id: "deleteSession",
      summary: "Stop and delete a session",
      description: "With `undo=1` it can be brought back for some minutes.",
      query: deletionQuery,
      namesClient: true,
      answer: z.strictObject({
        deleted: z.literal(true),
        restorableUntil: z.number().optional().describe("Milliseconds since the epoch."),
      }),
    },
    "POST /api/sessions/:id/restore": {
      id: "restoreSession",
      summary: "Bring back a deleted session",
      answer: z.strictObject({ session }),
    },
    "GET /api/sessions/:id/messages": {
      id: "earlier",
      summary: "Read earlier messages",
      description: "Those before the first one of a snapshot, for example.",
      query: messagesQuery,
      answer: earlierMessages,
      errors: ["message"],
    },
    "GET /api/sessions/:id/messages/:messageId": {
      id: "messagePlace",
      summary: "Find a message",
      description:
        "Which run it is of, and whether that is in the branch that is shown; of a subagent’s message, the one of the session in which it works.",
      answer: messagePlace,
      errors: ["message"],
    },
    "GET /api/sessions/:id/export": {
      id: "export",
      summary: "Export a session",
      description:
        "As Markdown, for people; with `files=1` as a tar archive, with the files that its messages name; with `format=json` for an import.",
      query: exportQuery,
      answer: exportedSession,
      raw: ["text/markdown", "application/x-tar"],
      errors: ["input"],
    },
    "DELETE /api/sessions/:id/allowed/:ruleId": {
      id: "takeBack",
      summary: "Take back what a session was allowed “always”",
      answer: z.strictObject({ allowed: z.array(allowedRule) }),
      errors: ["rule 404"],
    },
    "POST /api/sessions/:id/fork": {
      id: "fork",
      summary: "Begin a session as a copy of another one",
      description:
        "With what was said up to a run, and nothing that could still act. A session with an engine cannot be copied.",
      body: forkRequest,
      isBodyOptional: true,
      answer: z.strictObject({ session }),
      errors: ["run 404", "run-active", "engine", "storage-full"],
    },
    "POST /api/sessions/:id/links": {
      id: "share",
      summary: "Share a session by a link",
      description:
        "Where people have names: whoever is signed in and opens `/s/ID#share=TOKEN` has the role from then on. The token is shown this once.",
      body: shareRequest,
      example: { role: "watch" },
      answer: newShareLink,
      errors: ["person", "links-full"],
    },
    "DELETE /api/sessions/:id/links/:linkId": {
      id: "revokeLink",
      summary: "Revoke a link, and what it gave",
      answer: z.strictObject({ removed: z.literal(true) }),
      errors: ["link"],
    },
    "POST /api/sessions/:id/join": {
      id: "join",
      summary: "Open a link by which a session is shared",
      body: joinRequest,
      example: { token: "the token of the link" },
      answer: joinAnswer,
      errors: ["links-full"],
    },
    "POST /api/sessions/import": {
      id: "importSession",
      summary: "Make a session of an export",
      description:
        "The body is what `GET /api/sessions/:id/export` has written, as JSON or as Markdown, up to 32 MB. The session is there whole or not at all; it allows nothing and runs nothing.",
      body: "bytes",
      answer: z.strictObject({ session }),
      errors: ["import", "model", "storage-full"],
    },
    "POST /api/sessions/:id/branch": {
      id: "showBranch",
      summary: "Show another branch of a session",
      description:
        "A message that takes the place of an earlier one begins a branch beside it. The model is sent the one that is shown. Refused while a run is active.",
      body: branchRequest,
      example: { runId: "run-2" },
      answer: z.strictObject({ tip: z.string().describe("The last run of the branch.") }),
      errors: ["run 404", "run-active"],
    },
    "GET /api/sessions/:id/branch": {
      id: "branchFiles",
      summary: "Read what the branches have changed in files",
      description:
        "After another branch is shown: which runs have left the conversation since, and their changes stand, and which have come into it, and their changes were undone.",
      query: branchFilesQuery,
      answer: branchFiles,
      errors: ["run"],
    },
    "DELETE /api/sessions/:id/todo": {
      id: "clearTodo",
      summary: "Take away a session’s to-do list",
      description: "Its agent can write another one.",
      answer: z.strictObject({ cleared: z.boolean().describe("There was one.") }),
    },
    "POST /api/sessions/:id/compact": {
      id: "compact",
      summary: "Sum up the conversation",
      description: "It is a run of its own; the answer comes when it has begun.",
      body: stopRequest,
      isBodyOptional: true,
      answer: z.strictObject({ runId: z.string(), unsaved: z.string().optional() }),
      errors: ["model", "engine", "nothing", "run-active", "run-exists", "storage-full"],
    },
    "POST /api/sessions/:id/summaries/:messageId/undo": {
      id: "undoSummary",
      summary: "Take back a summary",
      description: "The model sees again what it replaced. Refused while a run is active.",
      answer: z.strictObject({ summary, context: context.optional() }),
      errors: ["summary", "nothing", "run-active"],
    },
  },
} as const satisfies Subject;
