/** What a message holds: its text, and its tool calls. */
import { capitalized } from "./capitalized";
import { defined } from "./defined";
import {
  type CommandCall,
  type FileRef,
  type InterruptionPart,
  type Message,
  type OtherPart,
  type Part,
  type StopBy,
  type ToolCallPart,
} from "./protocol";
import { lazyWords, t } from "./translation";
import { visibleString } from "./visible-text";

/** The code of the error of an answer in which there was nothing. */
export const emptyAnswer = "empty-answer";

/** Without what the model only thought. `between` stands between two texts that a tool call or reasoning separates. */
export function textOf({ parts }: Message, between = ""): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(between);
}

/** As a person typed it: a command with its arguments, not what came of it. */
export function typedText(message: Message): string {
  return message.command === undefined ? textOf(message) : typedCommand(message.command);
}

export function typedCommand({ name, arguments: typed }: CommandCall): string {
  return typed === "" ? `/${name}` : `/${name} ${typed}`;
}

/** What the user's message brings. */
export function filesOf({ parts }: Message): FileRef[] {
  return parts.flatMap((part) => (part.type === "file" ? filesOfPart(part) : []));
}

/** What a part gives to the model besides its text. */
export function filesOfPart(part: Part): FileRef[] {
  if (part.type === "tool-call") return part.files ?? [];
  if (part.type !== "file") return [];
  const { name, mediaType, bytes, hash, pages, mention } = part;
  return [{ name, mediaType, bytes, hash, ...defined({ pages, mention }) }];
}

/** What all of them name, subagents' too. */
export function filesInMessages(messages: Message[]): FileRef[] {
  return messages.flatMap(({ parts }) =>
    parts.flatMap((part) => [
      ...filesOfPart(part),
      ...(part.type === "tool-call" ? filesInMessages(part.subagent?.messages ?? []) : []),
    ]),
  );
}

export function toolCallsOf({ parts }: Message): ToolCallPart[] {
  return parts.filter((part) => part.type === "tool-call");
}

/** How it stands, for people and in receipts: one that a person or a rule refused has not failed. */
export function stateOf({ state, approval }: ToolCallPart): ToolCallPart["state"] | "denied" {
  return state === "failed" && approval?.reply?.decision === "deny" ? "denied" : state;
}

/** The last mark of an interruption: whatever came before it was continued or is over. */
export function lastInterruption({ parts }: Message): InterruptionPart | undefined {
  return parts.findLast((part) => part.type === "interruption");
}

/** As `interruptionText`, which models are told, for people. */
const interruptions = lazyWords<StopBy>({
  user: () => t("[interrupted by user]"),
  disconnect: () => t("[interrupted: connection lost]"),
  timeout: () => t("[interrupted: time limit reached]"),
  budget: () => t("[interrupted: budget reached]"),
  shutdown: () => t("[interrupted: server stopped]"),
  crash: () => t("[interrupted: server crashed]"),
  pause: () => t("[paused]"),
});

/** The text of a mark: on screen, in an export, and in a transcript. */
export function markText({ stop, error }: InterruptionPart): string {
  if (stop?.by === "user" && stop.user !== undefined)
    return t("[interrupted by {user}]", { user: visibleString(stop.user) });
  if (stop) return interruptions[stop.by];
  const words = error.message.replace(/\.$/, "");
  return error.code === emptyAnswer ? `[${words}]` : t("[cut off: {error}]", { error: words });
}

/** For people: `web_search_call` is "Web search", `executableCode` is "Executable code". */
export function otherPartName({ name }: OtherPart): string {
  const words = name
    .replace(/_call$/, "")
    .replace(/_tool_(use|result)$/, (_, what: string) => (what === "use" ? "" : "_result"))
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .replaceAll("_", " ")
    .trim()
    .toLowerCase();
  return capitalized(words) || name;
}

/** For people: why the conversation before a message was sent again without its files, or as plain text. */
export function refusalTexts({ withoutFiles, plainHistory }: Message): string[] {
  const files =
    withoutFiles?.code === "context-length"
      ? t("With its files the request was too large for the service.")
      : withoutFiles?.message;
  const plain = t("The conversation was sent again as plain text.");
  return [
    ...(withoutFiles ? [`${files} ${t("The request was sent again without its files.")}`] : []),
    ...(plainHistory ? [`${plainHistory.message} ${plain}`] : []),
  ];
}

/**
 * What a call is about, as the model wrote it: a command, a path, a title. Where its input has nothing of the kind, the
 * engine's title, then what else the input says; undefined when there is nothing.
 */
export function subjectOf({
  input,
  title,
}: {
  input?: unknown;
  title?: string;
}): string | undefined {
  const named: Record<string, unknown> = { ...(typeof input === "object" ? input : undefined) };
  const first = (names: string[]) => names.map((name) => subjectText(named[name])).find(Boolean);
  return first(subjectNames) ?? changedFiles(named) ?? title ?? first(["description", "prompt"]);
}

/** The first files of several edits or of a patch, in one line. */
function changedFiles({ edits, input }: Record<string, unknown>): string | undefined {
  const paths = Array.isArray(edits)
    ? edits.map((one: unknown) => (Object(one) as { path?: unknown }).path)
    : typeof input === "string"
      ? [...input.matchAll(patchHeader)].map(([, path]) => path)
      : [];
  const names = [...new Set(paths.filter((path) => typeof path === "string"))];
  if (names.length === 0) return undefined;
  const more = names.length - mostNamed;
  const first = names.slice(0, mostNamed).join(", ");
  return more > 0 ? t("{names} and {count} more", { names: first, count: more }) : first;
}

const mostNamed = 3;
const patchHeader = /^[ \t]*\*\*\* (?:(?:Add|Update|Delete) File|Move to): ([^\r\n]+)/gm;

/** A command can be a list of words. */
function subjectText(value: unknown): string | undefined {
  const words = Array.isArray(value) ? value : [value];
  return words.every((word) => typeof word === "string") ? words.join(" ") : undefined;
}

/** In the words of Rein's own tools, and of those of engines. */
const subjectNames = [
  "command",
  "cmd",
  "path",
  "file",
  "file_path",
  "filePath",
  "absolute_path",
  "notebook_path",
  "title",
  "pattern",
  "query",
  "url",
];
