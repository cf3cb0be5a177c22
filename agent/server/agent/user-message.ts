/** Makes a user message of a text and files. */
import type { FileRef, Message, Part } from "../../shared/protocol";
import { newId } from "../id";

/** Without a text it is its files alone. */
export function userMessage(runId: string, text: string, files: FileRef[] = []): Message {
  const parts: Part[] = files.map((file) => ({ type: "file", id: newId(), ...file }));
  if (text !== "" || parts.length === 0) parts.push({ type: "text", id: newId(), text });
  return { id: newId(), runId, role: "user", parts, createdAt: Date.now() };
}
