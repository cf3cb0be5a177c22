/** The items of one answer as they go back: cut ones marked, and those left out that no service would accept. */
import {
  interruptionText,
  type Message,
  type PartMeta,
  type Stop,
  type ToolCallPart,
} from "../../shared/protocol";
import { defined } from "../../shared/defined";
import { sentOutput } from "../../shared/dropped-output";
import { filesOfPart, lastInterruption } from "../../shared/message-parts";
import { isObject } from "./call-input";
import type { Item, Reader, ToolCallItem, ToolResult } from "./provider-turns";
import { fileLine, filesToSend } from "./turn-files";

/** What of an answer this reader is given, in its order; empty when nothing of it is left. */
export function itemsOf(message: Message, reader: Reader): Item[] {
  const items: Item[] = [];
  for (const part of message.parts) {
    const meta = ownMeta(part, message, reader);
    if (part.type === "reasoning") {
      if (meta) items.push({ type: "reasoning", text: part.text.toWellFormed(), meta });
    } else if (part.type === "text") {
      // Cut text is trimmed for the marker; whole text stays byte for byte, as a signature may cover it.
      const isUncut = meta !== undefined || message.outcome === "done";
      const text = (isUncut ? part.text : part.text.trimEnd()).toWellFormed();
      if (text.trim() !== "") items.push(defined({ type: "text" as const, text, meta }));
    } else if (part.type === "other" && part.meta) {
      const { raw } = part.meta;
      const line = `(${[part.name, part.text].filter(Boolean).join(": ")})`.toWellFormed();
      if (!meta) items.push({ type: "text", text: line });
      else
        items.push(
          defined({ type: "other" as const, raw: isObject(raw) ? raw : undefined, line, meta }),
        );
    } else if (part.type === "tool-call" && isWhole(part, message)) {
      items.push(defined({ ...callItem(part, message, reader), meta }));
    }
  }
  markInterruption(items, message);
  return items;
}

function ownMeta(
  part: Message["parts"][number],
  message: Message,
  reader: Reader,
): PartMeta | undefined {
  if (!("meta" in part)) return undefined;
  if (part.meta?.provider !== reader.provider) return undefined;
  return message.model === undefined || message.model === reader.model ? part.meta : undefined;
}

/**
 * Whether the model had written the whole input. A whole input that was not JSON is known by the error with which the
 * tool runner answered it; in a turn that failed, nothing had been run.
 */
export function isWhole(part: ToolCallPart, message: Message): boolean {
  const hasFailed = message.outcome === "failed" || lastInterruption(message)?.error !== undefined;
  return part.input !== undefined || (part.state === "failed" && !hasFailed);
}

function callItem(part: ToolCallPart, message: Message, reader: Reader): ToolCallItem {
  const input = isObject(part.input) ? part.input : {};
  return {
    type: "tool-call",
    // Services differ in the ids that they accept; our own are accepted by all.
    id: message.provider === reader.provider ? part.callId : part.id,
    name: part.name,
    input,
    inputText: input === part.input && part.inputText ? part.inputText : JSON.stringify(input),
    result: resultOf(part, message, reader),
  };
}

/** A partial output is never a success: what did not run to its end is an error that says how it ended. */
function resultOf(part: ToolCallPart, message: Message, reader: Reader): ToolResult {
  const output = sentOutput(part).trimEnd().toWellFormed();
  if (part.state === "done") {
    const lines = filesOfPart(part).map((file) => fileLine(file, reader));
    const text = [output, ...lines].filter((line) => line !== "").join("\n");
    const files = filesToSend({ parts: [part] }, reader);
    return { text: text || "(no output)", isError: false, ...(files.length > 0 && { files }) };
  }
  const ending =
    part.state === "failed"
      ? (part.error ?? "The tool failed.")
      : interruptionText((part.stop ?? stopOf(message))?.by ?? "crash");
  return { text: output ? `${output}\n\n${ending}` : ending, isError: true };
}

/** Tells the model where it was cut off, once: in a result if there is one, because nothing may follow a call in its turn. */
function markInterruption(items: Item[], message: Message): void {
  const stop = stopOf(message);
  const calls = items.filter((item) => item.type === "tool-call");
  const written = items.some((item) => item.type === "text");
  // Nothing is missing: its calls ran, or it is asked again.
  if (stop?.by === "pause" && (calls.length > 0 || !written)) return;
  if (stop && calls.length > 0) return markResult(calls, interruptionText(stop.by));
  if (stop) return markText(items, interruptionText(stop.by));
  if (message.outcome === "failed" && calls.length === 0 && written)
    markText(items, message.error?.code === "length" ? lengthText : errorText);
}

const lengthText = "[cut off: length limit reached]";
const errorText = "[cut off by an error]";

function markResult(calls: ToolCallItem[], marker: string): void {
  if (calls.some(({ result }) => result.text.endsWith(marker))) return;
  calls.at(-1)!.result.text += `\n\n${marker}`;
}

function markText(items: Item[], marker: string): void {
  const last = items.at(-1);
  if (last?.type === "text" && last.meta === undefined) last.text += `\n\n${marker}`;
  else items.push({ type: "text", text: marker });
}

function stopOf(message: Message): Stop | undefined {
  return lastInterruption(message)?.stop;
}
