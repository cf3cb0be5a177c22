/** A change of the MCP servers of the settings: values that were not sent again are kept. */
import { defined } from "../../shared/defined";
import {
  maxMcpServers,
  type McpChanges,
  mcpServer,
  type McpServer,
  type McpSettings,
} from "../../shared/requests";

type ServerChange = NonNullable<NonNullable<McpChanges["servers"][string]>["server"]>;

/** The settings after it. Throws an Error with a sentence for people where one of them cannot be. */
export function changedMcp(before: McpSettings, { servers }: McpChanges): McpSettings {
  const next = { ...before.servers };
  for (const [name, change] of Object.entries(servers)) {
    const kept = next[name];
    delete next[name];
    if (change === null) continue;
    const { timeoutSeconds = kept?.timeoutSeconds ?? null } = change;
    const server = change.server ? withKept(name, change.server, kept?.server) : kept?.server;
    if (server === undefined)
      throw new McpChangeError(`There is no MCP server “${name}”: say what it is, as \`server\`.`);
    next[name] = {
      server,
      isOn: change.isOn ?? kept?.isOn ?? true,
      offTools: change.offTools ?? kept?.offTools ?? [],
      ...defined({ timeoutSeconds: timeoutSeconds ?? undefined }),
    };
  }
  if (Object.keys(next).length > maxMcpServers)
    throw new McpChangeError(`No more than ${maxMcpServers} MCP servers can be kept.`);
  return { servers: next };
}

export class McpChangeError extends Error {
  override readonly name = "McpChangeError";
}

function withKept(name: string, change: ServerChange, kept: McpServer | undefined): McpServer {
  if (change.type === "stdio") {
    const env = filled(name, change.env, kept?.type === "stdio" ? kept.env : {});
    return mcpServer.parse({ ...change, name, env });
  }
  // A secret of one address is not sent to another one.
  const isSame = kept?.type === "http" && originOf(kept.url) === originOf(change.url);
  const headers = filled(name, change.headers, isSame ? kept.headers : {});
  return mcpServer.parse({ ...change, name, headers });
}

function filled(
  name: string,
  values: Record<string, string | null> = {},
  kept: Record<string, string>,
): Record<string, string> {
  const all = Object.entries(values).map(([key, value]) => {
    const text = value ?? (Object.hasOwn(kept, key) ? kept[key] : undefined);
    if (text === undefined)
      throw new McpChangeError(
        `The value “${key}” of the MCP server “${name}” is not kept here: enter it.`,
      );
    return [key, text] as const;
  });
  return Object.fromEntries(all);
}

function originOf(url: string): string {
  return new URL(url).origin;
}
