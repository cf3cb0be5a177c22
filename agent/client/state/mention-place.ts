/** Where what is written in a session is looked for. */
import type { Client } from "./client";
import type { McpPlace, MentionPlace } from "./mention-choices";
import type { OpenSession } from "./open-session";

export function mentionPlace(client: Client, open: OpenSession): Omit<MentionPlace, "query"> {
  return {
    cwd: () => directoryOf(client, open),
    sessions: client.list.sorted,
    sessionId: () => open.id(),
    mcpPlace: () => mcpPlace(client, open),
    isOwnLoop: () => open.chosen().engine === undefined,
  };
}

/** Whose MCP servers are asked: those of a new session are kept for it. Undefined until its directory is known. */
export function mcpPlace(client: Client, open: OpenSession): McpPlace | undefined {
  const sessionId = open.id();
  if (sessionId !== undefined) return { sessionId };
  const cwd = directoryOf(client, open);
  return cwd === "" ? undefined : { sessionId: open.plannedId(), cwd };
}

function directoryOf(client: Client, open: OpenSession): string {
  return open.chosen().cwd || client.models.models()?.cwd || "";
}
