/** A rule as a person writes it, brought into the form in which rules are compared. */
import { basename, resolve } from "node:path";
import type { Rule, RuleEffect } from "../../shared/protocol";
import { relativeTo } from "../../shared/rules";
import { realPath } from "../files/real-path";
import { offeredVerbs, runsItsArguments, simpleWords } from "../../shared/simple-command";

/**
 * Its paths without links, relative when inside `cwd`; of what does not exist yet, where it would be. Throws the system's
 * errors, the signal's reason when it aborts.
 */
export async function realRule(rule: Rule, cwd: string, signal: AbortSignal): Promise<Rule> {
  const real = async (path: string) => relativeTo(await realPath(resolve(cwd, path), signal), cwd);
  if (rule.kind === "tool") return rule;
  if (rule.kind !== "command") return { ...rule, path: await real(rule.path) };
  const { directory, ...rest } = rule;
  const where = directory === undefined ? "." : await real(directory);
  return where === "." ? rest : { ...rest, directory: where };
}

/** Why it is refused, as a sentence; undefined when it can be kept. */
export function whyNoRule(rule: Rule, effect: RuleEffect): string | undefined {
  if (rule.kind !== "command" || rule.match !== "prefix") return undefined;
  const words = simpleWords(rule.command);
  if (words === undefined)
    return "A prefix is plain words with single spaces between them, without anything special to a shell.";
  const program = basename(words[0]!);
  // `python3.11` is python.
  const isOpen = [program, program.replace(/[\d.-]+$/, "")].some((one) =>
    runsItsArguments.has(one),
  );
  const isBare = words.length === 1 && Object.hasOwn(offeredVerbs, program);
  if (effect === "allow" && (isOpen || isBare))
    return `${words.join(" ")} runs or writes what its arguments name, so this prefix would allow anything. Allow exact commands.`;
  return undefined;
}
