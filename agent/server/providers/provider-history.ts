/** Turns a conversation, interruptions included, into turns that any model service accepts; each provider writes them in its wire's form. */
import type { Message } from "../../shared/protocol";
import { saidText } from "../../shared/said-text";
import { emptyAnswer, filesOf, lastInterruption, toolCallsOf } from "../../shared/message-parts";
import { plainUntil, withoutFilesUntil } from "../../shared/plain-history";
import { messagesForModel } from "../../shared/summary";
import {
  callsOf,
  isCall,
  type Item,
  type Reader,
  type Turn,
  type TurnFile,
} from "./provider-turns";
import { fileLine, filesToSend } from "./turn-files";
import { isWhole, itemsOf } from "./turn-items";

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
  // Then the conversation would end with the model's own turn.
  const isCutInTurn = items.some(({ type }) => type !== "reasoning") && !items.some(isCall);
  const cut = lastInterruption(message);
  if (!isCutInTurn || cut === undefined) return;
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
  const texts = [saidText(message, "\n\n")];
  if (lines.length > 0) texts.unshift(lines.join("\n"));
  const said = texts.join("\n\n").trim().toWellFormed();
  return message.note === undefined || said === "" ? said : `${message.note}\n\n${said}`;
}
