/**
 * The lines that `rein stdio` writes: the events of the session as they are, and its own. Lines in are answered by
 * `response`, `cancel_response` or `error`; the other types come by themselves.
 */
import { z } from "zod";
import { sessionEvent, storageChanged } from "../../shared/answers/event-shapes";
import { stopAnswer } from "../../shared/answers/receipt-shapes";
import { pauseAnswer, queuedMessage } from "../../shared/answers/run-shapes";
import { undoAnswer } from "../../shared/answers/setting-shapes";
import { count, text, yes } from "../../shared/answers/value-shapes";

const ready = z
  .strictObject({
    type: z.literal("ready"),
    version: text.describe("Of Rein."),
    wire: count.describe("The version of the events."),
    sessionId: text.optional().describe("As --session named it."),
  })
  .meta({ id: "ReadyLine", description: "The first line." });

const answering = {
  id: z.union([text, z.int()]).optional().describe("That of the line that it answers."),
};

function response<To extends readonly string[], Answer extends z.ZodType>(to: To, answer: Answer) {
  return z.strictObject({ type: z.literal("response"), ...answering, to: z.enum(to), answer });
}

const responses = z
  .discriminatedUnion("to", [
    response(["user"], z.strictObject({ sessionId: text, runId: text })),
    response(["approval"], z.strictObject({ ok: yes })),
    response(["pause", "resume"], pauseAnswer),
    response(
      ["queue"],
      z.strictObject({ queue: z.array(queuedMessage), unsaved: text.optional() }),
    ),
    response(["undo", "redo"], undoAnswer),
  ])
  .meta({ id: "ResponseLine", description: "A line of the type `to` was carried out." });

const [stopped, notStopped] = stopAnswer.options;
const cancelFields = { type: z.literal("cancel_response"), ...answering };
const cancelResponse = z
  .discriminatedUnion("stopped", [stopped.extend(cancelFields), notStopped.extend(cancelFields)])
  .meta({
    id: "CancelResponseLine",
    description:
      "What was to be stopped has settled: the line of its run's end precedes this. With stopped: false nothing named so was running.",
  });

const error = z
  .strictObject({ type: z.literal("error"), ...answering, code: text, message: text })
  .meta({
    id: "ErrorLine",
    description:
      "A line was not carried out, and has changed nothing; without an id also: why the process ends.",
  });

const connection = z
  .strictObject({ type: z.literal("connection"), state: z.enum(["lost", "open"]) })
  .meta({
    id: "ConnectionLine",
    description:
      "The events stop coming, and come again: first those that were missed, or a snapshot. A run that this process has started is stopped when its connection is lost, unless it is detached.",
  });

const omitted = z
  .strictObject({
    type: z.literal("omitted"),
    seq: count,
    event: text.describe("Its type."),
    bytes: count.describe("Of the line that it would have been."),
  })
  .meta({
    id: "OmittedLine",
    description: "In the place of an event whose line would be longer than 16 MiB.",
  });

/** What is no event. Some are unions of their own. */
const ownLine = z.union([ready, responses, cancelResponse, error, connection, omitted]);

const storage = storageChanged.meta({
  id: "StorageLine",
  description:
    "Whether Rein can save has changed, or it cannot when the events begin to come. What happens meanwhile is lost if Rein ends.",
});

export const outputLine = z.union([ownLine, storage, sessionEvent]);

export type OwnLine = z.output<typeof ownLine>;
export type OutputLine = z.output<typeof outputLine>;

/** What a line in leads to, but a `cancel_request`. */
export type Answer = AnswerOf<z.output<typeof responses>>;
type AnswerOf<Line> = Line extends { to: unknown; answer: unknown }
  ? Pick<Line, "to" | "answer">
  : never;
