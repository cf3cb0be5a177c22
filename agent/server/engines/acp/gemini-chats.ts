/**
 * Gemini CLI (0.61.0) names the file of a conversation by a minute and the beginning of its id. At a load it makes another
 * one, of this minute and empty: a conversation that has the same name is lost by that, and the next start takes an empty
 * one for a reason to remove all of that id.
 */
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { EngineError } from "../engine";

const minuteMs = 60_000;
/** More than the minutes in which one conversation was opened. */
const mostMinutes = 10_000;
/** An empty one has a few kilobytes: the names of the files in the directory. */
const emptyBytes = 1_000_000;

/** Of what is looked through. */
const mostBytes = 50_000_000;
/** At a load Gemini CLI makes messages of the results that its calls have as well: the next load sends each twice. */
const loadedCall = '_response","timestamp":';

/**
 * Makes a conversation ready to be loaded at once: its file of this minute gets the name of an earlier one, and its empty
 * ones are removed. Nothing of another conversation is touched. What cannot be found or changed stays: then the load says
 * that it has failed. Rejects with EngineError where the service would refuse every message after the load (400, seen with
 * 0.61.0 at the second load after a call).
 */
export async function readyToLoad(conversationId: string, home: string = homedir()): Promise<void> {
  const projects = join(home, ".gemini", "tmp");
  const end = `-${conversationId.slice(0, 8)}.jsonl`;
  for (const project of await namesIn(projects)) {
    const chats = join(projects, project, "chats");
    const names = (await namesIn(chats)).filter((name) => name.endsWith(end));
    const states = await Promise.all(
      names.map((name) => stateOf(join(chats, name), conversationId)),
    );
    const having = (state: ChatState) => names.filter((_, index) => states[index] === state);
    if (having("broken").length > 0)
      throw new EngineError(
        "engine-conversation",
        "Gemini CLI cannot load this conversation a second time.",
      );
    if (having("kept").length === 0) continue;
    for (const name of having("empty")) await tried(rm(join(chats, name)));
    const now = nameAt(Date.now(), end);
    const free = earlier(names, end);
    if (having("kept").includes(now) && free !== undefined)
      await tried(rename(join(chats, now), join(chats, free)));
  }
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

type ChatState = "another's" | "empty" | "kept" | "broken";

/** "empty": nobody has said anything in it; it has the facts of the session, and the context that comes first. */
async function stateOf(path: string, conversationId: string): Promise<ChatState> {
  try {
    const { size } = await stat(path);
    const [first = ""] = (await Bun.file(path).slice(0, 10_000).text()).split("\n", 1);
    const { sessionId } = JSON.parse(first) as { sessionId?: unknown };
    if (sessionId !== conversationId) return "another's";
    if (size > mostBytes) return "kept";
    const content = await readFile(path);
    if (content.includes(loadedCall)) return "broken";
    return size <= emptyBytes && isEmpty(content.toString()) ? "empty" : "kept";
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

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
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
