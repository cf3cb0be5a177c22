/** Shared by the tests of attacks: what the tools of a run have shown. */
import type { Chat } from "../rein";

/** The output of all tool calls of a chat, joined. */
export function toolOutput({ session }: Chat): string {
  const parts = session.messages.flatMap((message) => message.parts);
  return parts.flatMap((part) => (part.type === "tool-call" ? [part.output ?? ""] : [])).join("");
}
