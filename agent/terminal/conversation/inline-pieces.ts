/** The inline tokens of Markdown as pieces of text. An address is always shown: what a link says need not be where it leads. */
import type { Token } from "marked";
import type { Look, Piece } from "./pieces";

export function inlinePieces(tokens: readonly Token[] | undefined, look: Look = {}): Piece[] {
  return (tokens ?? []).flatMap((token) => piecesOf(token, look));
}

function piecesOf(token: Token, look: Look): Piece[] {
  const inside = (more: Look) => inlinePieces(childrenOf(token), { ...look, ...more });
  switch (token.type) {
    case "strong":
      return inside({ bold: true });
    case "em":
      return inside({ italic: true });
    case "del":
      return inside({ strike: true });
    case "codespan":
      return [prose(textOf(token), { ...look, color: "accent" })];
    case "br":
      return [prose("\n", look)];
    case "link":
      return linkPieces(token, look);
    case "image":
      return [prose(`[image: ${textOf(token)}] ${addressOf(token)}`, { ...look, color: "muted" })];
    case "checkbox":
      return [];
    case "footnoteReference":
      return [prose(`[${"label" in token ? String(token.label) : ""}]`, look)];
    default:
      return childrenOf(token) ? inside({}) : [prose(textOf(token), look)];
  }
}

function linkPieces(token: Token, look: Look): Piece[] {
  const address = addressOf(token);
  const shown = inlinePieces(childrenOf(token), { ...look, color: "accent", underline: true });
  const words = shown.map(({ text }) => text).join("");
  const isItself = words === address || `mailto:${words}` === address;
  return isItself ? shown : [...shown, prose(` (${address})`, { ...look, color: "muted" })];
}

function prose(text: string, look: Look): Piece {
  return { ...look, text, prose: true };
}

function childrenOf(token: Token): Token[] | undefined {
  return "tokens" in token ? token.tokens : undefined;
}

function addressOf(token: Token): string {
  return "href" in token && typeof token.href === "string" ? token.href : "";
}

/** Without the character references of HTML. What they stand for is shown as any other text. */
export function textOf(token: Token): string {
  const text = "text" in token && typeof token.text === "string" ? token.text : token.raw;
  if (!text.includes("&")) return text;
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi,
    reference,
  );
}

function reference(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return named[name.toLowerCase()] ?? whole;
  const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}

const named: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};
