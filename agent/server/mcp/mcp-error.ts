/** A failure of an MCP server, with a sentence for people and models. */
import { z } from "zod";

export class McpError extends Error {
  override readonly name: string = "McpError";
}

/** The server knows its session no more, and has done nothing: what was asked can be asked again of a new connection. */
export class SessionLostError extends McpError {
  override readonly name = "SessionLostError";
}

const issues = z.array(z.looseObject({ path: z.array(z.unknown()), message: z.string() })).min(1);

/** What an error says, as a sentence: of an answer that is not as it should be, what is wrong with it first. */
export function messageOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  if (error instanceof SyntaxError) return "It answered with something that is not JSON.";
  // Zod's refusal is the JSON of its issues, alone or at the end of the SDK's words.
  const json = /\[\s*\{.*\]$/s.exec(said)?.[0];
  const [issue] = (json !== undefined && issues.safeParse(parsed(json)).data) || [];
  if (issue === undefined) return said;
  const where = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return `It did not answer as the protocol says (${where}${issue.message}).`;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
