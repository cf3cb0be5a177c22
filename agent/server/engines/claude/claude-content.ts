/** What a message is on the wire of Claude Code: its text, or with files the blocks of Anthropic's messages. */
import type { EngineFile } from "../engine";

export type ClaudeContent = string | object[];

/** The user's words stand last: in that block alone Claude Code looks for paths to read and for its commands. */
export function contentOf(text: string, files: readonly EngineFile[]): ClaudeContent {
  if (files.length === 0) return text;
  return [...files.map(blockOf), { type: "text", text: text || noWords }];
}

/** Else it would take the words of a file for the user's. */
const noWords = "See the attached files.";

function blockOf(file: EngineFile): object {
  if ("text" in file) return { type: "text", text: file.text };
  const { mediaType, data } = file;
  const type = mediaType === "application/pdf" ? "document" : "image";
  return { type, source: { type: "base64", media_type: mediaType, data } };
}
