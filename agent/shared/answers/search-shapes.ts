/** The schemas of what a search finds. */
import { z } from "zod";
import type { FoundMessage, SearchAnswer } from "../protocol";
import { unreachedNode } from "./cluster-shapes";
import { sessionSummary } from "./session-shapes";
import { shape } from "./shape";
import { count, text, time } from "./value-shapes";

const foundMessage = shape<FoundMessage>(
  "FoundMessage",
  "A message in which the words are.",
)(
  z.strictObject({
    sessionId: text,
    title: text.describe("Of its session."),
    cwd: text,
    archivedAt: time.optional(),
    messageId: text,
    runId: text,
    agentId: text.optional().describe("The subagent whose message it is."),
    role: z.enum(["user", "assistant"]),
    createdAt: time,
    text: text.describe("The text around the first of the words, in one line."),
    marks: z
      .array(z.tuple([count, count]))
      .describe("From where to where the words stand in the text, in characters."),
  }),
);

export const searchAnswer = shape<SearchAnswer>(
  "SearchAnswer",
  "What a search has found.",
)(
  z.strictObject({
    sessions: z
      .array(sessionSummary)
      .describe("Those with the words in their titles; only on the first page."),
    messages: z.array(foundMessage).describe("The newest first."),
    next: z
      .union([count, text])
      .optional()
      .describe("For `before`: there may be older ones. In a cluster a text."),
    left: count.optional().describe("So many messages are not in the index yet."),
    problem: text.optional().describe("Why no messages are looked for."),
    unreached: z
      .array(unreachedNode)
      .optional()
      .describe("Machines of a cluster whose sessions were not looked through."),
  }),
);
