/** Where what is written in a session is looked for. */
import type { Client } from "./client";
import type { MentionPlace } from "./mention-choices";
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

/** Whose MCP servers are asked: those of a new session are kept for it. */
export function mcpPlace(client: Client, open: OpenSession): { sessionId: string; cwd: string } {
  return { sessionId: open.id() ?? open.plannedId(), cwd: directoryOf(client, open) };
}

function directoryOf(client: Client, open: OpenSession): string {
  return open.chosen().cwd || client.models.models()?.cwd || "";
}
