/** Reads what an export has written, as JSON or as Markdown, or what another program has written in its form. */
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { emptySession } from "../../shared/empty-session";
import { type Message, noUsage, type Run, type Session } from "../../shared/protocol";
import { newId } from "../id";

/** Of the form. A later one is refused. */
export const exportVersion = 1;

/** What was read is no export; the message is for people. */
export class ExportError extends Error {
  override readonly name = "ExportError";
}

/** The shapes of what is in it, strict: what is not known is refused, not kept. */
export interface ExportShapes {
  session: z.ZodType<Session>;
  message: z.ZodType<Message>;
}

const mostMessages = 100_000;
/** Other work has its turn after so much of this. */
const stepMs = 10;

const envelope = z.object({
  rein: z.literal("session"),
  version: z.number(),
  session: z.looseObject({ messages: z.array(z.unknown()).max(mostMessages) }),
});

/** Throws ExportError, or the signal's reason. */
export async function readExport(
  content: unknown,
  shapes: ExportShapes,
  signal: AbortSignal,
): Promise<Session> {
  const { version, session } = parsed(envelope, content, "");
  if (version > exportVersion)
    throw new ExportError(
      "A newer Rein has written this export: import it there, or update this one.",
    );
  const { messages, ...rest } = session;
  const read: Message[] = [];
  let begun = performance.now();
  for (const [index, message] of messages.entries()) {
    read.push(parsed(shapes.message, message, `Message ${index + 1}: `));
    if (performance.now() - begun < stepMs) continue;
    await setImmediate();
    signal.throwIfAborted();
    begun = performance.now();
  }
  const whole = { ...parsed(shapes.session, { ...rest, messages: [] }, ""), messages: read };
  refuseSameIds(whole);
  return whole;
}

/** What has the id of another is lost behind it. */
function refuseSameIds({ runs, messages }: Session): void {
  const seen = new Set<string>();
  const take = (id: string, what: string) => {
    if (seen.has(id)) throw new ExportError(`This is no export of Rein. Two ${what} have one id.`);
    seen.add(id);
  };
  const takeMessage = ({ id, parts }: Message) => {
    take(`message ${id}`, "messages");
    for (const part of parts) {
      take(`part ${part.id}`, "parts");
      if (part.type === "tool-call") part.subagent?.messages.forEach(takeMessage);
    }
  };
  for (const { id } of runs) take(`run ${id}`, "runs");
  messages.forEach(takeMessage);
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  const path = issue?.path.map(String).join(".") ?? "";
  throw new ExportError(
    `This is no export of Rein. ${where}${path === "" ? "" : `${path}: `}${issue?.message ?? "It cannot be read."}`,
  );
}

/** What an export ends with. */
const usedLine = /\n---\s+Used: [^\n]*$/;
const heading = /^## (You|Rein)( \(.*\))?$/;
const fence = /^(`{3,}|~{3,})/;

/** Its texts alone: calls and receipts are in the words of the document. Throws ExportError. */
export function readMarkdown(text: string): Session {
  const sections = sectionsOf(text.trimEnd().replace(usedLine, ""));
  if (sections.length > mostMessages)
    throw new ExportError(`It has more messages than can be read: at most ${mostMessages}.`);
  if (!sections.some(({ who }) => who === "You"))
    throw new ExportError(
      "There is no conversation in this document: each message begins with a line “## You” or “## Rein”.",
    );
  const at = Date.now();
  const runs: Run[] = [];
  const messages: Message[] = [];
  const say = (role: Message["role"], words: string) => {
    const { id: runId } = runs.at(-1)!;
    const parts = words === "" ? [] : [{ type: "text" as const, id: newId(), text: words }];
    const outcome = role === "assistant" ? { outcome: "done" as const } : {};
    messages.push({ id: newId(), runId, role, parts, createdAt: at, ...outcome });
  };
  for (const { who, words } of sections) {
    if (who === "You" || runs.length === 0) {
      runs.push({
        id: newId(),
        state: "settled",
        startedAt: at,
        endedAt: at,
        outcome: "done",
        usage: noUsage,
      });
      say("user", who === "You" ? words : "");
    }
    if (who === "Rein") say("assistant", words);
  }
  const title = /^# (.+)$/m.exec(text)?.[1]?.trim() ?? "";
  return emptySession({ title, createdAt: at, updatedAt: at, messages, runs });
}

/** Headings within a block of code are code. */
function sectionsOf(text: string): { who: "You" | "Rein"; words: string }[] {
  const sections: { who: "You" | "Rein"; lines: string[] }[] = [];
  let open: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const mark = fence.exec(line)?.[1];
    const found = open === undefined ? heading.exec(line) : null;
    if (open === undefined) open = mark;
    else if (mark !== undefined && mark.startsWith(open) && line.trim() === mark) open = undefined;
    if (found) sections.push({ who: found[1] as "You" | "Rein", lines: [] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections.map(({ who, lines }) => ({ who, words: lines.join("\n").trim() }));
}
