/** What is said of a message or a run besides its own words. */
import { emptyAnswer, filesOf, markText } from "../../shared/message-parts";
import { defined } from "../../shared/defined";
import { plural } from "../../shared/plural";
import type {
  EngineInfo,
  FileView,
  InterruptionPart,
  Message,
  Models,
  Part,
  PlanEntry,
  Run,
  Session,
} from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import type { ReadingModel } from "../../shared/file-bounds";
import { whyNotTaken } from "../../shared/taken-files";
import { fileReader } from "./engine-list";

/** Of a message that sums up. */
export function summaryTitle({ outcome, summary }: Message): string {
  if (outcome === undefined) return "Summing up the conversation";
  if (outcome === "stopped") return "Summary stopped: the model still sees everything";
  if (outcome === "failed") return "Summary failed: the model still sees everything";
  return summary?.undoneAt === undefined
    ? "The model sees a summary of the messages above; you see them all"
    : "Summary undone: the model sees the messages above again";
}

/** A message, and the one after it. */
export interface MessagePlace {
  message: Message;
  next: Message | undefined;
}

/** Whether the part is being written: the last one of a message that goes on. */
export function isWritten({ id }: Part, { outcome, parts }: Message): boolean {
  return outcome === undefined && parts.at(-1)?.id === id;
}

/** What the mark of an interruption says; undefined where the receipt of the stop, at the end of its run, says it: the mark is then for the model alone. */
export function interruptionWords(
  mark: InterruptionPart,
  { message, next }: MessagePlace,
  session: Session,
): string | undefined {
  const isLast = next?.runId !== message.runId;
  if (mark.stop !== undefined && isLast && hasReceipt(findRun(session, message.runId)))
    return undefined;
  const isCut = mark.error !== undefined && mark.error.code !== emptyAnswer;
  const isContinued =
    !isLast && next?.role === "assistant" && next.parts.some(({ type }) => type !== "interruption");
  return `${markText(mark)}${isCut && isContinued ? " Continued below." : ""}`;
}

function hasReceipt(run: Run | undefined): boolean {
  return run?.state === "stopping" || (run?.outcome === "stopped" && run.receipt !== undefined);
}

/** Whether effects of the run remain, which are never folded away: changed files, processes that could not be killed. */
export function hasLeftSomething({ changes, receipt }: Run): boolean {
  const hasChanged = (changes?.count ?? 0) > 0 && changes?.undoneAt === undefined;
  return hasChanged || (receipt?.survivors.length ?? 0) > 0;
}

export function unreadableWords(count: number): string {
  const are = count === 1 ? "is" : "are";
  return `${plural(count, "record")} of this session cannot be read from the disk, and ${are} left out.`;
}

/** How many outputs the model is no longer sent, and the last message that has one; undefined when there is none. */
export function droppedOutputs(
  messages: readonly Message[],
): { messageId: string; count: number } | undefined {
  const counts = messages.map(
    ({ parts }) =>
      parts.filter((part) => part.type === "tool-call" && part.outputDropped === true).length,
  );
  const last = messages[counts.findLastIndex((count) => count > 0)];
  if (last === undefined) return undefined;
  return { messageId: last.id, count: counts.reduce((sum, count) => sum + count, 0) };
}

export function droppedWords(count: number): string {
  return `To make room, ${plural(count, "output")} of tools above ${count === 1 ? "is" : "are"} no longer sent to the model; it can read them again, and you see them all.`;
}

export const fileKindLabels: Record<FileView["kind"], string> = {
  created: "new",
  changed: "changed",
  deleted: "deleted",
  renamed: "renamed",
};

export const planWords: Record<PlanEntry["state"], string> = {
  pending: "To do",
  in_progress: "Now",
  completed: "Done",
  stopped: "Stopped",
};

/** Which files of a user's message the model that answered did not take, and why, a line for each reason; undefined when it took all. */
export function notSentWords(
  message: Message,
  { messages, engine }: Pick<Session, "messages" | "engine">,
  models: Models | undefined,
  engines: EngineInfo[] | undefined,
): string | undefined {
  const answer = answerTo(message, messages);
  if (answer?.provider === undefined || answer.model === undefined) return undefined;
  const { provider, model } = answer;
  const reader = fileReader(models, engines, defined({ engine, provider, model }));
  return reader && refusedWords(message, reader);
}

function answerTo({ id, runId }: Message, messages: Message[]): Message | undefined {
  const rest = messages.slice(messages.findIndex((message) => message.id === id) + 1);
  return rest.find(
    (message) => message.runId === runId && message.role === "assistant" && !message.summary,
  );
}

function refusedWords(message: Message, reader: ReadingModel): string | undefined {
  const files = filesOf(message);
  const refused = files.flatMap((file) => {
    const why = whyNotTaken(file, reader);
    return why === undefined ? [] : [{ name: file.name, why }];
  });
  const byReason = [...Map.groupBy(refused, ({ why }) => why)];
  const lines = byReason.map(([why, some]) => {
    const which = some.map(({ name }) => name).join(", ");
    const names = some.length === files.length ? "" : ` (${which})`;
    return `Not sent to ${reader.model}${names}: ${why}.`;
  });
  return lines.length === 0 ? undefined : lines.join("\n");
}
