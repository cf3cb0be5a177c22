/** What a mention of an MCP server's resource gives to the model: read at that moment, by Rein's own connection for an engine too. */
import type { MentionTarget } from "../../shared/mentions";
import { inspectFile } from "../attachments/file-content";
import type { McpServers } from "../mcp/mcp-servers";
import type { Mentioned } from "../mentions/read-path";
import type { MentioningSession } from "./mentioned-files";

type ResourceTarget = Extract<MentionTarget, { kind: "resource" }>;

/** Undefined where no server of this name is configured. Throws McpError with a sentence for people, or the signal's reason. */
export async function readResource(
  mcp: Pick<McpServers, "readResource">,
  { id, cwd, mcpServers: servers }: MentioningSession,
  { server, uri }: ResourceTarget,
  signal: AbortSignal,
): Promise<Mentioned[] | undefined> {
  const contents = await mcp.readResource({ id, cwd, servers }, server, uri, signal);
  return contents?.map(({ name: own, content }) => {
    const name = own === uri ? `${server}:${uri}` : own;
    return inspectFile(content) === undefined
      ? { name, refused: "it is neither text in UTF-8 nor a picture or PDF" }
      : { name, content: Buffer.from(content) };
  });
}
