/** Splits growing Markdown into blocks: finished blocks keep their identity, only the last one is parsed again. */
import type { Token } from "marked";
import { truncate } from "../../shared/truncate";
import { createSyntax, type Syntax } from "./syntax";

export type Block =
  /** The parser's HTML, to be sanitised before it is shown. */
  | { kind: "html"; raw: string; unsafeHtml: string }
  | { kind: "code"; raw: string; code: string; language: string; closed: boolean };

/**
 * Longer than any paragraph, in characters. The time that a browser takes to lay one out grows with the square of its
 * length: 200,000 characters took half a second, 1,000,000 took 14.
 */
const longestBlock = 50_000;

/** Of a complete text. Footnotes and links may be defined after their use. */
export function readBlocks(given: string): Block[] {
  const text = normalized(given);
  return blocksOf(createSyntax(text), text);
}

/** Returns a function that takes the whole text so far each time and returns its blocks. */
export function createBlockReader(): (text: string) => Block[] {
  const syntax = createSyntax();
  return createGrowingReader((text) => blocksOf(syntax, text));
}

/** The same for blocks of any kind, which `read` makes of a text: their raw texts add up to it. */
export function createGrowingReader<Read extends { raw: string }>(
  read: (text: string) => Read[],
): (text: string) => Read[] {
  let finished: Read[] = [];
  let finishedLength = 0;
  let before = "";

  return (given) => {
    const text = normalized(given);
    if (!text.startsWith(before)) {
      finished = [];
      finishedLength = 0;
    }
    before = text;
    const blocks = read(text.slice(finishedLength));
    // A block can grow until the next one begins.
    const settled = blocks.slice(0, -1);
    finished = [...finished, ...settled];
    finishedLength += settled.reduce((length, block) => length + block.raw.length, 0);
    return [...finished, ...blocks.slice(-1)];
  };
}

/** As marked does it, so that lengths agree. */
function normalized(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}

function blocksOf(syntax: Syntax, text: string): Block[] {
  return readTokens(syntax, text).map((token) => toBlock(syntax, token));
}

/** The blocks of a text, whose raw texts add up to it. In the place of a very long one are its pieces, of the type "piece". */
export function readTokens(syntax: Syntax, text: string): Token[] {
  const blocks: Token[] = [];
  for (const token of readAll(syntax, text)) {
    const last = blocks.at(-1);
    // White space belongs to the block before it.
    if (token.type === "space" && last !== undefined) last.raw += token.raw;
    else if (isTooLong(token)) blocks.push(...piecesOf(syntax, token.raw));
    else blocks.push(token);
  }
  return blocks;
}

function readAll(syntax: Syntax, text: string): Token[] {
  try {
    return syntax.read(text);
  } catch {
    // Nested so deeply that the parser's stack is full: shown as it is written.
    return [{ type: "code", raw: text, text }];
  }
}

/** Code and tables are laid out line by line. */
function isTooLong({ type, raw }: Token): boolean {
  if (type === "code" || raw.length <= longestBlock) return false;
  return type !== "table" || raw.split("\n").some((line) => line.length > longestBlock);
}

/** Each holds tokens as if it stood alone. Cut between lines or words where there are any. */
function piecesOf(syntax: Syntax, raw: string): Token[] {
  const pieces: Token[] = [];
  for (let start = 0; start < raw.length;) {
    const most = truncate(raw.slice(start, start + longestBlock + 1), longestBlock);
    const isLast = start + most.length === raw.length;
    const cut = Math.max(most.lastIndexOf("\n"), most.lastIndexOf(" ")) + 1;
    const piece = isLast || cut === 0 ? most : most.slice(0, cut);
    pieces.push({ type: "piece", raw: piece, tokens: readAll(syntax, piece) });
    start += piece.length;
  }
  return pieces;
}

function toBlock(syntax: Syntax, token: Token): Block {
  if (token.type === "code" && "text" in token) {
    const language = "lang" in token ? String(token.lang ?? "") : "";
    return {
      kind: "code",
      raw: token.raw,
      code: token.text ?? "",
      language: language.split(/\s/)[0] ?? "",
      // One that was too deep for the parser has no fence.
      closed:
        token.raw === token.text ||
        /^ {0,3}(`{3,}|~{3,})\s*$/m.test(token.raw.slice(token.raw.indexOf("\n") + 1)),
    };
  }
  const tokens = token.type === "piece" ? childrenOf(token) : [token];
  const unsafeHtml = tokens.map((one) => syntax.toHtml(one)).join("");
  return { kind: "html", raw: token.raw, unsafeHtml };
}

export function childrenOf(token: Token): Token[] {
  return ("tokens" in token ? token.tokens : undefined) ?? [];
}
