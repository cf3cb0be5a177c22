/** Pieces of text with their look, made safe for a terminal: nothing of a piece reaches it as a control. */
import { createTextAttributes, RGBA, StyledText, type TextChunk } from "@opentui/core";
import { truncate } from "../../shared/truncate";
import { visibleSegments } from "../../shared/visible-text";
import { type Colors, colors } from "../theme";

export interface Look {
  color?: keyof Colors;
  background?: keyof Colors;
  bold?: boolean;
  italic?: boolean;
  underline?: boolean;
  strike?: boolean;
}

export interface Piece extends Look {
  text: string;
  /** It has to be approved: what looks like something else is marked too. */
  exact?: boolean;
  /** It is running text, where other spaces than the ASCII one are common. */
  prose?: boolean;
}

/** Longer texts are folded or read in pieces before they come here: this is for one that nothing else bounds. */
const maxLength = 200_000;

/** What is invisible, moves other text or imitates it stands on a background, by its name. */
export function styledText(pieces: readonly Piece[]): StyledText {
  return new StyledText(pieces.flatMap(chunksOf));
}

/** As `styledText` shows it, without the look. */
export function plainText(pieces: readonly Piece[]): string {
  return pieces
    .flatMap(chunksOf)
    .map(({ text }) => text)
    .join("");
}

function chunksOf(piece: Piece): TextChunk[] {
  const { exact = false } = piece;
  const whole = piece.prose ? withPlainSpaces(piece.text) : piece.text;
  const text = exact ? whole : truncate(whole, maxLength);
  const chunks = visibleSegments(text, { exact, lineEnds: exact }).map((segment) =>
    segment.kind === "mark"
      ? markOf(segment.text, piece)
      : chunkOf(withoutTabs(segment.text), piece),
  );
  if (text === whole) return chunks;
  const left = (whole.length - text.length).toLocaleString("en");
  return [...chunks, markOf(`${left} more characters`, piece)];
}

function markOf(text: string, look: Look): TextChunk {
  return chunkOf(`⟨${text}⟩`, { ...look, color: "panel", background: "warning" });
}

function chunkOf(text: string, look: Look): TextChunk {
  const { bold = false, italic = false, underline = false, strike: strikethrough = false } = look;
  const attributes = createTextAttributes({ bold, italic, underline, strikethrough });
  return {
    __isChunk: true,
    text,
    attributes,
    fg: RGBA.fromHex(colors[look.color ?? "text"]),
    ...(look.background && { bg: RGBA.fromHex(colors[look.background]) }),
  };
}

const tabColumns = 4;

/** To the next column of a tab; a piece is taken to begin at one. */
function withoutTabs(text: string): string {
  if (!text.includes("\t")) return text;
  return text
    .split("\n")
    .map((line) => {
      let expanded = "";
      for (const [index, part] of line.split("\t").entries()) {
        if (index > 0) expanded += " ".repeat(tabColumns - (expanded.length % tabColumns));
        expanded += part;
      }
      return expanded;
    })
    .join("\n");
}

function withPlainSpaces(text: string): string {
  return text
    .replaceAll(/[\u00a0\u2000-\u200a\u202f\u205f]/g, " ")
    .replaceAll("\u3000", "  ")
    .replaceAll("\u00ad", "");
}
