/** Turns a conversation, interruptions included, into turns that any model service accepts; each provider writes them in its wire's form. */
import {
  type FileRef,
  interruptionText,
  type MediaType,
  type Message,
  type PartMeta,
  type Stop,
  type ToolCallPart,
} from "../../shared/protocol";
import { defined } from "../../shared/defined";
import {
  emptyAnswer,
  filesOf,
  filesOfPart,
  lastInterruption,
  toolCallsOf,
} from "../../shared/message-parts";
import { plainUntil, withoutFilesUntil } from "../../shared/plain-history";
import { describeFile } from "../../shared/taken-files";
import type { ModelRequest } from "./provider";
import { messagesForModel } from "../../shared/summary";

export type Turn = UserTurn | AssistantTurn;

export interface UserTurn {
  role: "user";
  text: string;
  files?: TurnFile[];
}

/** A file whose content goes to the model. */
export interface TurnFile {
  name: string;
  mediaType: MediaType;
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

/**
 * User and assistant turns alternate, and the first is the user's. What was cut stays, with its marker: in the results
 * of a turn's tool calls, or as its last text when it has none. What no service would accept is dropped: reasoning
 * that was cut or is another's, calls whose input was cut, turns in which nothing was written. What Rein does not handle goes
 * back to the model that it came from; another reads a line about it.
 * Halves of surrogate pairs, which no service accepts, are replaced.
 * A pure function of what is stored, so that the same turn reads the same in every later request.
 */
export function toTurns(messages: Message[], reader: Reader): Turn[] {
  const turns: Turn[] = [];
  const own = messagesForModel(messages);
  const plainBefore = plainUntil(own, reader.provider);
  const noFilesBefore = withoutFilesUntil(own, reader.provider);
  for (const [at, message] of own.entries()) {
    const isPlain = at < plainBefore;
    const read = at < noFilesBefore ? { ...reader, files: undefined } : reader;
    if (message.role === "user") addUserMessage(turns, message, read);
    else if (isPlain || reader.takesNoTools) addPlainAnswer(turns, message);
    else addAnswer(turns, message, read);
  }
  return turns;
}

/** Where no result can hold files, these words come with them. */
export const shownText = "[These are the files that the results above name.]";

export function callsOf(turn: AssistantTurn): ToolCallItem[] {
  return turn.items.filter((item) => item.type === "tool-call");
}

function addAnswer(turns: Turn[], message: Message, reader: Reader): void {
  const items = itemsOf(message, reader);
  addItems(turns, items);
  addContinue(turns, items, message);
}

/** Calls as text, and their results as what the user says next: no ids, no signatures, no reasoning. */
function addPlainAnswer(turns: Turn[], message: Message): void {
  const items = itemsOf(message, { provider: "", model: "" });
  const calls = items.filter(isCall);
  const texts = items.flatMap((item) => (item.type === "text" ? item.text : []));
  const text = [...texts, ...calls.map(({ name, inputText }) => `(${name} ${inputText})`)];
  if (text.length > 0) addItems(turns, [{ type: "text", text: text.join("\n\n") }]);
  for (const { name, result } of calls)
    addUser(turns, `(${name} ${result.isError ? "failed" : "answered"}: ${result.text})`);
  addContinue(turns, items, message);
}

function addContinue(turns: Turn[], items: Item[], message: Message): void {
  if (lastInterruption(message)?.error?.code === emptyAnswer) addUser(turns, emptyText);
  const isCutInText = items.some((item) => item.type === "text") && !items.some(isCall);
  const cut = lastInterruption(message);
  if (!isCutInText || cut === undefined) return;
  if (cut.error) addUser(turns, hasLostCall(message) ? repeatText : continueText("cut off"));
  else if (cut.stop.by === "pause") addUser(turns, continueText("paused"));
}

/** No service continues its own last turn unless it is asked to. */
function continueText(what: string): string {
  return `(You were ${what} here. Continue exactly where your text was cut off, and do not repeat any of it.)`;
}

const repeatText =
  "(You were cut off here, while you called a tool: the call was lost. Make it again, and do not repeat your text.)";

const emptyText =
  "(You answered nothing. If you are done, say in a sentence what you did and found; otherwise go on.)";

function hasLostCall(message: Message): boolean {
  return toolCallsOf(message).some((call) => !isWhole(call, message));
}

function isCall(item: Item): item is ToolCallItem {
  return item.type === "tool-call";
}

function addUser(turns: Turn[], text: string, files: TurnFile[] = []): void {
  if (text === "") return;
  const last = turns.at(-1);
  if (last?.role === "user") {
    last.text += `\n\n${text}`;
    if (files.length > 0) last.files = [...(last.files ?? []), ...files];
  } else turns.push({ role: "user", text, ...(files.length > 0 && { files }) });
}

function addItems(turns: Turn[], items: Item[]): void {
  if (!items.some((item) => item.type !== "reasoning")) return;
  const last = turns.at(-1);
  if (last?.role === "assistant" && callsOf(last).length === 0) last.items.push(...items);
  else turns.push({ role: "assistant", items });
}

function addUserMessage(turns: Turn[], message: Message, reader: Reader): void {
  addUser(turns, userText(message, reader), filesToSend(message, reader));
}

/** Each file is named in a line before the text, so that the text can speak of it. */
function userText(message: Message, reader: Reader): string {
  const lines = filesOf(message).map((file) => fileLine(file, reader));
  const texts = message.parts.filter((part) => part.type === "text").map((part) => part.text);
  if (lines.length > 0) texts.unshift(lines.join("\n"));
  const said = texts.join("\n\n").trim().toWellFormed();
  return message.note === undefined || said === "" ? said : `${message.note}\n\n${said}`;
}

function fileLine(file: FileRef, { files }: Reader): string {
  const sent = files?.get(file.hash) ?? { leftOut: "not sent" };
  return `[${describeFile(file)}${"leftOut" in sent ? `: ${sent.leftOut}` : ""}]`;
}

function filesToSend({ parts }: Pick<Message, "parts">, { files }: Reader): TurnFile[] {
  return parts.flatMap(filesOfPart).flatMap(({ name, mediaType, hash }) => {
    const sent = files?.get(hash);
    return sent !== undefined && "data" in sent ? [{ name, mediaType, data: sent.data }] : [];
  });
}

function itemsOf(message: Message, reader: Reader): Item[] {
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
  if (part.type === "interruption" || part.type === "file") return undefined;
  if (part.meta?.provider !== reader.provider) return undefined;
  return message.model === undefined || message.model === reader.model ? part.meta : undefined;
}

/**
 * Whether the model had written the whole input. A whole input that was not JSON is known by the error with which the
 * tool runner answered it; in a turn that failed, nothing had been run.
 */
function isWhole(part: ToolCallPart, message: Message): boolean {
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
  const output = part.output.trimEnd().toWellFormed();
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
