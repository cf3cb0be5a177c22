/** Writes a conversation as the Responses API accepts it. */
import type {
  ResponseInputFile,
  ResponseInputImage,
  ResponseInputItem,
  ResponseInputText,
  ResponseOutputMessage,
  ResponseReasoningItem,
} from "openai/resources/responses/responses";
import type { Message } from "../../../shared/protocol";
import type { ModelRequest } from "../provider";
import {
  type AssistantTurn,
  callsOf,
  type Item,
  type OtherItem,
  rawsOf,
  type ReasoningItem,
  type TextItem,
  type Turn,
  type TurnFile,
  type UserTurn,
} from "../provider-turns";
import { toTurns } from "../provider-history";

export const providerId = "openai";

/** Nothing is stored at the service, so every item goes back whole. */
export function makeInput(
  messages: Message[],
  model: string,
  files?: ModelRequest["files"],
): ResponseInputItem[] {
  const turns = toTurns(messages, { provider: providerId, model, files });
  const paired = pairedIds(turns);
  return turns.flatMap((turn) =>
    turn.role === "user"
      ? [{ role: "user" as const, content: makeContent(turn) }]
      : makeItems(turn, paired),
  );
}

/** Of a user's turn or a result. */
function makeContent({ text, files }: Pick<UserTurn, "text" | "files">): string | FileContent[] {
  if (files === undefined) return text;
  return [...files.map(makeFile), { type: "input_text", text }];
}

type FileContent = ResponseInputText | ResponseInputImage | ResponseInputFile;

function makeFile({ name, mediaType, data }: TurnFile): FileContent {
  const url = `data:${mediaType};base64,${data}`;
  return mediaType === "application/pdf"
    ? { type: "input_file", filename: name, file_data: url }
    : { type: "input_image", image_url: url, detail: "auto" };
}

/**
 * Reasoning goes back only with the whole item that followed it, and items keep their ids only beside it: without
 * it the service takes an item that has an id for one whose reasoning is missing.
 */
function makeItems(
  { items: all, ...turn }: AssistantTurn,
  paired: Set<unknown>,
): ResponseInputItem[] {
  const kept = all.map((item): Item => (item.type === "other" ? whole(item, all, paired) : item));
  const items = kept.filter((item, at) => item.type !== "reasoning" || isFollowed(kept, at));
  const keepsIds = items.some((item) => item.type === "reasoning");
  const results = callsOf({ ...turn, items }).map(({ id, result }) => ({
    type: "function_call_output" as const,
    call_id: id,
    output: makeContent(result),
  }));
  return [...items.map((item) => makeItem(item, keepsIds)), ...results];
}

function makeItem(item: Item, keepsIds: boolean): ResponseInputItem {
  const id = keepsIds ? item.meta?.["id"] : undefined;
  switch (item.type) {
    case "reasoning":
      return reasoningOf(item)!;
    case "other":
      return isItem(item.raw) ? item.raw : { role: "assistant", content: item.line };
    case "tool-call":
      return {
        type: "function_call",
        call_id: item.id,
        name: item.name,
        arguments: item.inputText,
        ...(typeof id === "string" && { id }),
      };
    case "text": {
      const phase = phaseOf(item);
      if (typeof id !== "string") return { role: "assistant", content: item.text, ...phase };
      const content = [{ type: "output_text" as const, text: item.text, annotations: [] }];
      return { type: "message", role: "assistant", id, status: "completed", content, ...phase };
    }
  }
}

/**
 * A call of a tool that Rein does not have is refused without its output, an item without the reasoning before it, and one
 * that was too large to be kept cannot go back: a line says what it was.
 */
function whole(item: OtherItem, all: Item[], paired: Set<unknown>): OtherItem | TextItem {
  const { raw, line } = item;
  const id = raw?.["call_id"];
  const isPaired = typeof id !== "string" || paired.has(id);
  const before = all[all.indexOf(item) - 1];
  const isAlone = before?.type === "reasoning" && reasoningOf(before) === undefined;
  const fits = isItem(raw) && raw["type"] !== "mcp_approval_request" && isPaired && !isAlone;
  return fits ? item : { type: "text", text: line };
}

/** It came as one from OpenAI; what is stored may be damaged. */
function isItem(raw: OtherItem["raw"]): raw is Record<string, unknown> & ResponseInputItem {
  return typeof raw?.["type"] === "string";
}

/** The ids of calls that Rein does not handle and that have an output. */
function pairedIds(turns: Turn[]): Set<unknown> {
  const raws = rawsOf(turns);
  const ids = (isOutput: boolean) =>
    new Set(
      raws
        .filter((raw) => String(raw["type"]).endsWith("_output") === isOutput)
        .map((raw) => raw["call_id"]),
    );
  return ids(true).intersection(ids(false));
}

function isFollowed(items: Item[], at: number): boolean {
  const item = items[at];
  if (item?.type !== "reasoning" || reasoningOf(item) === undefined) return false;
  const next = items.slice(at + 1).find(({ type }) => type !== "reasoning");
  return next?.meta?.["id"] !== undefined || next?.type === "other";
}

/** As it came; undefined when it cannot be read there again. */
function reasoningOf({ meta }: ReasoningItem): ResponseReasoningItem | undefined {
  const item = meta["item"] as ResponseReasoningItem | undefined;
  return item?.encrypted_content ? item : undefined;
}

function phaseOf({ meta }: TextItem): Pick<ResponseOutputMessage, "phase"> {
  const phase = meta?.["phase"];
  return phase === "commentary" || phase === "final_answer" ? { phase } : {};
}
