/** Reads formulas: `$…$` and `\(…\)` in a line, `$$…$$` and `\[…\]` on lines of their own. Prices stay text. */
import type { TokenizerExtension, Tokens } from "marked";

/** A longer one stays text. It never holds an empty line, so that one that is never closed ends with its paragraph. */
const maxLength = 4000;

export interface MathToken extends Tokens.Generic {
  type: "math";
  text: string;
  isDisplay: boolean;
  /** Its end has not arrived yet. */
  isOpen: boolean;
}

/** While `streaming`, what has begun and not ended is a token too, so that its parts are not taken for Markdown. */
export function mathSyntax(streaming: boolean): TokenizerExtension[] {
  return [
    {
      name: "math",
      level: "block",
      // In this paragraph: the text after it has its own.
      start(src) {
        const found = /\n(?:(\$\$|\\\[)|[ \t]*\n)/.exec(src);
        return found?.[1] === undefined ? undefined : found.index;
      },
      tokenizer(src) {
        const indent = /^\n? {0,3}/.exec(src)![0];
        const token = displayAt(src.slice(indent.length), streaming);
        const rest = src.slice(indent.length + (token?.raw.length ?? 0));
        const lineEnd = /^[ \t]*(?:\n|$)/.exec(rest)?.[0];
        if (token === undefined || lineEnd === undefined) return undefined;
        return { ...token, raw: indent + token.raw + lineEnd, isBlock: true };
      },
    },
    {
      name: "math",
      level: "inline",
      start: (src) => firstOf(src, ["$", "\\(", "\\["]),
      tokenizer(src, tokens) {
        if (src.startsWith("\\(")) return between(src, "\\(", "\\)", streaming);
        // A variable of a shell, a price in US$.
        if (/[\w$]$/.test(tokens.at(-1)?.raw ?? "")) return undefined;
        return displayAt(src, streaming) ?? inDollars(src);
      },
    },
  ];
}

function firstOf(src: string, marks: string[]): number | undefined {
  const found = marks.map((mark) => src.indexOf(mark)).filter((index) => index >= 0);
  return found.length === 0 ? undefined : Math.min(...found);
}

function displayAt(src: string, streaming: boolean): MathToken | undefined {
  if (src.startsWith("$$")) return between(src, "$$", "$$", streaming);
  if (!src.startsWith("\\[")) return undefined;
  const token = between(src, "\\[", "\\]", streaming);
  // Brackets are also escaped to be brackets: \[1\].
  return token !== undefined && /[\\^_=<>{}+]/.test(token.text) ? token : undefined;
}

function between(
  src: string,
  begin: string,
  end: string,
  streaming: boolean,
): MathToken | undefined {
  const rest = src.slice(begin.length, begin.length + maxLength);
  const length = rest.indexOf(end);
  const isOpen = length < 0;
  if (isOpen && (!streaming || rest.length === maxLength)) return undefined;
  const text = isOpen ? rest : rest.slice(0, length);
  if (/\n[ \t]*\n/.test(text) || (!isOpen && text.trim() === "")) return undefined;
  const raw = begin + text + (isOpen ? "" : end);
  return { type: "math", raw, text, isDisplay: begin !== "\\(", isOpen };
}

/** No white space inside the dollars, no letter or digit after them, and no words after a number: those are prices. */
function inDollars(src: string): MathToken | undefined {
  const found = /^\$(?![\s$])((?:\\[^\n]|[^\\$\n]){1,1000})(?<!\s)\$(?![\p{L}\p{N}$])/u.exec(src);
  if (found === null) return undefined;
  const [raw, text] = found as unknown as [string, string];
  if (/^[\d.,]+\S*\s.*\p{L}{2}/u.test(text) && !/[\\^_={}]/.test(text)) return undefined;
  return { type: "math", raw, text, isDisplay: false, isOpen: false };
}
