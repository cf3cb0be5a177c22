/** Makes a user message of a text and files. */
import type {
  CommandLine,
  FileRef,
  Message,
  Part,
  QueuedMessage,
  ToolCallPart,
} from "../../shared/protocol";
import { defined } from "../../shared/defined";
import { newId } from "../id";

/** Without a text it is its files alone. `asks`: the lines of its command, which become calls of it. */
export function userMessage(
  runId: string,
  text: string,
  files: FileRef[] = [],
  { command, asks = [] }: Pick<QueuedMessage, "command" | "asks"> = {},
): Message {
  const parts: Part[] = files.map((file) => ({ type: "file", id: newId(), ...file }));
  if (text !== "" || parts.length === 0) parts.push({ type: "text", id: newId(), text });
  parts.push(...asks.map(callOf));
  const createdAt = Date.now();
  return { id: newId(), runId, role: "user", parts, createdAt, ...defined({ command }) };
}

function callOf(input: CommandLine): ToolCallPart {
  const id = newId();
  const inputText = JSON.stringify(input);
  const written = { name: "bash", inputText, input, state: "pending" as const, output: "" };
  return { type: "tool-call", id, callId: id, asked: true, ...written };
}
