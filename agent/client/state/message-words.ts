/** What is said of a message or a run besides its own words. */
import { emptyAnswer, filesOf, markText } from "../../shared/message-parts";
import { defined } from "../../shared/defined";
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
import { lazyWords, t, tn } from "../../shared/translation";

/** Of a message that sums up. */
export function summaryTitle({ outcome, summary }: Message): string {
  if (outcome === undefined) return t("Summing up the conversation");
  if (outcome === "stopped") return t("Summary stopped: the model still sees everything");
  if (outcome === "failed") return t("Summary failed: the model still sees everything");
  return summary?.undoneAt === undefined
    ? t("The model sees a summary of the messages above; you see them all")
    : t("Summary undone: the model sees the messages above again");
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
  return isCut && isContinued ? `${markText(mark)} ${t("Continued below.")}` : markText(mark);
}

function hasReceipt(run: Run | undefined): boolean {
  return run?.state === "stopping" || (run?.outcome === "stopped" && run.receipt !== undefined);
}

/** Whether files are as the run has left them: what it changed was not undone. */
export function hasChanged({ changes }: Run): boolean {
  return (changes?.count ?? 0) > 0 && changes?.undoneAt === undefined;
}

export function unreadableWords(count: number): string {
  return tn(
    count,
    "{count} record of this session cannot be read from the disk, and is left out.",
    "{count} records of this session cannot be read from the disk, and are left out.",
  );
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
  return tn(
    count,
    "To make room, {count} output of tools above is no longer sent to the model; it can read them again, and you see them all.",
    "To make room, {count} outputs of tools above are no longer sent to the model; it can read them again, and you see them all.",
  );
}

export const fileKindLabels = lazyWords<FileView["kind"]>({
  created: () => t("new"),
  changed: () => t("changed"),
  deleted: () => t("deleted"),
  renamed: () => t("renamed"),
});

export const planWords = lazyWords<PlanEntry["state"]>({
  pending: () => t("To do"),
  in_progress: () => t("Now"),
  completed: () => t("Done"),
  stopped: () => t("Stopped"),
});

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
    const { model } = reader;
    if (some.length === files.length) return t("Not sent to {model}: {why}.", { model, why });
    const names = some.map(({ name }) => name).join(", ");
    return t("Not sent to {model} ({names}): {why}.", { model, names, why });
  });
  return lines.length === 0 ? undefined : lines.join("\n");
}
