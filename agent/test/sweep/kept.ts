/** What the model must hear of again, whatever has cut it. */
import { interruptionText } from "../../shared/protocol";
import { messagesForModel } from "../../shared/summary";
import type { Message } from "../../shared/protocol";
import type { UpstreamRequest } from "../upstream/upstream";

/** What of these messages, and of these marks, a request does not tell. */
export function missingIn(
  { body }: UpstreamRequest,
  messages: Message[],
  marks: string[] = [],
): string[] {
  const told = JSON.stringify(body);
  const isMissing = (what: string) => !told.includes(JSON.stringify(what).slice(1, -1));
  const kept = [...messagesForModel(messages).flatMap(textsOf), ...marks];
  return kept.filter(isMissing).map((what) => `the model is not told: ${what}`);
}

/** All that had been written whole enough. Of a subagent that ended well: its last words, which are the call's output. */
function textsOf({ parts }: Message): string[] {
  return parts.flatMap((part) => {
    if (part.type === "text") return [part.text.trim()];
    if (part.type !== "tool-call" || part.input === undefined) return [];
    if (part.state === "done") return [part.output.trim()];
    const inner = part.subagent?.messages.filter(({ role }) => role === "assistant") ?? [];
    const texts = inner.flatMap((one) => one.parts.filter(({ type }) => type === "text"));
    const stopped = part.stop ? [interruptionText(part.stop.by)] : [];
    return [
      part.output.trim(),
      ...texts.map((one) => (one.type === "text" ? one.text.trim() : "")),
      ...stopped,
    ];
  });
}
