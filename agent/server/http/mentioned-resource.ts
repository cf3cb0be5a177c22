/** What a mention of an MCP server's resource gives to the model: read at that moment. */
import type { MentionTarget } from "../../shared/mentions";
import { inspectFile } from "../attachments/file-content";
import { McpError, type McpSession, type ResourceContent } from "../mcp/mcp-servers";
import type { Mentioned } from "../mentions/read-path";
import type { Services } from "./services";

type ResourceTarget = Extract<MentionTarget, { kind: "resource" }>;

/** A message waits no longer for a server. */
export const maxServerMs = 5000;

/** Undefined where no server of this name is configured. When `signal` aborts, that is why nothing is given. */
export async function readResource(
  { mcp }: Pick<Services, "mcp">,
  session: McpSession,
  { server, uri }: ResourceTarget,
  signal: AbortSignal,
): Promise<Mentioned | undefined> {
  const name = `${server}:${uri}`;
  try {
    const contents = await mcp.readResource(session, server, uri, signal);
    return contents && { name, ...joined(contents) };
  } catch (error) {
    if (signal.aborted)
      return { name, refused: `${server} has not answered within ${maxServerMs / 1000} s` };
    if (error instanceof McpError) return { name, refused: error.message };
    throw error;
  }
}

/** A resource can have several contents, as a folder has files: texts are one text; else the first picture or PDF is given. */
function joined(contents: ResourceContent[]): { content: Buffer } | { refused: string } {
  const known = contents.map(({ name, content }) => ({
    name,
    content,
    type: inspectFile(content)?.mediaType,
  }));
  const texts = known.filter(({ type }) => type === "text/plain");
  const [text] = texts;
  if (text && texts.length === 1) return { content: Buffer.from(text.content) };
  if (text) {
    const all = texts.map(({ name, content }) => `[${name}]\n${Buffer.from(content).toString()}`);
    return { content: Buffer.from(all.join("\n\n")) };
  }
  const file = known.find(({ type }) => type !== undefined);
  if (file) return { content: Buffer.from(file.content) };
  return { refused: "it is neither text in UTF-8 nor a picture or PDF" };
}
