/** Where what is written in a session is looked for. */
import { mentionsIn, type MentionTarget } from "../../shared/mentions";
import { filesOf } from "../../shared/message-parts";
import type { Message } from "../../shared/protocol";
import type { Client } from "./client";
import type { McpPlace, MentionPlace } from "./mention-choices";
import type { OpenSession } from "./open-session";

export function mentionPlace(client: Client, open: OpenSession): Omit<MentionPlace, "query"> {
  return {
    cwd: () => directoryOf(client, open),
    sessions: client.list.sorted,
    sessionId: () => open.id(),
    mentioned: () => mentionedPaths(open.session.messages),
    mcpPlace: () => mcpPlace(client, open),
    isOwnLoop: () => open.chosen().engine === undefined,
  };
}

const mostMentioned = 5;

/** Newest first; what was not there is none. */
function mentionedPaths(messages: readonly Message[]): string[] {
  const paths = new Set<string>();
  for (const message of messages.toReversed())
    for (const { mention, name } of filesOf(message)) {
      const [found] = mention === undefined ? [] : mentionsIn(`@${mention}`);
      const isPath = ({ target }: { target: MentionTarget }) =>
        target.kind === "path" && target.path === name;
      if (found?.readings.some(isPath)) paths.add(name);
      if (paths.size === mostMentioned) return [...paths];
    }
  return [...paths];
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
