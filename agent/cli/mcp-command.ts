/** `rein mcp`: lists the MCP servers of the directory, and adds and removes those of the settings. */
import { mcpRows, mcpStateWords } from "../client/state/mcp-words";
import { mcpNamePattern, mcpNameWords } from "../shared/mcp-name";
import type { McpConfigurationAnswer, McpEntry, McpServerShown } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { answerMs, type Call, type Command, CommandFailed, UsageError } from "./command";
import type { Connection } from "./connect";
import { namedIn, valuesOf } from "./mcp-values";
import { jsonLine, writeOutput } from "./standard-output";
import { textTable } from "./text-table";

const forms = {
  list: "[list] [--json]",
  address: "add NAME [--header NAME]… URL",
  command: "add NAME [--env NAME]… -- COMMAND [ARGUMENT]…",
  remove: "remove NAME",
};

export const mcpCommand: Command = {
  name: "mcp",
  summary: "List the MCP servers of this directory; add and remove those of the settings",
  usage: Object.values(forms).join(" | "),
  positionals: 103,
  options: {
    json: { type: "boolean", help: "Print JSON in the place of a table" },
    env: {
      type: "string",
      multiple: true,
      value: "NAME[=VALUE]",
      help: "add: a variable that the command gets. Without a value you are asked for it, so that a secret is in no history",
    },
    header: {
      type: "string",
      multiple: true,
      value: "NAME[: VALUE]",
      help: "add: a header that is sent to the address. Without a value as above; for a token it is “Bearer TOKEN”",
    },
  },
  run: async (call) => {
    const [action = "list", name, target, ...args] = call.positionals;
    switch (action) {
      case "list":
        if (name !== undefined) throw new UsageError(`“rein mcp list” takes nothing more.`);
        return list(call);
      case "add":
        return add(call, checkedName(name), target, args);
      case "remove":
        if (name === undefined || target !== undefined)
          throw new UsageError("“rein mcp remove” takes the name of one server.");
        return remove(call, name);
      default:
        throw new UsageError(
          `“rein mcp” has no “${terminalLine(action)}”. It takes ${mcpCommand.usage}.`,
        );
    }
  },
};

function checkedName(name: string | undefined): string {
  const words = `expected a name of ${mcpNameWords}`;
  if (name === undefined)
    throw new UsageError(`Nothing is named: ${words}, as in: rein mcp ${forms.command}`);
  if (!mcpNamePattern.test(name))
    throw new UsageError(`The name is “${terminalLine(name)}”: ${words}.`);
  return name;
}

/** Throws UsageError where the flags do not fit what is named. Asks for the values that lack. */
async function serverOf(
  call: Call,
  target: string | undefined,
  args: string[],
): Promise<McpServerShown> {
  if (target === undefined || target === "")
    throw new UsageError(
      `Nothing is named to start or call: rein mcp ${forms.address}, or rein mcp ${forms.command}`,
    );
  const env = namedIn(call.all("env"), "=");
  const headers = namedIn(call.all("header"), ":");
  if (!/^https?:\/\//i.test(target)) {
    if (headers.length > 0)
      throw new UsageError("--header is for an MCP server with an address; a command has --env.");
    if (/^[a-z][\w+.-]*:\/\//i.test(target))
      throw new UsageError("An address begins with http:// or https://.");
    return { type: "stdio", command: target, args, env: await valuesOf(env) };
  }
  if (args.length > 0) throw new UsageError("An MCP server with an address takes no arguments.");
  if (env.length > 0)
    throw new UsageError("--env is for an MCP server with a command; an address has --header.");
  return { type: "http", url: target, headers: await valuesOf(headers) };
}

async function add(
  call: Call,
  name: string,
  target: string | undefined,
  args: string[],
): Promise<number> {
  const server = await serverOf(call, target, args);
  const { rein } = await call.connect("terminal");
  if (await ownEntry(call, rein, name))
    throw new CommandFailed(
      `The settings have an MCP server “${name}” already. “rein mcp remove ${name}” removes it, with its secrets.`,
    );
  await rein.saveSettings({ mcp: { servers: { [name]: { server } } } }, signal());
  await writeOutput(`Added ${name}.\n`);
  return 0;
}

async function remove(call: Call, name: string): Promise<number> {
  const { rein } = await call.connect("terminal");
  if (!(await ownEntry(call, rein, name)))
    throw new CommandFailed(
      `The settings have no MCP server “${terminalLine(name)}”. “rein mcp” lists those that there are.`,
    );
  await rein.saveSettings({ mcp: { servers: { [name]: null } } }, signal());
  await writeOutput(`Removed ${terminalLine(name)}.\n`);
  return 0;
}

const signal = () => AbortSignal.timeout(answerMs);

function servers(call: Call, rein: Connection["rein"]): Promise<McpConfigurationAnswer> {
  return rein.mcp(call.isRemote ? undefined : process.cwd(), undefined, signal());
}

async function ownEntry(
  call: Call,
  rein: Connection["rein"],
  name: string,
): Promise<McpEntry | undefined> {
  const { entries } = await servers(call, rein);
  return entries.find((entry) => entry.origin === "settings" && entry.name === name);
}

async function list(call: Call): Promise<number> {
  const { rein } = await call.connect("terminal");
  const answer = await servers(call, rein);
  await writeOutput(call.has("json") ? jsonLine(answer) : words(answer));
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
