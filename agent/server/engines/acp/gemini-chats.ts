/**
 * Gemini CLI (0.61.0) names the file of a conversation by a minute and the beginning of its id. At a load it makes another
 * one, of this minute and empty: a conversation that has the same name is lost by that, and the next start takes an empty
 * one for a reason to remove all of that id. It also writes each result of a call once more, as a message; after a load,
 * results of parallel calls with each of these; and of a call that was denied the result alone. The load after that sends
 * them as they are, and the service refuses the conversation from then on.
 */
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

const minuteMs = 60_000;
/** More than the minutes in which one conversation was opened. */
const mostMinutes = 10_000;
/** An empty one has a few kilobytes: the names of the files in the directory. */
const emptyBytes = 1_000_000;
/** A larger file is loaded as it is. */
const readBytes = 200_000_000;

/**
 * Makes a conversation ready to be loaded at once: its file of this minute gets the name of an earlier one, its empty ones
 * are removed, and it has each result once, after its call. Nothing of another conversation is touched. What cannot be found or changed
 * stays: then the load says that it has failed. Never rejects.
 */
export async function readyToLoad(conversationId: string, home: string = homedir()): Promise<void> {
  const projects = join(home, ".gemini", "tmp");
  const end = `-${conversationId.slice(0, 8)}.jsonl`;
  for (const project of await namesIn(projects, "isDirectory")) {
    const chats = join(projects, project, "chats");
    const names = (await namesIn(chats, "isFile")).filter((name) => name.endsWith(end));
    const states = await Promise.all(
      names.map((name) => stateOf(join(chats, name), conversationId)),
    );
    const having = (state: ChatState) => names.filter((_, index) => states[index] === state);
    const kept = having("kept");
    if (kept.length === 0) continue;
    for (const name of having("empty")) await tried(rm(join(chats, name)));
    for (const name of kept) await tried(removeRepeated(join(chats, name)));
    const now = nameAt(Date.now(), end);
    const free = earlier(names, end);
    if (kept.includes(now) && free !== undefined)
      await tried(rename(join(chats, now), join(chats, free)));
  }
}

/** Writes the file anew with each result once. */
async function removeRepeated(path: string): Promise<void> {
  if ((await stat(path)).size > readBytes) return;
  const text = await readFile(path, "utf8");
  const cleaned = withoutRepeated(text);
  if (cleaned === text) return;
  await rm(`${path}.new`, { force: true });
  // Not through a link that a command has put there meanwhile.
  await writeFile(`${path}.new`, cleaned, { mode: 0o600, flag: "wx" });
  await rename(`${path}.new`, path);
}

interface ChatMessage {
  id?: unknown;
  type?: unknown;
  content?: unknown;
  toolCalls?: unknown;
}

/** A line: a message, or a change, which can be of all messages. */
type ChatRecord = (ChatMessage & { $set?: { messages?: unknown } }) | null;

interface ChatPart {
  functionCall?: { id?: unknown };
  functionResponse?: { id?: unknown };
  text?: unknown;
}

interface ChatCall {
  id?: unknown;
  result?: unknown;
}

function withoutRepeated(text: string): string {
  let open = new Set<unknown>();
  const lines = text.split("\n").flatMap((line) => {
    const record = recordIn(line);
    if (record === undefined) return [line];
    const messages = record?.$set?.messages;
    if (!Array.isArray(messages)) {
      const kept = cleaned(record, open);
      return kept === record ? [line] : kept === undefined ? [] : [JSON.stringify(kept)];
    }
    open = new Set();
    const all = messages as (ChatMessage | null)[];
    const kept = all.map((one) => cleaned(one, open));
    if (kept.every((one, index) => one === all[index])) return [line];
    const $set = { ...record!.$set, messages: kept.filter((one) => one !== undefined) };
    return [JSON.stringify({ ...record, $set })];
  });
  return lines.join("\n");
}

