/** What a command or a skill says once a person has typed its arguments, and the lines of it that are run. Pure. */
import { argumentWords } from "../../shared/prompt-arguments";
import type { CommandLine } from "../../shared/protocol";

export interface ExpandedCommand {
  /** For the model. It names the output of each line, which follows it. */
  text: string;
  /** To be run before the model is asked, each once, in their order. */
  lines: CommandLine[];
}

/** Of one command; what comes after them is not run. */
export const maxCommandLines = 20;

/** The lines that the text runs, each as it is written. */
export function commandLines(text: string): string[] {
  const found = [...text.matchAll(places)].flatMap(({ groups }) => groups?.line ?? []);
  return [...new Set(found)].slice(0, maxCommandLines);
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
  const words = argumentWords(typed);
  const commands = commandLines(text);
  const numbers = numbersIn(text, commands);
  const first = numbers.includes(0) ? 0 : 1;
  const highest = numbers.reduce((most, number) => Math.max(most, number), 0);
  const word = (number: number) =>
    number === highest ? words.slice(number - first).join(" ") : (words[number - first] ?? "");
  let isUsed = commands.some((command) => parameterForm.test(command));
  const inserted = ({ escaped, line, index, number }: Groups): string => {
    if (escaped !== undefined) return escaped;
    if (line !== undefined) return outputName(line, commands.includes(line));
    isUsed = true;
    if (index !== undefined) return words[Number(index)] ?? "";
    return number === undefined ? typed : word(Number(number));
  };
  let expanded = "";
  let from = 0;
  for (const { 0: written, index, groups = {} } of text.matchAll(places)) {
    expanded += text.slice(from, index) + inserted(groups);
    from = index + written.length;
    if (expanded.length > maxCharacters) return undefined;
  }
  expanded += text.slice(from);
  if (!isUsed && typed.trim() !== "") expanded = `${expanded.trimEnd()}\n\n${typed.trim()}`;
  if (expanded.length > maxCharacters) return undefined;
  return {
    text: expanded,
    lines: commands.map((command) => lineOf(command, typed, words, first)),
  };
}

type Groups = Partial<Record<string, string>>;

/** Where an argument or the output of a line stands, and a `$` that is none because of the backslash before it. */
const places =
  /\\(?<escaped>\$(?:\d|ARGUMENTS))|(?<!\S)!`(?<line>[^`\n]+)`|\$ARGUMENTS\[(?<index>\d{1,2})\]|\$ARGUMENTS(?!\w)|\$(?<number>\d{1,2})(?!\d)/g;

/** As bash names its parameters. */
const parameterForm = /\$[{#!]*(?:[\d@*#]|ARGUMENTS)/;

/** All `$N`, those of lines too. */
function numbersIn(text: string, commands: string[]): number[] {
  const inText = [...text.matchAll(places)].flatMap(({ groups }) => groups?.number ?? []);
  const inLines = commands.flatMap((command) =>
    [...command.matchAll(/\$\{?(\d{1,2})/g)].flatMap((found) => found[1] ?? []),
  );
  return [...inText, ...inLines].map(Number);
}

function outputName(line: string, isRun: boolean): string {
  return isRun
    ? `[output of \`${line}\`: below]`
    : `[\`${line}\` was not run: a command runs at most ${maxCommandLines} lines]`;
}

/** Bash counts from `$0`; where the text counts from `$1`, that is its own name. */
function lineOf(command: string, typed: string, words: string[], first: 0 | 1): CommandLine {
  if (!/\$|ARGUMENTS/.test(command)) return { command };
  const parameters = first === 0 ? [words[0] ?? "", ...words.slice(1)] : ["bash", ...words];
  return { command, parameters, arguments: typed };
}
