/** A project's `.mcp.json`: read as a regular file of the directory, within bounds. Nothing that it names is started here. */
import { z } from "zod";
import { errorCode } from "../../shared/error-code";
import { mcpNameWords } from "../../shared/mcp-name";
import type { McpServerShown } from "../../shared/protocol";
import { maxMcpServers, mcpFile, mcpFileServer, mcpServer } from "../../shared/requests";
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { Directory } from "../files/directory";
import { NotRegularError, RegularFile } from "../files/regular-file";

export const projectFileName = ".mcp.json";
const maxBytes = 256_000;

export interface ProjectFile {
  /** By name, as the file has them: nothing is expanded. */
  servers: Map<string, McpServerShown>;
  /** What cannot be used, in sentences. */
  problems: string[];
}

/** `cwd`: without links. Throws only the signal's reason. */
export async function readProjectFile(cwd: string, signal: AbortSignal): Promise<ProjectFile> {
  const none = (problem?: string) => ({ servers: new Map(), problems: problem ? [problem] : [] });
  let text: string | undefined;
  try {
    text = await readText(cwd, signal);
  } catch (error) {
    signal.throwIfAborted();
    return errorCode(error) === "ENOENT" ? none() : none(unreadable(error));
  }
  if (text === undefined)
    return none(`${projectFileName} is longer than ${maxBytes / 1000} kB, so it is not read.`);
  return parseProjectFile(text);
}

/** Undefined when it is too long. */
async function readText(cwd: string, signal: AbortSignal): Promise<string | undefined> {
  using directory = await Directory.open(cwd, signal);
  using file = await RegularFile.open(directory, projectFileName, signal);
  const bytes = await file.bytes(0, maxBytes + 1, signal);
  return bytes.length > maxBytes ? undefined : new TextDecoder().decode(bytes);
}

function unreadable(error: unknown): string {
  if (errorCode(error) === "ELOOP")
    return `${projectFileName} is a link, so it is not read: make it a file of the project.`;
  if (error instanceof NotRegularError)
    return `${projectFileName} ${error.reason}, so it is not read.`;
  return `${projectFileName} cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
}

function parseProjectFile(text: string): ProjectFile {
  const servers = new Map<string, McpServerShown>();
  const file = mcpFile.safeParse(json(text));
  if (!file.success)
    return {
      servers,
      problems: [`${projectFileName} is not what it should be: {"mcpServers": {"name": {…}}}.`],
    };
  const problems: string[] = [];
  for (const [name, entry] of Object.entries(file.data.mcpServers)) {
    if (servers.size + problems.length >= maxMcpServers) {
      problems.push(
        `${projectFileName} has more than ${maxMcpServers} servers: the rest is left out.`,
      );
      break;
    }
    const read = serverIn(name, entry);
    if (typeof read === "string")
      problems.push(
        `The server “${visibleString(ellipsized(name, 100))}” of ${projectFileName} cannot be used: ${visibleString(ellipsized(read, 300))}`,
      );
    else servers.set(name, read);
  }
  return { servers, problems };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Or why not. */
function serverIn(name: string, entry: unknown): McpServerShown | string {
  if (!mcpServer.options[0].shape.name.safeParse(name).success)
    return `a name has ${mcpNameWords}.`;
  const parsed = mcpFileServer.safeParse(entry);
  if (!parsed.success) return `${firstFault(parsed.error)}.`;
  const { type, command, args = [], env = {}, url, headers = {} } = parsed.data;
  if (type === "sse")
    return "it speaks the older transport SSE, which Rein does not: use its “http” address.";
  if (type !== undefined && !knownTypes.has(type)) return "its type is neither “stdio” nor “http”.";
  if (command !== undefined && url !== undefined) return "it has a command and an address.";
  if (command !== undefined && (type ?? "stdio") === "stdio")
    return { type: "stdio", command, args, env };
  if (url !== undefined && type !== "stdio") return { type: "http", url, headers };
  return type === "http" ? "it has no address (url)." : "it has no command.";
}

const knownTypes = new Set(["stdio", "http", "streamable-http"]);

function firstFault(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue ? `${issue.path.join(".") || "the entry"}: ${issue.message}` : "it is damaged";
}
