/** What a client knows of a session before its first snapshot has come. */
import { noUsage, type Session } from "./protocol";

export function emptySession(known: Partial<Session> = {}): Session {
  return {
    id: "",
    title: "",
    cwd: "",
    provider: "",
    model: "",
    permissions: "ask",
    allowed: [],
    createdAt: 0,
    updatedAt: 0,
    messages: [],
    runs: [],
    queue: [],
    usage: noUsage,
    seq: 0,
    ...known,
  };
}
