/** What the faces say of MCP servers. */
import type {
  McpConfigurationAnswer,
  McpEntry,
  McpServerShown,
  McpServerState,
  McpServerView,
} from "../../shared/protocol";
import { plural } from "../../shared/plural";

export const mcpStateWords: Record<McpServerState, string> = {
  asked: "waits for your answer",
  refused: "refused",
  off: "off",
  "not-started": "not started",
  starting: "starting",
  ready: "ready",
  "sign-in": "waits for your sign-in",
  failed: "failed",
};

/** Those of a project that a person has not answered. */
export function askedEntries(
  answer: Pick<McpConfigurationAnswer, "entries"> | undefined,
): McpEntry[] {
  return (answer?.entries ?? []).filter(({ standing }) => standing === "asked");
}

export function askedWords(count: number): string {
  return `This project brings ${plural(count, "MCP server")}.`;
}

/** "13 tools, 2 of them off". */
export function toolWords({ tools }: McpServerView, off: readonly string[]): string {
  const count = tools.filter(({ name }) => off.includes(name)).length;
  const words = plural(tools.length, "tool");
  return count === 0 ? words : `${words}, ${count} of them off`;
}

export interface McpRow {
  label: string;
  /** `null`: it is set, and stays on the server. */
  text: string | null;
}

/** All that is started or called, a row for each argument, variable and header. */
export function mcpRows(server: McpServerShown): McpRow[] {
  const named = (label: string, values: Record<string, string | null>) =>
    Object.entries(values).map(([name, text]) => ({ label: `${label} ${name}`, text }));
  if (server.type === "http")
    return [{ label: "Address", text: server.url }, ...named("Header", server.headers)];
  const rows = server.args.map((text, index) => ({ label: `Argument ${index + 1}`, text }));
  return [{ label: "Command", text: server.command }, ...rows, ...named("Variable", server.env)];
}

/** The rows of what was allowed before that are no longer so. */
export function changedRows({ server, before }: McpEntry): McpRow[] {
  const now = mcpRows(server);
  const isSame = (row: McpRow) =>
    now.some(({ label, text }) => label === row.label && text === row.text);
  return before === undefined ? [] : mcpRows(before).filter((row) => !isSame(row));
}
