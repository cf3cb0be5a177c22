/** What the AI SDK's UI message stream has no part for: data, a file, and how the run stands. Pure. */
import type { UIMessageChunk } from "ai";
import { defined } from "../../../shared/defined";
import { markText } from "../../../shared/message-parts";
import type { Part, Run, Session, ToolCallPart } from "../../../shared/protocol";
import { fileUrl } from "./ui-parts";

export function dataChunks(part: Exclude<Part, ToolCallPart>, sessionId: string): UIMessageChunk[] {
  const { id } = part;
  if (part.type === "other")
    return [{ type: "data-other", id, data: { name: part.name, text: part.text } }];
  if (part.type === "plan") return [{ type: "data-plan", id, data: part.entries }];
  if (part.type === "file")
    return [{ type: "file", mediaType: part.mediaType, url: fileUrl(part, sessionId) }];
  if (part.type !== "interruption") return [];
  const { stop, error } = part;
  return [{ type: "data-interruption", id, data: defined({ text: markText(part), stop, error }) }];
}

/** How the run stands now. Transient: a client is told, and the message does not keep it. */
export function runChunk(session: Session, run: Run): UIMessageChunk {
  const { id, state, pause, retry, stall, connecting, starting, near, stop } = run;
  const data = { id, state, pause, retry, stall, connecting, starting, near, stop };
  return {
    type: "data-run",
    id,
    transient: true,
    data: { sessionId: session.id, ...defined(data) },
  };
}
