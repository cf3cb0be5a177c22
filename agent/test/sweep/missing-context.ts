/** Checks that a request tells the model everything that was kept of earlier messages. */
import { interruptionText } from "../../shared/protocol";
import { messagesForModel } from "../../shared/summary";
import type { Message } from "../../shared/protocol";
import type { UpstreamRequest } from "../upstream/upstream";

/** The texts of these messages, and the marks, that the request does not contain. */
export function missingIn(
  { body }: UpstreamRequest,
  messages: Message[],
  marks: string[] = [],
): string[] {
  const json = JSON.stringify(body);
  const isMissing = (what: string) => !json.includes(JSON.stringify(what).slice(1, -1));
  const kept = [...messagesForModel(messages).flatMap(textsOf), ...marks];
  return kept.filter(isMissing).map((what) => `the request lacks: ${what}`);
}

/** The texts that later requests must repeat. Of a subagent that is done: only the call's output, which is its last text. */
function textsOf({ parts }: Message): string[] {
  return parts.flatMap((part) => {
    if (part.type === "text") return [part.text.trim()];
    if (part.type !== "tool-call" || part.input === undefined) return [];
    // What the line of a command has printed is quoted line by line.
    if (part.asked) return part.output.trim().split("\n");
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