/** Undefined for one that Gemini CLI leaves out too: it was cut when the process was killed. */
function recordIn(line: string): ChatRecord | undefined {
  try {
    return JSON.parse(line) as ChatRecord;
  } catch {
    return undefined;
  }
}

/**
 * The message without repeated results; undefined where nothing is left of it. `open`: the calls before it that have no
 * result, by their ids; it is brought up to date.
 */
function cleaned(message: ChatMessage | null, open: Set<unknown>): ChatMessage | null | undefined {
  if (message?.type === "gemini") return withOwnResults(message, open);
  const parts = message?.type === "user" ? listOf<ChatPart>(message.content) : [];
  const kept = resultsOf(parts, open);
  if (kept.length === parts.length) return message;
  return kept.length === 0 ? undefined : { ...message, content: kept };
}

function withOwnResults(message: ChatMessage, open: Set<unknown>): ChatMessage {
  for (const part of listOf<ChatPart>(message.content))
    if (part?.functionCall) open.add(part.functionCall.id);
  const calls = listOf<ChatCall>(message.toolCalls);
  const own = calls.map((call) => {
    const parts = listOf<ChatPart>(call?.result);
    const result = resultsOf(parts, new Set([call?.id]));
    return result.length === 0 || result.length === parts.length ? call : { ...call, result };
  });
  for (const call of own) {
    const hasResult = Array.isArray(call?.result) ? call.result.length > 0 : Boolean(call?.result);
    if (hasResult) open.delete(call?.id);
    else open.add(call?.id);
  }
  return own.every((call, index) => call === calls[index])
    ? message
    : { ...message, toolCalls: own };
}

/** The parts without the results of calls that are not open; with its result a call no longer is. A result is followed by its data. */
function resultsOf(parts: (ChatPart | null)[], open: Set<unknown>): (ChatPart | null)[] {
  let isKept = true;
  return parts.filter((part) => {
    if (part?.functionResponse) isKept = open.delete(part.functionResponse.id);
    return isKept || part?.text !== undefined;
  });
}

function listOf<T>(value: unknown): (T | null)[] {
  return Array.isArray(value) ? (value as (T | null)[]) : [];
}

function earlier(taken: string[], end: string): string | undefined {
  for (let minutes = 1; minutes < mostMinutes; minutes++) {
    const name = nameAt(Date.now() - minutes * minuteMs, end);
    if (!taken.includes(name)) return name;
  }
  return undefined;
}

function nameAt(time: number, end: string): string {
  const minute = new Date(time).toISOString().slice(0, 16).replaceAll(":", "-");
  return `session-${minute}${end}`;
}

type ChatState = "another's" | "empty" | "kept";

/** "empty": it has no message; it has the facts of the session, and the context that comes first. */
async function stateOf(path: string, conversationId: string): Promise<ChatState> {
  try {
    const [first = ""] = (await Bun.file(path).slice(0, 10_000).text()).split("\n", 1);
    const { sessionId } = JSON.parse(first) as { sessionId?: unknown };
    if (sessionId !== conversationId) return "another's";
    const isSmall = (await stat(path)).size <= emptyBytes;
    return isSmall && isEmpty(await readFile(path, "utf8")) ? "empty" : "kept";
  } catch {
    return "another's"; // it cannot be read, or is of another kind
  }
}

function isEmpty(content: string): boolean {
  const lines = content.trim().split("\n");
  return lines.every((line) => {
    const record = recordIn(line);
    if (record === undefined || record?.id !== undefined) return false;
    return listOf(record?.$set?.messages).length <= 1;
  });
}

/** No links, and no pipes, on which a look would wait: a command can have made them. */
async function namesIn(directory: string, kind: "isFile" | "isDirectory"): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry[kind]()).map(({ name }) => name);
  } catch {
    return []; // none yet
  }
}

async function tried(change: Promise<void>): Promise<void> {
  try {
    await change;
  } catch {
    // Another user's, or removed meanwhile.
  }
}
