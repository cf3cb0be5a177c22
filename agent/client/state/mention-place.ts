/** Where what is written in a session is looked for. */
import type { Client } from "./client";
import type { MentionPlace } from "./mention-choices";
import type { OpenSession } from "./open-session";

export function mentionPlace(client: Client, open: OpenSession): Omit<MentionPlace, "query"> {
  return {
    cwd: () => open.chosen().cwd || client.models.models()?.cwd || "",
    sessions: client.list.sorted,
    sessionId: () => open.id(),
    isOwnLoop: () => open.chosen().engine === undefined,
  };
}
