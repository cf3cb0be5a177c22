/** The names by which other programs call the tools that Rein has. */
import type { Rule } from "../../shared/protocol";
import { runsItsArguments, simpleWords } from "../../shared/simple-command";

/** By their names in small letters. */
const aliases: Record<string, string> = {
  read: "read",
  notebookread: "read",
  write: "write",
  edit: "edit",
  multiedit: "edit",
  patch: "apply_patch",
  apply_patch: "apply_patch",
  bash: "bash",
  shell: "bash",
  bashoutput: "process",
  killshell: "process",
  process: "process",
  glob: "glob",
  ls: "glob",
  list: "glob",
  grep: "grep",
  webfetch: "fetch",
  fetch: "fetch",
  websearch: "search",
  search: "search",
  skill: "skill",
};

/** Rein's name of it, or that of an MCP server's tool, `mcp__server__*` for all of them; undefined for one that subagents do not have. */
export function toolNameOf(name: string): string | undefined {
  if (/^mcp__[\w-]+__(?:[\w-]+|\*)$/.test(name) && name.length <= 64) return name;
  if (/^mcp__[\w-]+$/.test(name) && name.length <= 60) return `${name}__*`;
  const known = name.toLowerCase();
  return Object.hasOwn(aliases, known) ? aliases[known] : undefined;
}

/** The names of a list, of a text with commas or spaces between them: what is in parentheses belongs to a name. */
export function listedNames(field: string | string[]): string[] {
  const texts = typeof field === "string" ? [field] : field;
  return texts
    .flatMap((text) => text.match(/[^\s,()]+(?:\([^)]{0,300}\))?/g) ?? [])
    .slice(0, maxNames);
}

const maxNames = 200;

/**
 * What one entry of `allowed-tools` allows to a command's run; nothing for all that would allow more than a few plain
 * commands, or edits in the working directory.
 */
export function granted(entry: string): Rule | undefined {
  const [, name = "", inside] = /^([^(]+)(?:\((.*)\))?$/s.exec(entry) ?? [];
  const tool = toolNameOf(name);
  if ((tool === "edit" || tool === "write") && inside === undefined)
    return { kind: "edit", match: "directory", path: "." };
  if (tool !== "bash" || inside === undefined) return undefined;
  const [, prefix] = /^(.*?)(?::\*|\s+\*)$/.exec(inside.trim()) ?? [];
  const command = (prefix ?? inside).trim();
  const words = simpleWords(command);
  if (words === undefined || words.some((word) => runsItsArguments.has(word))) return undefined;
  return { kind: "command", match: prefix === undefined ? "exact" : "prefix", command };
}
