/** What the faces say of the files that say how an agent works. */
import { plural } from "../../shared/plural";
import type {
  Definition,
  DefinitionKind,
  DefinitionOrigin,
  ProjectView,
} from "../../shared/protocol";
import { type DiffLine, replacedLines } from "./diff-lines";

/** In the order in which they are listed. */
export const kindTitles: Record<DefinitionKind, string> = {
  instructions: "Instructions",
  command: "Commands",
  skill: "Skills",
  role: "Roles of subagents",
  "language-server": "Language servers",
};

const kindNouns: Record<DefinitionKind, string> = {
  instructions: "instruction file",
  command: "command",
  skill: "skill",
  role: "role",
  "language-server": "language server",
};

/** What acts once it is allowed. */
export const kindWords: Record<DefinitionKind, string> = {
  instructions: "The model is told all of it in each turn.",
  command: "Its text is sent when you type its name.",
  skill: "The model is told its description, and reads the rest when it needs it.",
  role: "The model may send out subagents that work as it says.",
  "language-server": "It runs as a program, and says what is wrong with a file after an edit.",
};

export const originWords: Record<DefinitionOrigin, string> = {
  "built-in": "of Rein",
  person: "yours",
  project: "of this project",
};

export const standingWords: Record<Definition["standing"], string> = {
  on: "on",
  asked: "waits for your answer",
  refused: "refused",
  off: "off",
};

/** As it is called where kinds stand together: "/review", "skill tests", "AGENTS.md". */
export function definitionName({ kind, name, path }: Definition): string {
  if (kind === "command") return `/${name}`;
  return kind === "instructions" ? path : name;
}

/** Different for each of a project's: two files may define the same name. */
export function definitionKey({ kind, origin, name, path }: Definition): string {
  return JSON.stringify([kind, origin, name, path]);
}

/** Those of a project that a person has not answered. */
export function askedDefinitions(view: Pick<ProjectView, "definitions"> | undefined): Definition[] {
  return (view?.definitions ?? []).filter(({ standing }) => standing === "asked");
}

/** "This project brings 1 instruction file, 2 commands and 1 MCP server." */
export function broughtWords(asked: readonly Definition[], mcpServers: number): string {
  const kinds = Object.keys(kindTitles) as DefinitionKind[];
  const counts = kinds.map((kind) => ({
    noun: kindNouns[kind],
    count: asked.filter((one) => one.kind === kind).length,
  }));
  const pieces = [...counts, { noun: "MCP server", count: mcpServers }]
    .filter(({ count }) => count > 0)
    .map(({ count, noun }) => plural(count, noun));
  const last = pieces.pop() ?? "nothing";
  const all = pieces.length === 0 ? last : `${pieces.join(", ")} and ${last}`;
  return `This project brings ${all}. None of it acts before you have seen it.`;
}

/** "1 note proposed for this project." */
export function proposedWords(count: number): string {
  return `${plural(count, "note")} proposed for later sessions in this project.`;
}

/** What of it is not the same as when it was allowed; undefined when it was not allowed before. */
export function changedLines({ before, text }: Definition): DiffLine[] | undefined {
  return before === undefined ? undefined : replacedLines(before, text);
}

/** What a role says of its subagents, in one line; "" when it says nothing. */
export function roleWords({ role }: Pick<Definition, "role">): string {
  if (role === undefined) return "";
  const { tools, provider, model, effort, turns } = role;
  return [
    tools && (tools.length === 0 ? "no tools" : `tools: ${tools.join(", ")}`),
    model && [provider, model].filter(Boolean).join("/"),
    effort && `effort ${effort}`,
    turns !== undefined && `at most ${plural(turns, "turn")}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
