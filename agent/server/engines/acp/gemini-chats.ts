/**
 * Gemini CLI (0.61.0) names the file of a conversation by a minute and the beginning of its id. At a load it makes another
 * one, of this minute and empty: a conversation that has the same name is lost by that, and the next start takes an empty
 * one for a reason to remove all of that id. It also writes each result of a call once more, as a message: the load after
 * that sends it twice, and the service refuses the conversation from then on.
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
 * are removed, and it has each result once. Nothing of another conversation is touched. What cannot be found or changed
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

interface ChatMessage {
  type?: unknown;
  content?: unknown;
  toolCalls?: unknown;
}

/** Writes the file anew without the results that its calls have too. */
async function removeRepeated(path: string): Promise<void> {
  if ((await stat(path)).size > readBytes) return;
  const text = await readFile(path, "utf8");
  const cleaned = text.split("\n").map(withoutRepeated).join("\n");
  if (cleaned === text) return;
  await rm(`${path}.new`, { force: true });
  // Not through a link that a command has put there meanwhile.
  await writeFile(`${path}.new`, cleaned, { mode: 0o600, flag: "wx" });
  await rename(`${path}.new`, path);
}

/** A line that sets all messages is the only kind that repeats any. */
function withoutRepeated(line: string): string {
  if (!line.startsWith('{"$set":') || !line.includes('"functionResponse"')) return line;
  const change = JSON.parse(line) as { $set: { messages?: unknown } };
  const { messages } = change.$set;
  if (!Array.isArray(messages)) return line;
  const all = messages as (ChatMessage | null)[];
  const answered = new Set(all.flatMap((one) => listOf(one?.toolCalls)).flatMap(idWithResult));
  const kept = all.filter((one) => {
    const parts = one?.type === "user" ? listOf(one.content) : [];
    return parts.length === 0 || !parts.every((part) => answered.has(part?.functionResponse?.id));
  });
  if (kept.length === all.length) return line;
  return JSON.stringify({ ...change, $set: { ...change.$set, messages: kept } });
}

interface Listed {
  id?: unknown;
  result?: unknown;
  functionResponse?: { id?: unknown };
}

function listOf(value: unknown): (Listed | null)[] {
  return Array.isArray(value) ? (value as (Listed | null)[]) : [];
}

function idWithResult(call: Listed | null): unknown[] {
  return typeof call?.id === "string" && listOf(call.result).length > 0 ? [call.id] : [];
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
    const { id, $set } = JSON.parse(line) as { id?: string; $set?: { messages?: unknown[] } };
    return id === undefined && ($set?.messages?.length ?? 0) <= 1;
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
