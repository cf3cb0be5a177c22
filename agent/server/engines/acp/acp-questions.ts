/** Permission requests of ACP as Rein's questions, and Rein's answers as one of their options. */
import { dirname, join, relative, resolve } from "node:path";
import { isWithin } from "../../../shared/rules";
import type { EngineAccess, EngineAnswer, EngineQuestion } from "../engine";
import { leadingOutside, upwards } from "../engine-home";
import { isOutward } from "../outward-pattern";
import type { AcpCall } from "./acp-updates";
import { fileDiff } from "./file-diff";

interface Option {
  optionId: string;
  kind: string;
}

/** What is answered; `noOption`: the agent offers none that holds for this once. */
export interface Outcome {
  outcome: { outcome: "selected"; optionId: string } | { outcome: "cancelled" };
  noOption?: true;
}

/** The answer where a stop has ended the turn. */
export const cancelled: Outcome = { outcome: { outcome: "cancelled" } };

/**
 * Never an option that the agent remembers: Rein's rules decide each time. Where a denial has none, the question is
 * cancelled.
 */
export function outcomeOf(answer: EngineAnswer, options: readonly Option[]): Outcome {
  if (!answer.allow && "cancelled" in answer) return cancelled;
  const find = (kind: string) => options.find((option) => option.kind === kind);
  const option = (answer.allow ? find("allow_once") : undefined) ?? find("reject_once");
  const lacks = answer.allow && find("allow_once") === undefined;
  const outcome: Outcome["outcome"] =
    option === undefined
      ? { outcome: "cancelled" }
      : { outcome: "selected", optionId: option.optionId };
  return { outcome, ...(lacks && { noOption: true as const }) };
}

/** `cwd`: where paths and directories of a call start from. */
export function questionOf(call: AcpCall, cwd: string): EngineQuestion {
  const { key, name, kind, agent } = call;
  const input = withChange(call);
  return {
    key,
    name: name || kind,
    kind,
    ...(input !== undefined && { input }),
    ...(agent !== undefined && { agent }),
    access: accessOf(call, cwd),
  };
}

/**
 * With the instructions that the agent reads along with the file, where they are links out of the directory: `names` of them,
 * in the file's directory and those above it. What lies too deep to look at all of them is asked each time. Never rejects.
 */
export async function withInstructions(
  question: EngineQuestion,
  names: readonly string[],
  cwd: string,
): Promise<EngineQuestion> {
  const { access } = question;
  if (access.kind !== "read" || names.length === 0) return question;
  const { path: first, also = [] } = access;
  const named = [first, ...also];
  if (directoriesOf(named) > maxDirectories)
    return {
      ...question,
      access: { kind: "tool", tool: question.name, subject: named.join("\n"), once: true },
    };
  const paths = named.map((path) => resolve(cwd, path));
  const directories = paths.flatMap((path) => upwards(dirname(path)));
  const inside = [...new Set(directories)].filter((one) => isWithin(one, cwd));
  const along = inside.flatMap((one) => names.map((name) => join(relative(cwd, one), name)));
  const outside = await leadingOutside(cwd, along);
  if (outside.length === 0) return question;
  return { ...question, access: { ...access, also: [...also, ...outside] } };
}

const maxDirectories = 300;
/** A longer path is none to a system. */
const maxPathCharacters = 4096;

function directoriesOf(paths: readonly string[]): number {
  const depthOf = (path: string) =>
    path.length > maxPathCharacters ? Infinity : path.split("/").length;
  return paths.reduce((sum, path) => sum + depthOf(path), 0);
}

/** With what it would change, where only the content says so: a person can only allow what is shown. */
function withChange({ input, content }: AcpCall): unknown {
  const fields = fieldsOf(input);
  const diff = content.map(fileDiff).join("");
  const isTold = diff === "" || changeNames.some((name) => name in fields);
  return isTold ? input : { ...fields, diff };
}

const changeNames = ["old_string", "oldText", "oldString", "content", "edits", "patch", "diff"];

/**
 * A command counts as one whatever kind the agent gives it: some call `cat` a read. What has a text that is not understood
 * is a tool, with all that it was given: no rule covers it. Nor one of a tool without a name: it could be any.
 */
