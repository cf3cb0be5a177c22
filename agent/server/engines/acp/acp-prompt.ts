/** A message in the content blocks of ACP. */
import type { EngineFile } from "../engine";

/**
 * Files first, then the user's words. A PDF goes as a picture does, with its own type: as a resource of the prompt it would
 * take the pictures beside it out of the request of Gemini CLI, which alone is given PDFs (seen with 0.61.0).
 */
export function promptOf(text: string, files: readonly EngineFile[]): object[] {
  const words = text === "" && files.length > 0 ? [] : [{ type: "text", text }];
  return [...files.map(blockOf), ...words];
}

function blockOf(file: EngineFile): object {
  if ("text" in file) return { type: "text", text: file.text };
  return { type: "image", mimeType: file.mediaType, data: file.data };
}
