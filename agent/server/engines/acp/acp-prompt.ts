/** A message in the content blocks of ACP. */
import type { EngineFile } from "../engine";

/** Files first, then the user's words. A PDF is a resource that comes with the prompt. */
export function promptOf(text: string, files: readonly EngineFile[]): object[] {
  const words = text === "" && files.length > 0 ? [] : [{ type: "text", text }];
  return [...files.map(blockOf), ...words];
}

function blockOf(file: EngineFile, index: number): object {
  if ("text" in file) return { type: "text", text: file.text };
  const { name, mediaType: mimeType, data } = file;
  if (mimeType !== "application/pdf") return { type: "image", mimeType, data };
  // No path, for some would look for a file of that name.
  const uri = `attachment:${index}/${encodeURIComponent(name)}`;
  return { type: "resource", resource: { uri, mimeType, blob: data } };
}
