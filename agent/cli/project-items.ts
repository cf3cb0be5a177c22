/** What says how an agent works in a directory, as `rein project` lists, shows and answers it: definitions and MCP servers. */
import { signs } from "../client/state/diff-lines";
import { changedRows, type McpRow, mcpRows } from "../client/state/mcp-words";
import {
  changedLines,
  definitionName,
  originWords,
  roleWords,
  standingWords,
} from "../client/state/project-words";
import { plural } from "../shared/plural";
import type { Definition, McpEntry } from "../shared/protocol";
import { exact, exactLine, indented } from "./exact-text";

export type ProjectItem = {
  kind: string;
  name: string;
  /** The words that mean it in a command line. */
  names: string[];
  from: string;
  standing: Definition["standing"];
  path: string;
  isOfProject: boolean;
  /** All that a person answers for, in lines that are safe to print. */
  facts: string[];
} & ({ definition: Definition } | { server: McpEntry });

export function definitionItem(definition: Definition): ProjectItem {
  const { kind, origin, standing, path, name } = definition;
  const called = definitionName(definition);
  const common = { kind, name: called, from: originWords[origin], standing, path };
  return {
    ...common,
    names: [name, path, called],
    isOfProject: origin === "project",
    facts: definitionFacts(definition),
    definition,
  };
}

function definitionFacts(definition: Definition): string[] {
  const { text, files = [], runs, grants, notes } = definition;
  const role = roleWords(definition);
  const facts = [
    ...(role === "" ? [] : [role]),
    ...runs.map((command) => `Runs: ${command}`),
    ...grants.map((words) => `Allows: ${words}`),
    ...files.map((file) => `In its folder: ${file.path} (${plural(file.bytes, "byte")})`),
    ...notes,
  ].map((fact) => `  ${exactLine(fact)}`);
  const changed = changedLines(definition)?.map((line) => signs[line.kind] + exact(line.text));
  const changes = changed && ["  Since it was allowed:", indented(changed.join("\n"))];
  return [...facts, ...(changes ?? []), "  Text:", indented(exact(text.trimEnd()))];
}

/** Of a project alone: those of the settings are listed by `rein mcp`. */
export function serverItems(entries: readonly McpEntry[]): ProjectItem[] {
  return entries
    .filter(({ origin }) => origin === "project")
    .map((server) => ({
      kind: "MCP server",
      name: server.name,
      names: [server.name],
      from: originWords.project,
      standing: server.standing,
      path: ".mcp.json",
      isOfProject: true,
      facts: serverFacts(server),
      server,
    }));
}

function serverFacts(entry: McpEntry): string[] {
  const before = changedRows(entry);
  return [
    ...mcpRows(entry.server).map(rowWords),
    ...entry.warnings.map((words) => `  ${exactLine(words)}`),
    ...(before.length === 0 ? [] : ["  Since it was allowed, this is no longer so:"]),
    ...before.map(rowWords),
  ];
}

function rowWords({ label, text }: McpRow): string {
  return `  ${exactLine(label)}: ${text === null ? "set" : exactLine(text)}`;
}

/** Everything that a person answers for. */
export function wholeWords({ kind, name, from, path, standing, facts }: ProjectItem): string {
  const head = `${kind} ${exactLine(name)} (${from}, ${exactLine(path)}): ${standingWords[standing]}`;
  return `${[head, ...facts].join("\n")}\n`;
}
