/** Everything that a permission request is about: nothing of the call's input is left out. */
import type { Approval, ToolCallPart } from "../../shared/protocol";
import { type DiffLine, patchLines, readDiff, replacedLines } from "./diff-lines";
import { directoryNames, fromDirectory, inputOf, type ShownInput } from "./tool-input";
import { lazyWords, t } from "../../shared/translation";

export interface Asked {
  /** Each shown whole; the first one says what is asked. */
  blocks: AskedText[];
  /** What else changes how the call runs, a line each. */
  facts: string[];
}

export type AskedText = { name: string; text: string } | { name: string; lines: DiffLine[] };

/** `cwd`: the session's directory, in which whatever says nothing else happens. */
export function askedOf(approval: Approval, part: ToolCallPart, cwd = ""): Asked {
  const input = inputOf(part);
  const replaced = replacementNames.find(([name = ""]) => name in input) ?? [];
  const [oldText, newText] = replaced.map((name) => input[name]);
  const asked: Asked = { blocks: subjectBlocks(approval), facts: [] };
  if (approval.directory !== undefined)
    asked.facts.push(t("In the directory {directory}", { directory: approval.directory }));
  if (approval.readsOnly)
    asked.facts.push(t("In plan mode: it writes no file and reaches no network"));
  if (approval.anywhere) asked.facts.push(t("The engine does not say in which directory it runs"));
  const isReplacement = typeof oldText === "string" && typeof newText === "string";
  if (isReplacement)
    asked.blocks.push({ name: t("Change"), lines: replacedLines(oldText, newText) });
  const isFile = approval.kind === "edit" || approval.kind === "read";
  for (const [name, value] of Object.entries(input)) {
    if (isReplacement && replaced.includes(name)) continue;
    const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
    // The tools trim a command.
    if (text.trim() === approval.subject) continue;
    if (approval.kind === "command" && directoryNames.has(name))
      if (text === cwd || fromDirectory(text, cwd) === approval.directory) continue;
    if (isFile && text === `${cwd}/${approval.subject}`) continue;
    // Of several files, its own lines say which is which.
    if (name === "diff" && approval.kind === "edit" && !approval.alsoPaths) {
      asked.blocks.push({ name: t("Change"), lines: readDiff(text) });
      continue;
    }
    const edits = name === "edits" ? editBlocks(value, input["path"]) : undefined;
    if (edits !== undefined) {
      asked.blocks.push(...edits);
      continue;
    }
    if (name === "input" && approval.kind === "edit") {
      asked.blocks.push({ name: t("Patch"), lines: patchLines(text) });
      continue;
    }
    const words = wordsFor(name, value);
    if (words !== undefined) asked.facts.push(words);
    else if (text.length > 100 || text.includes("\n") || name === "content")
      asked.blocks.push({ name: name === "content" ? t("The whole new content") : name, text });
    else asked.facts.push(`${name}: ${text}`);
  }
  asked.facts = asked.facts.filter((fact) => fact !== "");
  return asked;
}

/** Each of several edits, as the lines that it replaces; undefined when one is of another form. `beside`: the file of those that name none. */
function editBlocks(value: unknown, beside: unknown): AskedText[] | undefined {
  const blocks = (Array.isArray(value) ? value : [undefined]).map((one) => {
    const {
      path = beside,
      oldText,
      newText,
      replaceAll = false,
      ...rest
    } = Object(one) as ShownInput;
    const isKnown =
      typeof path === "string" &&
      typeof oldText === "string" &&
      typeof newText === "string" &&
      typeof replaceAll === "boolean" &&
      Object.keys(rest).length === 0;
    if (!isKnown) return undefined;
    const name = replaceAll
      ? t("Every occurrence in {path}", { path })
      : t("Change in {path}", { path });
    return { name, lines: replacedLines(oldText, newText) };
  });
  const known = blocks.filter((block) => block !== undefined);
  return known.length === blocks.length ? known : undefined;
}

/** Of a tool of Rein's, and of engines. */
const replacementNames: string[][] = [
  ["oldText", "newText"],
  ["old_string", "new_string"],
  ["oldString", "newString"],
];

/** None for a tool that its name says everything about. */
function subjectBlocks({ kind, subject, alsoPaths }: Approval): AskedText[] {
  if (alsoPaths) return [{ name: t("Files"), text: [subject, ...alsoPaths].join("\n") }];
  if (kind === "tool") return subject === "" ? [] : [{ name: t("About"), text: subject }];
  return [{ name: subjectNames[kind], text: subject }];
}

const subjectNames = lazyWords<Exclude<Approval["kind"], "tool">>({
  command: () => t("Command"),
  edit: () => t("File"),
  read: () => t("File"),
  plan: () => t("Plan"),
});

/** In words, where a tool of Rein's has such an option; empty when it changes nothing. */
function wordsFor(name: string, value: unknown): string | undefined {
  if (name === "timeoutSeconds")
    return t("Ended after {seconds} s at the latest", { seconds: String(value) });
  const words = flags.get(name);
  if (words === undefined || typeof value !== "boolean") return undefined;
  return value ? words() : "";
}

const flags = new Map([
  ["background", () => t("In the background: it keeps running after the call")],
  ["pty", () => t("With a terminal")],
  ["replaceAll", () => t("Every occurrence in the file")],
]);
