/** What the faces say of the files that say how an agent works. */
import type {
  Definition,
  DefinitionKind,
  DefinitionOrigin,
  ProjectView,
} from "../../shared/protocol";
import type { maxInstructionBytes, maxProjectInstructions } from "../../shared/requests";
import { type DiffLine, replacedLines } from "./diff-lines";
import { lazyWords, t, tn } from "../../shared/translation";

/** In the order in which they are listed. */
export const kindTitles = lazyWords<DefinitionKind>({
  instructions: () => t("Instructions"),
  command: () => t("Commands"),
  skill: () => t("Skills"),
  role: () => t("Roles of subagents"),
  "language-server": () => t("Language servers"),
});

const kindCounts: Record<DefinitionKind, (count: number) => string> = {
  instructions: (count) => tn(count, "{count} instruction file", "{count} instruction files"),
  command: (count) => tn(count, "{count} command", "{count} commands"),
  skill: (count) => tn(count, "{count} skill", "{count} skills"),
  role: (count) => tn(count, "{count} role", "{count} roles"),
  "language-server": (count) => tn(count, "{count} language server", "{count} language servers"),
};

/** What acts once it is allowed. */
export const kindWords = lazyWords<DefinitionKind>({
  instructions: () => t("The model is told all of it in each turn."),
  command: () => t("Its text is sent when you type its name."),
  skill: () => t("The model is told its description, and reads the rest when it needs it."),
  role: () => t("The model may send out subagents that work as it says."),
  "language-server": () =>
    t("It runs as a program, and says what is wrong with a file after an edit."),
});

export const originWords = lazyWords<DefinitionOrigin>({
  "built-in": () => t("of Rein"),
  person: () => t("yours"),
  project: () => t("of this project"),
});

export const standingWords = lazyWords<Definition["standing"]>({
  on: () => t("on"),
  asked: () => t("waits for your answer"),
  refused: () => t("refused"),
  off: () => t("off"),
});

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
  const pieces = kinds.flatMap((kind) => {
    const count = asked.filter((one) => one.kind === kind).length;
    return count === 0 ? [] : kindCounts[kind](count);
  });
  if (mcpServers > 0) pieces.push(tn(mcpServers, "{count} MCP server", "{count} MCP servers"));
  const last = pieces.pop() ?? t("nothing");
  const all =
    pieces.length === 0 ? last : t("{list} and {last}", { list: pieces.join(", "), last });
  return t("This project brings {list}. None of it acts before you have seen it.", { list: all });
}

/** "1 note proposed for this project." */
export function proposedWords(count: number): string {
  return tn(
    count,
    "{count} note proposed for later sessions in this project.",
    "{count} notes proposed for later sessions in this project.",
  );
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
    tools &&
      (tools.length === 0 ? t("no tools") : t("tools: {names}", { names: tools.join(", ") })),
    model && [provider, model].filter(Boolean).join("/"),
    effort && t("effort {effort}", { effort }),
    turns !== undefined && tn(turns, "at most {count} turn", "at most {count} turns"),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Of instructions that were edited. */
export function changedMeanwhile(): string {
  return t("It has changed since it was shown. Look at it again: this is how it is now.");
}

export const maxProjectCharacters: typeof maxProjectInstructions = 8000;
export const maxPersonalCharacters: typeof maxInstructionBytes = 64_000;
