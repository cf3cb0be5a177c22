/** What the faces say of MCP servers. */
import type {
  McpConfigurationAnswer,
  McpEntry,
  McpServerShown,
  McpServerState,
  McpServerView,
} from "../../shared/protocol";
import { lazyWords, t, tn } from "../../shared/translation";

export const mcpStateWords = lazyWords<McpServerState>({
  asked: () => t("waits for your answer"),
  refused: () => t("refused"),
  off: () => t("off"),
  "not-started": () => t("not started"),
  starting: () => t("starting"),
  ready: () => t("ready"),
  "sign-in": () => t("waits for your sign-in"),
  failed: () => t("failed"),
});

/** Those of a project that a person has not answered. */
export function askedEntries(
  answer: Pick<McpConfigurationAnswer, "entries"> | undefined,
): McpEntry[] {
  return (answer?.entries ?? []).filter(({ standing }) => standing === "asked");
}

export function askedWords(count: number): string {
  return tn(
    count,
    "This project brings {count} MCP server.",
    "This project brings {count} MCP servers.",
  );
}

/** "13 tools, 2 of them off". */
export function toolWords({ tools }: McpServerView, off: readonly string[]): string {
  const count = tools.filter(({ name }) => off.includes(name)).length;
  const words = tn(tools.length, "{count} tool", "{count} tools");
  return count === 0
    ? words
    : tn(count, "{words}, {count} of them off", "{words}, {count} of them off", { words });
}

export interface McpRow {
  label: string;
  /** `null`: it is set, and stays on the server. */
  text: string | null;
}

/** All that is started or called, a row for each argument, variable and header. */
export function mcpRows(server: McpServerShown): McpRow[] {
  const named = (labelOf: (name: string) => string, values: Record<string, string | null>) =>
    Object.entries(values).map(([name, text]) => ({ label: labelOf(name), text }));
  if (server.type === "http")
    return [
      { label: t("Address"), text: server.url },
      ...named((name) => t("Header {name}", { name }), server.headers),
    ];
  const rows = server.args.map((text, index) => ({
    label: t("Argument {number}", { number: index + 1 }),
    text,
  }));
  return [
    { label: t("Command"), text: server.command },
    ...rows,
    ...named((name) => t("Variable {name}", { name }), server.env),
  ];
}

/** The rows of what was allowed before that are no longer so. */
export function changedRows({ server, before }: McpEntry): McpRow[] {
  const now = mcpRows(server);
  const isSame = (row: McpRow) =>
    now.some(({ label, text }) => label === row.label && text === row.text);
  return before === undefined ? [] : mcpRows(before).filter((row) => !isSame(row));
}