function accessOf({ kind, name, title, input, paths }: AcpCall, cwd: string): EngineAccess {
  const fields = fieldsOf(input);
  const all = JSON.stringify(input ?? {});
  // Whatever a server has named its parameters: a command of it is none of a shell.
  if (name.startsWith("mcp__")) {
    // opencode asks without it (seen with 1.18.33): nothing can be allowed beyond this call.
    const isTold = Object.keys(fields).length > 0;
    return isTold
      ? { kind: "tool", tool: name, subject: all }
      : { kind: "tool", tool: name, subject: "(the agent does not say with what)", once: true };
  }
  const isKnown = Object.entries(fields).every(isUnderstood) && !leadsOut(name, fields);
  const isFile = ["edit", "delete", "move", "search", "read"].includes(kind);
  const command = commandOf(fields) ?? (kind === "execute" ? title : undefined);
  if (!isKnown && (isFile || command !== undefined))
    return { kind: "tool", tool: name || kind, subject: all, once: true };
  const directory = stringIn(fields, directoryNames);
  if (command !== undefined)
    return { kind: "command", command, ...(directory && { directory: resolve(cwd, directory) }) };
  const [path, ...also] = pathsOf(fields, paths);
  if (path !== undefined && ["edit", "delete", "move"].includes(kind))
    return { kind: "edit", path, ...(also.length > 0 && { also }) };
  // Gemini CLI gives none of its patterns (seen with 0.61.0), which can lead anywhere.
  if (kind === "search" && input !== undefined)
    return { kind: "read", path: path ?? resolve(cwd, directory ?? ""), also, isSearch: true };
  if (path !== undefined && kind === "read") return { kind: "read", path, also };
  const isUnclear = isFile || kind === "execute" || name === "";
  const subject = title ?? all;
  return { kind: "tool", tool: name || kind, subject, ...(isUnclear && { once: true }) };
}

function isUnderstood([field, value]: [string, unknown]): boolean {
  if (value === null || !["string", "object"].includes(typeof value)) return true;
  const isPlace = directoryNames.includes(field) || pathNames.includes(field);
  return knownFields.has(field) && (!isPlace || typeof value === "string");
}

/** Names of files are searched by patterns, which can lead out of the place that is searched. What grep finds is no file. */
function leadsOut(name: string, { pattern, ...fields }: Record<string, unknown>): boolean {
  const names = ["glob", "include", "include_pattern"].map((field) => fields[field]);
  return [...names, ...(/grep/i.test(name) ? [] : [pattern])].some(isOutward);
}

const directoryNames = ["cwd", "workdir", "dir_path", "directory"];
const pathNames = ["file_path", "filePath", "filepath", "path", "absolute_path"];

/** What is understood, or says nothing of what is touched. */
const knownFields = new Set([
  "command",
  ...directoryNames,
  ...pathNames,
  ...changeNames,
  ..."new_string newText newString description instruction ai_proposed_content".split(" "),
  ..."pattern glob include exclude_pattern include_pattern type output_mode".split(" "),
]);

function fieldsOf(input: unknown): Record<string, unknown> {
  return typeof input === "object" && input !== null ? (input as Record<string, unknown>) : {};
}

function commandOf(fields: Record<string, unknown>): string | undefined {
  const { command } = fields;
  if (typeof command === "string" && command !== "") return command;
  if (!Array.isArray(command) || !command.every(isString)) return undefined;
  const [shell = "", flag = "", script, ...others] = command;
  const isScript = /(^|\/)(ba|z|da)?sh$/.test(shell) && /^-l?c$/.test(flag) && others.length === 0;
  if (isScript && script !== undefined) return script;
  return command.length > 0 ? command.map(quoted).join(" ") : undefined;
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function pathsOf(fields: Record<string, unknown>, named: readonly string[]): string[] {
  const own = stringIn(fields, pathNames);
  const all = [...named, ...(own === undefined ? [] : [own])];
  return [...new Set(all)].filter((path) => path !== "");
}

function stringIn(fields: Record<string, unknown>, names: string[]): string | undefined {
  return names.map((name) => fields[name]).find((one): one is string => typeof one === "string");
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}
