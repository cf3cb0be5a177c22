/** A unified diff as the diffs of ACP: one for each hunk, with the lines before and after. */
import type { ToolCallContent } from "@agentclientprotocol/sdk";
import { resolve } from "node:path";
import { fenced, plainText } from "./editor-text";

export interface Hunk {
  /** Absolute. */
  path: string;
  /** The first line of it in the changed file, from 1. */
  line: number;
  /** Null for a new file. */
  oldText: string | null;
  newText: string;
}

/** Where it is no unified diff, or one of too many hunks for an editor, the text itself. */
export function diffContent(diff: string, cwd: string): ToolCallContent[] {
  const hunks = readHunks(diff, cwd);
  if (hunks.length === 0 || hunks.length > maxHunks)
    return [{ type: "content", content: { type: "text", text: fenced(plainText(diff), "diff") } }];
  return hunks.map(({ path, oldText, newText }) => ({
    type: "diff",
    path,
    oldText: oldText && plainText(oldText),
    newText: plainText(newText),
  }));
}

const maxHunks = 200;

const hunkStart = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** `cwd`: where the diff's paths start from. */
export function readHunks(diff: string, cwd: string): Hunk[] {
  const hunks: Hunk[] = [];
  let [oldName, newName] = ["", ""];
  /** How many lines the hunk still has on either side: one of them can look like a header. */
  let [before, after] = [0, 0];
  for (const line of diff.split("\n")) {
    const hunk = hunks.at(-1);
    if (hunk !== undefined && before + after > 0) {
      if (line.startsWith("\\")) continue;
      if (!line.startsWith("+")) {
        before--;
        if (hunk.oldText !== null) hunk.oldText += `${line.slice(1)}\n`;
      }
      if (!line.startsWith("-")) {
        after--;
        hunk.newText += `${line.slice(1)}\n`;
      }
      continue;
    }
    const start = hunkStart.exec(line);
    if (line.startsWith("--- ")) oldName = nameIn(line);
    else if (line.startsWith("+++ ")) newName = nameIn(line);
    else if (start !== null) {
      [before, after] = [Number(start[1] ?? 1), Number(start[3] ?? 1)];
      const isNew = oldName === "/dev/null";
      const name = newName === "/dev/null" ? oldName : newName;
      const path = resolve(cwd, name.replace(/^[ab]\//, ""));
      hunks.push({ path, line: Number(start[2]), oldText: isNew ? null : "", newText: "" });
    }
  }
  return hunks;
}

/** Without the time that some programs put behind it. */
function nameIn(line: string): string {
  return line.slice(4).split("\t", 1)[0] ?? "";
}
