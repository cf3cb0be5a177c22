/** What a command or a skill says once a person has typed its arguments, and the lines of it that are run. Pure. */
import { argumentWords } from "../../shared/prompt-arguments";
import type { CommandLine } from "../../shared/protocol";
import { visibleName } from "../../shared/visible-text";
import { commandLines } from "./command-lines";
import type { ActingSkill } from "./definition-types";

export interface ExpandedCommand {
  /** For the model. It names the output of each line, which follows it. */
  text: string;
  /** To be run before the model is asked, each once, in their order. */
  lines: CommandLine[];
}

/**
 * `typed`: what follows the command's name. It replaces `$ARGUMENTS`, and its words `$ARGUMENTS[0]` … and `$0` … or `$1` …;
 * the highest number takes all that is left. A text without any of these gets it as its last paragraph. Nothing that is
 * inserted is looked at again, and nothing is inserted into a line: bash has the same words as its own parameters.
 * Undefined when that is longer than `maxCharacters`.
 */
export function expandCommand(
  text: string,
  typed: string,
  maxCharacters: number,
): ExpandedCommand | undefined {
  const found = commandLines(text);
  const inserted = new Inserted(text, typed, new Set(found.map(({ command }) => command)));
  let expanded = "";
  let from = 0;
  for (const { start, end, command } of found) {
    const before = inserted.in(text.slice(from, start), maxCharacters - expanded.length);
    if (before === undefined) return undefined;
    expanded += before + outputName(command);
    from = end;
  }
  const rest = inserted.in(text.slice(from), maxCharacters - expanded.length);
  if (rest === undefined) return undefined;
  expanded += rest;
  if (!inserted.isUsed && typed.trim() !== "")
    expanded = `${expanded.trimEnd()}\n\n${typed.trim()}`;
  return expanded.length > maxCharacters ? undefined : { text: expanded, lines: inserted.lines() };
}

/** What a skill says, with where its files are. */
export function skillText(skill: Pick<ActingSkill, "text" | "folder" | "files">): string {
  return [inFolder(skill.text, skill), filesText(skill)].filter(Boolean).join("\n\n");
}

/** The text of a skill, or a line of it, with its folder where it speaks of that. */
export function inFolder(text: string, { folder }: Pick<ActingSkill, "folder">): string {
  return text.replaceAll(/\$\{(?:CLAUDE_)?SKILL_DIR\}/g, () => folder);
}

/** "" of one without files. Their names are no part of what it says: nothing in them is run or replaced. */
export function filesText({ folder, files }: Pick<ActingSkill, "folder" | "files">): string {
  const names = files.map(({ path }) => `- ${visibleName(path)}`);
  return names.length === 0 ? "" : `Its folder is ${folder}, with:\n${names.join("\n")}`;
}

/** Where an argument stands, and a `$` that is none because of the backslash before it. */
const places =
  /\\(?<escaped>\$(?:\d|ARGUMENTS))|\$ARGUMENTS\[(?<index>\d{1,2})\]|\$ARGUMENTS(?!\w)|\$(?<number>\d{1,2})(?!\d)/g;

/** As bash names its parameters. */
const parameterForm = /\$[{#!]*(?:[\d@*#]|ARGUMENTS)/;

/** The arguments in their places. */
class Inserted {
  /** Some place has an argument, or a line does. */
  isUsed: boolean;
  readonly #typed: string;
  readonly #words: string[];
  readonly #commands: Set<string>;
  /** From where the text counts. */
  readonly #first: 0 | 1;
  readonly #highest: number;

  constructor(text: string, typed: string, commands: Set<string>) {
    this.#typed = typed;
    this.#words = argumentWords(typed);
    this.#commands = commands;
    this.isUsed = [...commands].some((command) => parameterForm.test(command));
    const numbers = [...text.matchAll(/(?<!\\)\$\{?(\d{1,2})(?!\d)/g)].map(([, one]) =>
      Number(one),
    );
    this.#first = numbers.includes(0) ? 0 : 1;
    this.#highest = numbers.reduce((most, number) => Math.max(most, number), 0);
  }

  /** Undefined when it becomes longer than `maxCharacters`. */
  in(text: string, maxCharacters: number): string | undefined {
    let expanded = "";
    let from = 0;
    for (const { 0: written, index, groups = {} } of text.matchAll(places)) {
      expanded += text.slice(from, index) + this.#at(groups);
      from = index + written.length;
      if (expanded.length > maxCharacters) return undefined;
    }
    return expanded + text.slice(from);
  }

  #at({ escaped, index, number }: Partial<Record<string, string>>): string {
    if (escaped !== undefined) return escaped;
    this.isUsed = true;
    if (index !== undefined) return this.#words[Number(index)] ?? "";
    if (number === undefined) return this.#typed;
    const at = Number(number) - this.#first;
    return Number(number) === this.#highest
      ? this.#words.slice(at).join(" ")
      : (this.#words[at] ?? "");
  }

  /** Bash counts from `$0`; where the text counts from `$1`, that is its own name. */
  lines(): CommandLine[] {
    const [zero = "", ...others] = this.#words;
    const parameters = this.#first === 0 ? [zero, ...others] : ["bash", ...this.#words];
    return [...this.#commands].map((command) =>
      /\$|ARGUMENTS/.test(command) ? { command, parameters, arguments: this.#typed } : { command },
    );
  }
}

function outputName(command: string): string {
  return /[\n`]/.test(command)
    ? "[output of a script: below]"
    : `[output of \`${command}\`: below]`;
}
