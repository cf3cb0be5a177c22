/** A tool call's input as it can be shown, also while the model is still writing it. */
import { defined } from "../../shared/defined";
import { subjectOf } from "../../shared/message-parts";
import type { PlanEntry, ToolCallPart, ToolKind } from "../../shared/protocol";
import { todoLine } from "./todo-words";
import { lazyWords, t } from "../../shared/translation";

export type ShownInput = Record<string, unknown>;

export function inputOf(part: ToolCallPart): ShownInput {
  const input = part.input === undefined ? readUnfinished(part.inputText) : part.input;
  return typeof input === "object" && input !== null ? { ...input } : {};
}

/** What a tool of an engine does, in one word for all engines; what none names keeps the engine's own name. */
const kindWords: Partial<Record<ToolKind, string>> = lazyWords({
  read: () => t("Read"),
  edit: () => t("Edit"),
  delete: () => t("Delete"),
  move: () => t("Move"),
  search: () => t("Search"),
  execute: () => t("Shell"),
  fetch: () => t("Fetch"),
});

export function shownName({ name, kind }: Pick<ToolCallPart, "name" | "kind">): string {
  if (kind === undefined) return name;
  return kindWords[kind] ?? (name === "other" ? t("Tool") : name);
}

/** A path in the session's directory as from there. */
export function fromDirectory(subject: string, cwd: string): string {
  return subject.startsWith(`${cwd}/`) ? subject.slice(cwd.length + 1) || subject : subject;
}

/** One line that says what the call is about: the command, the path, the pattern, or the engine's title. */
export function shownSubject(input: ShownInput, title?: string): string {
  const { entries } = input;
  if (Array.isArray(entries) && entries.every(isStep)) return todoLine({ entries });
  const value = subjectOf({ input, ...defined({ title }) }) ?? Object.values(input)[0];
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.trimStart().split("\n", 1)[0] ?? "";
}

/** Of a to-do list. */
function isStep(value: unknown): value is PlanEntry {
  return (
    typeof value === "object" &&
    value !== null &&
    "text" in value &&
    typeof value.text === "string" &&
    "state" in value
  );
}

/** By which an engine names the directory of a command. */
export const directoryNames = new Set(["cwd", "workdir", "dir_path", "directory"]);

/** What the model says that a command is for: said in the place of a label, before what else there is. */
export function purposeOf(input: ShownInput, title?: string): string {
  const { description } = input;
  if (!commandNames.some((name) => name in input) || typeof description !== "string") return "";
  return description.trim() === shownSubject(input, title) ? "" : description.trim();
}

const commandNames = ["command", "cmd"];

/** The input's members, except what is said of them elsewhere, and the directory when it is the session's. */
export function detailsOf(
  input: ShownInput,
  title?: string,
  cwd = "",
): { name: string; text: string }[] {
  const subject = shownSubject(input, title);
  const purpose = purposeOf(input, title);
  return Object.entries(input)
    .filter(([name]) => name !== "description" || purpose === "")
    .map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
      if (!directoryNames.has(name)) return { name, text };
      return { name: t("directory"), text: text === cwd ? "" : fromDirectory(text, cwd) };
    })
    .filter(({ text }) => text !== "" && text.trim() !== subject);
}

/** Whether a member of the input stands in one line with its name: it is short and complete. */
export function isShortDetail(text: string, isWriting: boolean): boolean {
  return !isWriting && text.length <= 80 && !text.includes("\n");
}

/** Parses a beginning of a JSON text: closes what is open, and leaves out a member that cannot be parsed yet. */
export function readUnfinished(json: string): unknown {
  let isInString = false;
  let closers = "";
  /** The text up to the last complete member, closed. */
  let whole = "";
  for (let i = 0; i < json.length; i++) {
    const character = json[i]!;
    if (isInString) {
      if (character === "\\") i++;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{" || character === "[") {
      closers = (character === "{" ? "}" : "]") + closers;
      whole = json.slice(0, i + 1) + closers;
    } else if (character === "}" || character === "]") closers = closers.slice(1);
    else if (character === ",") whole = json.slice(0, i) + closers;
  }
  const text = isInString ? `${json.replace(cutEscape, "$1")}"` : json;
  return parse(text + closers) ?? parse(whole) ?? {};
}

/** An incomplete escape sequence, after any number of complete backslash pairs. */
const cutEscape = /(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?$/;

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Cut in the middle of a token: the caller tries a shorter text.
    return undefined;
  }
}
