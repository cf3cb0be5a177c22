/**
 * The lines that `rein stdio` reads: one JSON object a line, UTF-8, at most a MiB. Each may have an `id`, and is answered by
 * exactly one line that repeats it: `cancel_response` for a `cancel_request`, `response` for the others, or `error`.
 * They are carried out in their order, each after the answer of the one before; a `cancel_request` at once.
 */
import { z } from "zod";
import { inputWords } from "../../shared/input-words";
import {
  approvalRequest,
  chatRequest,
  pauseRequest,
  queueRequest,
  resumeRequest,
  sessionStopRequest,
  undoRequest,
} from "../../shared/requests";
import { id } from "../../shared/requests/value-schemas";

const { message, after: _after, onDisconnect: _onDisconnect, ...chatFields } = chatRequest.shape;
const { message: _message, ...queueFields } = queueRequest.shape;

/** By which an answer names its line. It is only repeated. */
const lineId = z.union([z.string().max(200), z.int()]);
export type LineId = z.output<typeof lineId>;

/** What is the same in every line but for the type. */
function fields<Type extends string>(type: Type) {
  return { type: z.literal(type), id: lineId.optional() };
}

interface Sent {
  text?: string | undefined;
  files?: unknown[] | undefined;
  command?: object | undefined;
}

const hasContent = ({ text, files, command }: Sent) =>
  text !== undefined || command !== undefined || (files?.length ?? 0) > 0;

/** A command of a file is sent in the place of a text. */
const isOne = ({ text, command }: Sent) => text === undefined || command === undefined;
const oneWords = "expected text or a command, not both";

/**
 * A message. The first one makes the session, in the directory of the process unless `cwd` is another, or names one.
 * Answered when it is accepted; refused while a run is active, unless it is to `interrupt` it. `runId`, chosen freely, names
 * its run for a `cancel_request` from this line on.
 */
const userLine = z
  .strictObject({ ...fields("user"), text: message, ...chatFields })
  .refine((one) => hasContent(one) || one.retryOf !== undefined, {
    message: "expected text, a command, files, or retryOf",
  })
  .refine(isOne, { message: oneWords })
  .meta({ id: "UserLine", description: "Sends a message. The first one makes the session." });

/** Answered when what it names has settled. Nothing named: whatever runs, and the messages of the lines before it. */
const cancelLine = z
  .strictObject({ ...fields("cancel_request"), ...sessionStopRequest.shape })
  .meta({
    id: "CancelRequestLine",
    description:
      "Stops a run, a tool call or a subagent; nothing named: whatever runs. A run that has not begun is stopped by its runId.",
  });

const approvalFields = { ...fields("approval"), approvalId: id };
const [allowOnce, allowAlways, approvePlan, deny] = approvalRequest.options;
const approvalLine = z
  .discriminatedUnion("decision", [
    allowOnce.extend(approvalFields),
    allowAlways.extend(approvalFields),
    approvePlan.extend(approvalFields),
    deny.extend(approvalFields),
  ])
  .meta({ id: "ApprovalLine", description: "Replies to an approval-request." });

const pauseLine = z
  .strictObject({ ...fields("pause"), ...pauseRequest.shape })
  .meta({ id: "PauseLine", description: "Pauses the run at its next safe point." });

const resumeLine = z
  .strictObject({ ...fields("resume"), ...resumeRequest.shape })
  .meta({ id: "ResumeLine", description: "Continues a paused run." });

const queueLine = z
  .strictObject({ ...fields("queue"), text: message, ...queueFields })
  .refine(hasContent, { message: "expected text, a command or files" })
  .refine(isOne, { message: oneWords })
  .meta({
    id: "QueueLine",
    description: "Queues a message behind the run; sends it when none runs.",
  });

const undoFields = { runId: id, ...undoRequest.shape };
const undoLine = z
  .strictObject({ ...fields("undo"), ...undoFields })
  .meta({ id: "UndoLine", description: "Undoes the changes of a run in its directory." });

const redoLine = z
  .strictObject({ ...fields("redo"), ...undoFields })
  .meta({ id: "RedoLine", description: "Redoes what was undone." });

export const inputLine = z.discriminatedUnion("type", [
  userLine,
  cancelLine,
  approvalLine,
  pauseLine,
  resumeLine,
  queueLine,
  undoLine,
  redoLine,
]);

export type InputLine = z.output<typeof inputLine>;
/** What is carried out in order, and answered by a `response`. */
export type SteeringLine = Exclude<InputLine, CancelLine>;
export type CancelLine = z.output<typeof cancelLine>;
export type UserLine = z.output<typeof userLine>;
export type QueueLine = z.output<typeof queueLine>;

/** In bytes, without its line break. */
export const maxInputBytes = 1024 * 1024;

/** Why a line changes nothing, or none can be read. `code` is for programs. */
export class LineError extends Error {
  override readonly name = "LineError";
  constructor(
    readonly code: "too-long" | "utf-8" | "json" | "line" | "session" | "run" | "input",
    message: string,
    /** Of the line, where that could be read. */
    readonly id?: LineId,
  ) {
    super(message);
  }
}

/** Undefined for a blank line. Throws a LineError. */
export function parseInputLine(bytes: Uint8Array): InputLine | undefined {
  const text = decode(bytes);
  if (text.trim() === "") return undefined;
  const value = parseJson(text);
  const result = inputLine.safeParse(value);
  if (result.success) return result.data;
  const named = lineId.safeParse((value as { id?: unknown } | null)?.id);
  const words = inputWords(result.error, value, "The line").slice(0, maxWords).toWellFormed();
  throw new LineError("line", words, named.data);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new LineError("utf-8", "The line is not UTF-8.");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LineError("json", "The line is not JSON: expected one object a line.");
  }
}

const maxWords = 1000;
