/** A session as a Markdown document. */
import { withoutAttempts } from "../../shared/attempts";
import { withoutEscapes } from "../../shared/escape-sequences";
import { markText, otherPartName, refusalTexts } from "../../shared/message-parts";
import { interruptionText } from "../../shared/protocol";
import { describeFile } from "../../shared/taken-files";
import { usageWords } from "../../shared/usage-words";
import { doubts, processesWords } from "../../shared/proof-words";
import { findRun } from "../../shared/session-lookup";
import type {
  FileRef,
  Message,
  Part,
  PlanEntry,
  Run,
  Session,
  ToolCallPart,
} from "../../shared/protocol";

export function exportMarkdown(session: Session): string {
  const head = `# ${session.title}\n\n${new Date(session.createdAt).toISOString()} · ${session.provider}/${session.model} · ${session.cwd}\n`;
  const current = new Set(withoutAttempts(session.messages));
  const lastOfRun = new Map(session.messages.map((one) => [one.runId, one]));
  const exported = session.messages.map((one) => {
    const text = exportMessage(one, current.has(one) ? "" : again);
    if (lastOfRun.get(one.runId) !== one) return text;
    return text + exportReceipt(findRun(session, one.runId));
  });
  return [head, ...exported, ...usageOf(session)].join("\n");
}

function usageOf({ usage }: Session): string[] {
  if (usage.inputTokens + usage.outputTokens === 0) return [];
  return [`---\n\nUsed: ${usageWords(usage)}.\n`];
}

/** What a stop has ended, and what lives on. */
function exportReceipt(run: Run | undefined): string {
  const { stop, receipt } = run ?? {};
  if (stop === undefined || receipt === undefined) return "";
  const words = processesWords(receipt);
  if (words === "") return "";
  const { proof = "proven", survivors, kept = [] } = receipt;
  const lines = [
    `Stopped: ${words}.${proof === "proven" ? "" : ` ${doubts[proof]}`}`,
    ...survivors.map(({ pid, command, reason }) => `- alive: ${pid} ${command} (${reason})`),
    ...kept.map(({ pid, command }) => `- pinned: ${pid} ${command}`),
  ];
  return `\n${quote(lines.join("\n"))}\n`;
}

const again = " (tried again below)";

function exportMessage(message: Message, mark = ""): string {
  const heading = message.role === "user" ? "## You" : `## Rein${summaryLabel(message)}`;
  const parts = message.parts.map(exportPart).filter((text) => text !== "");
  const refusals = refusalTexts(message).map((text) => `> ${text}`);
  const error = message.error ? [`> Failed: ${message.error.message}`] : [];
  return `${[`${heading}${mark}`, ...refusals, ...parts, ...error].join("\n\n")}\n`;
}

function summaryLabel({ summary, outcome }: Message): string {
  if (summary === undefined) return "";
  if (outcome !== "done") return " (summing up what came before, not to its end)";
  const undone = summary.undoneAt === undefined ? "" : "; taken back";
  return ` (summing up what came before${undone})`;
}

function exportPart(part: Part): string {
  switch (part.type) {
    case "text":
      return part.text.trim();
    case "reasoning":
      return part.text.trim() === ""
        ? ""
        : `<details><summary>Reasoning</summary>\n\n${part.text.trim()}\n\n</details>`;
    case "file":
      return exportFile(part);
    case "other":
      return `(${[otherPartName(part), part.text].filter(Boolean).join(": ")})`;
    case "plan":
      return part.entries.map(exportStep).join("\n");
    case "interruption":
      return markText(part);
    case "tool-call":
      return exportToolCall(part);
  }
}

function exportStep({ text, state }: PlanEntry): string {
  const doing = state === "in_progress" ? " (in progress)" : "";
  return `- [${state === "completed" ? "x" : " "}] ${text}${doing}`;
}

/** By what it is and its hash: its bytes stay with the server. */
function exportFile(file: FileRef): string {
  return `[${describeFile(file)}, SHA-256 ${file.hash}]`;
}

function exportToolCall(call: ToolCallPart): string {
  const input = call.input === undefined ? call.inputText : JSON.stringify(call.input, null, 2);
  const lines = [`**${call.name}** (${call.state})`, fence(input, "json")];
  if (call.subagent)
    lines.push(quote(call.subagent.messages.map((one) => exportMessage(one)).join("\n")));
  else if (call.output !== "") lines.push(fence(withoutEscapes(call.output), ""));
  lines.push(...(call.files ?? []).map(exportFile));
  if (call.diff) lines.push(fence(call.diff, "diff"));
  if (call.error) lines.push(`> ${call.error}`);
  if (call.stop) lines.push(interruptionText(call.stop.by));
  return lines.join("\n\n");
}

/** A fence longer than any run of backticks inside. */
function fence(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const ticks = "`".repeat(longest + 1);
  return `${ticks}${language}\n${text.trimEnd()}\n${ticks}`;
}

function quote(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}
