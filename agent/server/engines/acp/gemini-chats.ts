/**
 * Gemini CLI names the file of a conversation by the minute and the beginning of its id, and writes the name of this
 * minute anew when it loads one: a conversation that was made or loaded in the same minute is lost by that (0.61.0).
 */
import { readdir, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

const minuteMs = 60_000;
/** More than the minutes in which one conversation was opened. */
const mostMinutes = 10_000;

/**
 * Gives the conversation's file of this minute the name of an earlier one, so that it can be loaded at once. What cannot be
 * found or renamed stays: then the load says that it has failed.
 */
export async function freeMinute(conversationId: string, home: string | undefined): Promise<void> {
  const projects = join(home ?? homedir(), ".gemini", "tmp");
  const end = `-${conversationId.slice(0, 8)}.jsonl`;
  for (const project of await namesIn(projects)) {
    const chats = join(projects, project, "chats");
    const names = new Set((await namesIn(chats)).filter((name) => name.endsWith(end)));
    await free(chats, names, Date.now(), end);
  }
}

async function free(chats: string, names: Set<string>, time: number, end: string): Promise<void> {
  const name = nameAt(time, end);
  if (!names.has(name)) return;
  for (let before = 1; before < mostMinutes; before++) {
    const earlier = nameAt(time - before * minuteMs, end);
    if (names.has(earlier)) continue;
    try {
      await rename(join(chats, name), join(chats, earlier));
      names.delete(name);
      names.add(earlier);
    } catch {
      // Another user's, or removed meanwhile.
    }
    return;
  }
}

function nameAt(time: number, end: string): string {
  const minute = new Date(time).toISOString().slice(0, 16).replaceAll(":", "-");
  return `session-${minute}${end}`;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch {
    return []; // none yet
  }
}
