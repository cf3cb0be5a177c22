/** Lets the strict upstream take the signatures of a recording, each for exactly what the service signed. */
import { signedContent } from "../upstream/gemini-wire";
import { trustSeal } from "../upstream/wire";
import { accumulate } from "./accumulate";
import type { RecordedAnswer } from "./recordings";

export function trustSeals(recording: RecordedAnswer): void {
  if (recording.wire === "anthropic") trustThinking(recording);
  if (recording.wire === "openai") trustReasoning(recording);
  if (recording.wire === "gemini") trustCalls(recording);
}

interface AnthropicEvent {
  type: string;
  content_block?: { type: string; data?: string };
  delta?: { thinking?: string; signature?: string };
}

function trustThinking({ chunks }: RecordedAnswer): void {
  let thinking = "";
  for (const chunk of chunks) {
    const { content_block: start, delta } = JSON.parse(chunk) as AnthropicEvent;
    if (start !== undefined) thinking = "";
    if (start?.data !== undefined) trustSeal(start.data, "redacted");
    thinking += delta?.thinking ?? "";
    if (delta?.signature !== undefined) trustSeal(delta.signature, thinking);
  }
}

interface ResponsesEvent {
  type: string;
  item?: { encrypted_content?: string | null; summary?: { text: string }[] };
}

function trustReasoning({ chunks }: RecordedAnswer): void {
  for (const chunk of chunks) {
    const { type, item } = JSON.parse(chunk) as ResponsesEvent;
    if (type !== "response.output_item.done" || !item?.encrypted_content) continue;
    const summary = item.summary ?? [];
    trustSeal(item.encrypted_content, summary.map(({ text }) => text).join(""));
  }
}

interface GeminiPart {
  functionCall?: { name?: string };
  text?: string;
  thoughtSignature?: string;
}

interface GeminiChunk {
  candidates?: { content?: { parts?: GeminiPart[] } }[];
}

/** A signature covers the whole call that begins with it, or the piece of text that has it. */
function trustCalls(recording: RecordedAnswer): void {
  const { parts } = accumulate(recording);
  const calls = parts.filter((part) => part.type === "tool-call");
  let at = -1;
  for (const chunk of recording.chunks) {
    const { candidates } = JSON.parse(chunk) as GeminiChunk;
    for (const part of candidates?.[0]?.content?.parts ?? []) {
      if (part.functionCall?.name !== undefined) at++;
      if (part.thoughtSignature === undefined) continue;
      const call = part.functionCall === undefined ? undefined : calls[at];
      trustSeal(
        part.thoughtSignature,
        call ? signedContent(call.name, call.input) : (part.text ?? ""),
      );
    }
  }
}

/** What services need back unchanged, wherever it stands in their chunks. */
const sealNames = new Set([
  "signature",
  "thoughtSignature",
  "thought_signature",
  "encrypted_content",
  "data",
]);

/** All seals of a recording, without any code of Rein: each has to be in the next request. */
export function sealsOf({ chunks }: RecordedAnswer): Set<string> {
  const found = new Set<string>();
  const search = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    for (const [name, one] of Object.entries(value)) {
      if (sealNames.has(name) && typeof one === "string" && one !== "") found.add(one);
      search(one);
    }
  };
  for (const chunk of chunks) {
    const event = JSON.parse(chunk) as { type?: string };
    // What another event has said before, or says only half.
    if (!/^response\.(output_item\.added|completed|created|in_progress)$/.test(event.type ?? ""))
      search(event);
  }
  return found;
}
