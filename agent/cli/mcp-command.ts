/** `rein mcp`: lists the MCP servers of the directory, and adds and removes those of the settings. */
import { mcpRows, mcpStateWords } from "../client/state/mcp-words";
import type { McpConfigurationAnswer, McpServerShown } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { answerMs, type Call, type Command, UsageError } from "./command";
import { jsonLine, writeOutput } from "./standard-output";
import { textTable } from "./text-table";

export const mcpCommand: Command = {
  name: "mcp",
  summary: "List the MCP servers of this directory; add and remove those of the settings",
  usage:
    "[--json] | add NAME [--header 'NAME: VALUE'] URL | add NAME [--env NAME=VALUE] -- COMMAND [ARGUMENT…] | remove NAME",
  positionals: 103,
  options: {
    json: { type: "boolean", help: "Print JSON in the place of a table" },
    env: {
      type: "string",
      multiple: true,
      value: "NAME=VALUE",
      help: "add: a variable that the command gets. It stays on the server",
    },
    header: {
      type: "string",
      multiple: true,
      value: "NAME: VALUE",
      help: "add: a header that is sent to the address. It stays on the server",
    },
  },
  run: async (call) => {
    const [action, name, target, ...args] = call.positionals;
    if (action === undefined) return list(call);
    if (action === "add" && name !== undefined && target !== undefined)
      return change(call, name, serverOf(call, target, args));
    if (action === "remove" && name !== undefined && target === undefined)
      return change(call, name, null);
    throw new UsageError(`“rein mcp” takes ${mcpCommand.usage}.`);
  },
};

function serverOf(call: Call, target: string, args: string[]): McpServerShown {
  const env = valuesOf(call.all("env"), "=", "--env takes NAME=VALUE");
  const headers = valuesOf(call.all("header"), ":", "--header takes “Name: value”");
  if (!/^https?:\/\//i.test(target)) {
    if (Object.keys(headers).length > 0)
      throw new UsageError("--header is for an MCP server with an address.");
    return { type: "stdio", command: target, args, env };
  }
  if (args.length > 0) throw new UsageError("An MCP server with an address takes no arguments.");
  if (Object.keys(env).length > 0)
    throw new UsageError("--env is for an MCP server with a command.");
  return { type: "http", url: target, headers };
}

function valuesOf(
  texts: readonly string[],
  separator: string,
  words: string,
): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf(separator);
      if (at < 1)
        throw new UsageError(`${words}: “${text.slice(0, Math.max(0, at))}” is not that.`);
      const value = text.slice(at + 1);
      return [text.slice(0, at).trim(), separator === ":" ? value.trim() : value];
    }),
  );
}

async function list(call: Call): Promise<number> {
  const { rein } = await call.connect("terminal");
  const cwd = call.isRemote ? undefined : process.cwd();
  const answer = await rein.mcp(cwd, undefined, AbortSignal.timeout(answerMs));
  if (call.has("json")) await writeOutput(jsonLine(answer));
  else await writeOutput(words(answer));
  return 0;
}

function words({ servers, entries, problems }: McpConfigurationAnswer): string {
  const rows = entries.map(({ name, origin, server }) => {
    const view = servers.find((one) => one.name === name && one.origin === origin);
    const line = mcpRows(server).filter(({ label }) => /^(Command|Argument|Address)/.test(label));
    const shown = line.map(({ text }) => text ?? "").join(" ");
    return [
      terminalLine(name),
      origin,
      mcpStateWords[view?.state ?? "not-started"],
      terminalLine(shown),
    ];
  });
  const table =
    rows.length === 0
      ? "No MCP servers. “rein mcp add NAME -- COMMAND” adds one."
      : textTable(["NAME", "FROM", "STATE", "RUNS"], rows);
  return `${[table, ...problems.map(terminalLine)].join("\n")}\n`;
}

async function change(call: Call, name: string, server: McpServerShown | null): Promise<number> {
  const { rein } = await call.connect("terminal");
  const servers = { [name]: server && { server } };
  await rein.saveSettings({ mcp: { servers } }, AbortSignal.timeout(answerMs));
  await writeOutput(`${server === null ? "Removed" : "Added"} ${terminalLine(name)}.\n`);
  return 0;
}
