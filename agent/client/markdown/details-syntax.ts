/** Reads `<details>` with a `<summary>`: Markdown inside, no attribute but `open`, and to the end of the text while it is not closed. */
import type { Token, TokenizerExtension, Tokens } from "marked";
import { t } from "../../shared/translation";

/** Deeper ones are shown as text. */
const maxDepth = 8;

export interface DetailsToken extends Tokens.Generic {
  type: "details";
  isOpen: boolean;
  summary: Token[];
  tokens: Token[];
}

const begin = /^ {0,3}<details(\s+open(?:=""|="open")?)?\s*>\s*/i;
const summary = /^<summary\s*>([^]{0,1000}?)<\/summary\s*>/i;

export function detailsSyntax(): TokenizerExtension {
  let depth = 0;
  return {
    name: "details",
    level: "block",
    tokenizer(src) {
      const opening = begin.exec(src);
      if (opening === null || depth === maxDepth) return undefined;
      const inner = src.slice(opening[0].length);
      const end = endOf(inner);
      const content = inner.slice(0, end.start);
      const title = summary.exec(content);
      depth++;
      try {
        return {
          type: "details",
          raw: src.slice(0, opening[0].length + end.end),
          isOpen: opening[1] !== undefined,
          summary: this.lexer.inlineTokens(title?.[1]?.trim() ?? t("Details")),
          tokens: this.lexer.blockTokens(content.slice(title?.[0].length ?? 0), []),
        } satisfies DetailsToken;
      } finally {
        depth--;
      }
    },
    childTokens: ["summary", "tokens"],
  };
}

/** A fence with the rest of its line, code in a line, and a tag with its slash. */
const marks = /^ {0,3}(`{3,}|~{3,}).*|`[^`\n]*`|<(\/?)details\b[^<>\n]*>/gim;

/** Where the closing tag begins, and where it and its line end. Tags in code do not count. Looks no further. */
function endOf(text: string): { start: number; end: number } {
  let open = 1;
  let fence: string | undefined;
  for (const { 0: found, 1: mark, 2: slash, index } of text.matchAll(marks)) {
    if (mark !== undefined)
      fence = fence === undefined ? mark : mark.startsWith(fence) ? undefined : fence;
    else if (fence === undefined && slash !== undefined) {
      open += slash === "/" ? -1 : 1;
      if (open > 0) continue;
      const end = index + found.length;
      return { start: index, end: end + /^[ \t]*\n?/.exec(text.slice(end))![0].length };
    }
  }
  return { start: text.length, end: text.length };
}
