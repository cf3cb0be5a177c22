/** What a conversation is for a model service: turns of the user and of the model, which each wire writes in its own form. */
import type { PartMeta } from "../../shared/protocol";
import type { ModelRequest, SentMediaType } from "./provider";

export type Turn = UserTurn | AssistantTurn;

export interface UserTurn {
  role: "user";
  text: string;
  files?: TurnFile[];
}

/** A file whose content goes to the model. */
export interface TurnFile {
  name: string;
  mediaType: SentMediaType;
  /** In base64. */
  data: string;
}

/** It is never empty, and every call in it has its result. */
export interface AssistantTurn {
  role: "assistant";
  items: Item[];
}

export type Item = TextItem | ReasoningItem | ToolCallItem | OtherItem;

export interface TextItem {
  type: "text";
  text: string;
  meta?: PartMeta;
}

export interface ReasoningItem {
  type: "reasoning";
  text: string;
  meta: PartMeta;
}

export interface ToolCallItem {
  type: "tool-call";
  id: string;
  name: string;
  input: Record<string, unknown>;
  /** The same as JSON: as the model wrote it where it wrote an object. */
  inputText: string;
  result: ToolResult;
  meta?: PartMeta;
}

export interface ToolResult {
  /** What the model reads: output, error, marker. Never empty. */
  text: string;
  isError: boolean;
  /** None with an error: services accept only text then. */
  files?: TurnFile[];
}

/** What the same model got from its service, and Rein does not handle. */
export interface OtherItem {
  type: "other";
  /** As it came; absent when it was too large to be kept. */
  raw?: Record<string, unknown>;
  /** Says what it was, where it cannot go back as it came. */
  line: string;
  meta: PartMeta;
}

/** The model that will read the turns: `meta` and reasoning of any other provider or model are left out. */
export interface Reader {
  provider: string;
  model: string;
  /** As in ModelRequest; a file that is not among them is a line of text. */
  files?: ModelRequest["files"] | undefined;
  /** It takes no tools: calls and their results go to it as plain text. */
  takesNoTools?: boolean;
}

/** Where no result can hold files, these words come with them. */
export const shownText = "[These are the files that the results above name.]";

export function callsOf(turn: AssistantTurn): ToolCallItem[] {
  return turn.items.filter((item) => item.type === "tool-call");
}

/** What the services' own tools did, as it came. */
export function rawsOf(turns: Turn[]): Record<string, unknown>[] {
  const items = turns.flatMap((turn) => (turn.role === "assistant" ? turn.items : []));
  return items.flatMap((item) => (item.type === "other" && item.raw ? [item.raw] : []));
}

export function isCall(item: Item): item is ToolCallItem {
  return item.type === "tool-call";
}
