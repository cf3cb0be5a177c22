/** Makes a user message of a text. */
import type { Message } from "../../shared/protocol";
import { newId } from "../id";

export function userMessage(runId: string, text: string): Message {
  const part = { type: "text" as const, id: newId(), text };
  return { id: newId(), runId, role: "user", parts: [part], createdAt: Date.now() };
}
