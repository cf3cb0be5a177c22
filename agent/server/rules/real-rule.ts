/** A rule as a person writes it, brought into the form in which rules are compared. */
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Rule, RuleEffect } from "../../shared/protocol";
import { relativeTo } from "../../shared/rules";
import { runsItsArguments, simpleWords } from "../../shared/simple-command";

/** Its paths without links, relative when inside `cwd`. What does not exist yet stays as it is written. */
export async function realRule(rule: Rule, cwd: string): Promise<Rule> {
  if (rule.kind !== "command") return { ...rule, path: await realPath(rule.path, cwd) };
  const { directory, ...rest } = rule;
  const where = directory === undefined ? "." : await realPath(directory, cwd);
  return where === "." ? rest : { ...rest, directory: where };
}

async function realPath(path: string, cwd: string): Promise<string> {
  return relativeTo(await follow(path.startsWith("/") ? path : join(cwd, path)), cwd);
}

async function follow(path: string): Promise<string> {
  const found = await realpath(path).catch(() => undefined);
  if (found !== undefined || path === "/") return found ?? path;
  return join(await follow(dirname(path)), basename(path));
}

/** Why it is refused, as a sentence; undefined when it can be kept. */
export function whyNoRule(rule: Rule, effect: RuleEffect): string | undefined {
  if (rule.kind !== "command" || rule.match !== "prefix") return undefined;
  const words = simpleWords(rule.command);
  if (words === undefined)
    return "A prefix is plain words with single spaces between them, without anything special to a shell.";
  const program = basename(words[0]!);
  if (effect === "allow" && runsItsArguments.has(program))
    return `${program} runs or writes what its arguments name, so its prefix would allow anything. Allow exact commands.`;
  return undefined;
}
