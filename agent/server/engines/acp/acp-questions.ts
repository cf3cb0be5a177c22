/** Permission requests of ACP as Rein's questions, and Rein's answers as one of their options. */
import { resolve } from "node:path";
import type { EngineAccess, EngineAnswer, EngineQuestion } from "../engine";
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
 * is a tool, with all that it was given: no rule for files or commands covers it.
 */
function accessOf({ kind, name, title, input, paths }: AcpCall, cwd: string): EngineAccess {
  const fields = fieldsOf(input);
  const all = JSON.stringify(input ?? {});
  const isKnown = Object.entries(fields).every(
    ([field, value]) => knownFields.has(field) || !["string", "object"].includes(typeof value),
  );
  const isFile = ["edit", "delete", "move", "search", "read"].includes(kind);
  const command = commandOf(fields) ?? (kind === "execute" ? title : undefined);
  if (!isKnown && (isFile || command !== undefined))
    return { kind: "tool", tool: name || kind, subject: all };
  const directory = stringIn(fields, directoryNames);
  if (command !== undefined)
    return { kind: "command", command, ...(directory && { directory: resolve(cwd, directory) }) };
  const [path, ...also] = pathsOf(fields, paths);
  if (path !== undefined && ["edit", "delete", "move"].includes(kind))
    return { kind: "edit", path, ...(also.length > 0 && { also }) };
  if (kind === "search")
    return { kind: "read", path: path ?? resolve(cwd, directory ?? ""), also, isSearch: true };
  if (path !== undefined && kind === "read") return { kind: "read", path, also };
  return { kind: "tool", tool: name || kind, subject: title ?? all };
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
