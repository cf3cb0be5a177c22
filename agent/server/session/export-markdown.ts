/** A session as a Markdown document. */
import { branchOf } from "../../shared/branches";
import { withoutEscapes } from "../../shared/escape-sequences";
import { markText, otherPartName, refusalTexts, stateOf } from "../../shared/message-parts";
import { interruptionText } from "../../shared/protocol";
import { describeFile } from "../../shared/taken-files";
import { usageWords } from "../../shared/usage-words";
import { doubtOf, processesWords } from "../../shared/proof-words";
import { engineProcessesWords, engineSentences, enginesOf } from "../../shared/engine-words";
import { shownSteps } from "../../shared/shown-steps";
import type {
  FileRef,
  Message,
  Part,
  PlanEntry,
  Run,
  Session,
  ToolCallPart,
} from "../../shared/protocol";
import { callProblem } from "../../shared/limit-hit-words";

/** Where each file stands beside the document, by its hash; a file that is not among them is named by its hash alone. */
export type FilePlaces = ReadonlyMap<string, string>;

/** What is exported, and where its files are. */
interface Source {
  places: FilePlaces;
  /** By their ids. */
  runs: ReadonlyMap<string, Run>;
}

/** `engineName`: of the session's engine, for people; without it, the one that it had last. */
export function exportMarkdown(
  session: Session,
  engineName?: string,
  places: FilePlaces = new Map(),
): string {
  const { engine, title, createdAt, provider, model, cwd } = session;
  const who = engine && (engineName ?? engine.name ?? engine.id);
  const facts = [
    new Date(createdAt).toISOString(),
    ...(engine ? [[who, engine.version].filter(Boolean).join(" ")] : []),
    // By its own log-in the provider is the engine itself.
    provider === engine?.id ? model : `${provider}/${model}`,
    cwd,
  ];
  const head = `# ${title}\n\n${facts.join(" · ")}\n`;
  const current = new Set(branchOf(session));
  const lastOfRun = new Map(session.messages.map((one) => [one.runId, one]));
  const runs = new Map(session.runs.map((run) => [run.id, run]));
  const exported = session.messages.map((one) => {
    const text = exportMessage(one, { places, runs }, who, current.has(one) ? "" : again);
    if (lastOfRun.get(one.runId) !== one) return text;
    return text + exportReceipt(runs.get(one.runId));
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
  const { survivors, kept = [] } = receipt;
  const engines = enginesOf(receipt);
  const doubt = doubtOf(receipt);
  if (words === "" && engines.length === 0 && doubt === undefined) return "";
  const lines = [
    ...(words === "" ? [] : [`Stopped: ${words}.`]),
    ...engines.flatMap(({ engine, subagent }) => {
      const ended = engineProcessesWords(engine, subagent);
      return [
        ...(ended === "" ? [] : [`${ended}.`]),
        ...engineSentences(engine, (ms) => `${ms} ms`),
      ];
    }),
    ...(doubt === undefined ? [] : [doubt]),
    ...survivors.map(({ pid, command, reason }) => `- alive: ${pid} ${command} (${reason})`),
    ...kept.map(({ pid, command }) => `- pinned: ${pid} ${command}`),
  ];
  return `\n${quote(lines.join("\n"))}\n`;
}

const again = " (tried again below)";

/** `who`: wrote the answers. */
function exportMessage(message: Message, from: Source, who = "Rein", mark = ""): string {
  const heading = message.role === "user" ? "## You" : `## ${who}${summaryLabel(message)}`;
  const isCut = message.parts.some((part) => part.type === "interruption" && part.stop);
  const exported = message.parts.map((part) => exportPart(part, message, from, who, isCut));
  const parts = exported.filter((text) => text !== "");
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

/** `isCut`: the message has the mark of the stop that has ended its calls too. */
function exportPart(
  part: Part,
  { runId }: Message,
  from: Source,
  who: string,
  isCut: boolean,
): string {
  switch (part.type) {
    case "text":
      return part.text.trim();
    case "reasoning":
      return part.text.trim() === ""
        ? ""
        : `<details><summary>Reasoning</summary>\n\n${part.text.trim()}\n\n</details>`;
    case "file":
      return exportFile(part, from.places);
    case "other":
      return `(${[otherPartName(part), part.text].filter(Boolean).join(": ")})`;
    case "plan":
      return shownSteps(part, from.runs.get(runId)).map(exportStep).join("\n");
    case "interruption":
      return markText(part);
    case "tool-call":
      return exportToolCall(part, from, who, isCut);
  }
}

function exportStep({ text, state }: PlanEntry): string {
  const words = {
    pending: "",
    in_progress: " (in progress)",
    completed: "",
    stopped: " (stopped)",
  };
  return `- [${state === "completed" ? "x" : " "}] ${text}${words[state]}`;
}

/** By what it is and its hash, with a link where its bytes come along. */
function exportFile(file: FileRef, places: FilePlaces): string {
  const place = places.get(file.hash);
  const words = `${describeFile(file)}, SHA-256 ${file.hash}`;
  return place === undefined ? `[${words}]` : `[${words.replaceAll(/[[\]\\]/g, "\\$&")}](${place})`;
}

function exportToolCall(call: ToolCallPart, from: Source, who: string, isCut: boolean): string {
  const input = call.input === undefined ? call.inputText : JSON.stringify(call.input, null, 2);
  const about = call.title === undefined ? "" : `: ${call.title}`;
  const lines = [`**${call.name}** (${stateOf(call)})${about}`];
  if (input !== "") lines.push(fence(input, "json"));
  const { subagent } = call;
  if (subagent) {
    // Of Rein's own tool the input has its title.
    if (subagent.role === undefined)
      lines.push(`Subagent: ${[subagent.kind, subagent.title].filter(Boolean).join(", ")}`);
    const answers = subagent.engine?.name ?? subagent.engine?.id ?? who;
    lines.push(quote(subagent.messages.map((one) => exportMessage(one, from, answers)).join("\n")));
  }
  if (!subagent && call.output !== "") lines.push(fence(withoutEscapes(call.output), ""));
  lines.push(...(call.files ?? []).map((file) => exportFile(file, from.places)));
  if (call.diff) lines.push(fence(call.diff, "diff"));
  const problem = callProblem(call);
  if (problem) lines.push(`> ${problem}`);
  if (call.told) lines.push("> The service was told of the stop, and has not confirmed it.");
  if (call.stop && !isCut) lines.push(interruptionText(call.stop.by));
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
