/** Reads footnotes: a reference `[^label]`, and a line `[^label]: …` with what is indented below it. */
import type { TokenizerExtension, Tokens } from "marked";

export interface FootnoteToken extends Tokens.Generic {
  label: string;
}

/** Deeper ones, in each other, are text. */
const maxDepth = 8;
const label = String.raw`\[\^([\w.-]{1,40})\]`;
const definition = new RegExp(`^ {0,3}${label}:[ \\t]*`);
const reference = new RegExp(`^${label}(?!:)`);

/** `isDefined` tells whether the text has a footnote of this label; a reference without one stays text. */
export function footnoteSyntax(isDefined: (label: string) => boolean): TokenizerExtension[] {
  let depth = 0;
  return [
    {
      name: "footnote",
      level: "block",
      tokenizer(src) {
        const found = definition.exec(src);
        if (found === null || depth === maxDepth) return undefined;
        const raw = linesOf(src);
        const text = raw.slice(found[0].length).replaceAll(/\n(?: {1,4}|\t)/g, "\n");
        depth++;
        try {
          const tokens = this.lexer.blockTokens(text, []);
          return { type: "footnote", raw, label: found[1]!, tokens } satisfies FootnoteToken;
        } finally {
          depth--;
        }
      },
      childTokens: ["tokens"],
    },
    {
      name: "footnoteReference",
      level: "inline",
      start: (src) => indexOf(src, "[^"),
      tokenizer(src) {
        const found = reference.exec(src);
        if (found === null || !isDefined(found[1]!)) return undefined;
        return { type: "footnoteReference", raw: found[0], label: found[1]! };
      },
    },
  ];
}

/** The line and what continues it: to the next definition, or to an empty line that nothing indented follows. Looks no further. */
function linesOf(src: string): string {
  const endOfLine = (from: number) => src.indexOf("\n", from) + 1 || src.length;
  let end = endOfLine(0);
  for (let start = end, next; start < src.length; start = next) {
    next = endOfLine(start);
    const line = src.slice(start, next);
    if (definition.test(line)) break;
    if (line.trim() === "") continue;
    if (start > end && !/^(?: {2,}|\t)/.test(line)) break;
    end = next;
  }
  return src.slice(0, end);
}

/** The labels of a whole text's footnotes. */
export function footnoteLabels(text: string): Set<string> {
  return new Set(
    [...text.matchAll(new RegExp(`^[ \\t>]*${label}:`, "gm"))].map(([, name]) => name!),
  );
}

function indexOf(src: string, mark: string): number | undefined {
  const index = src.indexOf(mark);
  return index < 0 ? undefined : index;
}
