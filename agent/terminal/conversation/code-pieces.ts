/** The highlighter's HTML as pieces of text. */
import type { Look, Piece } from "./pieces";

/** By the first part of the highlighter's class; what is not here stands as plain code. */
const looks: Record<string, Look> = {
  keyword: { color: "accent" },
  built_in: { color: "accent" },
  literal: { color: "accent" },
  type: { color: "accent" },
  number: { color: "warning" },
  string: { color: "good" },
  regexp: { color: "good" },
  comment: { color: "muted", italic: true },
  meta: { color: "muted" },
  title: { bold: true },
  name: { color: "accent" },
  section: { bold: true },
  addition: { background: "added" },
  deletion: { background: "removed" },
};

/** It holds spans with one class attribute, and five character references: whatever else it held would be shown as text. */
export function codePieces(html: string): Piece[] {
  const pieces: Piece[] = [];
  const open: Look[] = [{}];
  for (const [, name, close, text] of html.matchAll(
    /<span class="([^"]*)">|(<\/span>)|((?:[^<]|<(?!span class="|\/span>))+)/g,
  )) {
    if (name !== undefined) open.push({ ...open.at(-1), ...lookOf(name) });
    else if (close !== undefined) {
      if (open.length > 1) open.pop();
    } else if (text !== undefined) pieces.push({ ...open.at(-1), text: unescaped(text) });
  }
  return pieces;
}

function lookOf(names: string): Look | undefined {
  return looks[names.split(" ")[0]?.replace(/^hljs-/, "") ?? ""];
}

function unescaped(text: string): string {
  return text.replaceAll(/&(?:amp|lt|gt|quot|#x27);/g, (found) => characters[found] ?? found);
}

const characters: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#x27;": "'",
};
