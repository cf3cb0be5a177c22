/** Writes a conversation as Gemini accepts it. */
import type { Content, Part } from "@google/genai";
import type { Message } from "../../../shared/protocol";
import type { ModelRequest } from "../provider";
import { generationOf, noSignature } from "./gemini-models";
import {
  type AssistantTurn,
  callsOf,
  type TextItem,
  type ToolCallItem,
  type TurnFile,
} from "../provider-turns";
import { toTurns } from "../provider-history";

export const providerId = "gemini";

/** Thoughts are not sent back: what Gemini needs of them is in the signatures of its calls. */
export function makeContents(
  messages: Message[],
  model: string,
  files?: ModelRequest["files"],
): Content[] {
  return toTurns(messages, { provider: providerId, model, files }).flatMap((turn): Content[] => {
    if (turn.role === "user")
      return [{ role: "user", parts: [...(turn.files ?? []).map(makeFile), { text: turn.text }] }];
    const content: Content = { role: "model", parts: makeParts(turn, model) };
    const calls = callsOf(turn);
    const responses = calls.map((call) => makeResponse(call, model));
    // Before Gemini 3 a response holds no files: they follow all of them.
    if (!holdsFiles(model))
      responses.push(...calls.flatMap(({ result }) => (result.files ?? []).map(makeFile)));
    return responses.length > 0 ? [content, { role: "user", parts: responses }] : [content];
  });
}

function makeParts(turn: AssistantTurn, model: string): Part[] {
  const [firstCall] = callsOf(turn);
  return turn.items.flatMap((item): Part[] => {
    if (item.type === "reasoning") return [];
    if (item.type === "other") return [item.raw ?? { text: item.line }];
    if (item.type === "text") return textParts(item);
    const functionCall = { ...idOf(item), name: item.name, args: item.input };
    return [{ functionCall, ...signatureOf(item, item === firstCall && needsSignature(model)) }];
  });
}

/** Each piece as it came: Google asks not to merge one that has a signature with one that has none. */
function textParts({ text, meta }: TextItem): Part[] {
  const thoughtSignature = meta?.["thoughtSignature"];
  if (typeof thoughtSignature !== "string") return [{ text }];
  const at = text.length - Number(meta?.["signedCharacters"]);
  const before = text.slice(0, at);
  return [...(before === "" ? [] : [{ text: before }]), { text: text.slice(at), thoughtSignature }];
}

function makeResponse(call: ToolCallItem, model: string): Part {
  const { text, isError, files = [] } = call.result;
  const response = isError ? { error: text } : { output: text };
  const parts = files.length > 0 && holdsFiles(model) ? { parts: files.map(makeFile) } : {};
  return { functionResponse: { ...idOf(call), name: call.name, response, ...parts } };
}

function makeFile({ mediaType, data }: TurnFile): Pick<Part, "inlineData"> {
  return { inlineData: { mimeType: mediaType, data } };
}

function holdsFiles(model: string): boolean {
  return needsSignature(model);
}

function idOf({ meta }: ToolCallItem): { id?: string } {
  const id = meta?.["id"];
  return typeof id === "string" ? { id } : {};
}

/** A call that another model made has no signature. */
function signatureOf({ meta }: ToolCallItem, needed: boolean): Pick<Part, "thoughtSignature"> {
  const signature = meta?.["thoughtSignature"];
  if (typeof signature === "string") return { thoughtSignature: signature };
  return needed ? { thoughtSignature: noSignature } : {};
}

/** A name without a number is the latest. */
function needsSignature(model: string): boolean {
  return (generationOf(model) ?? 3) >= 3;
}
