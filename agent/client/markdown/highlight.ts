/** Colours code when it can: the highlighter comes over the network the first time, and never blocks the text. */

/** Above this the colours cost more than they give. */
const maxLength = 60_000;

let loading: Promise<typeof import("./languages")> | undefined;

/** Resolves with highlighted HTML, or undefined when the code stays as it is. */
export async function highlight(code: string, language: string): Promise<string | undefined> {
  if (language === "" || code.length > maxLength) return undefined;
  try {
    const { toHtml } = await (loading ??= import("./languages"));
    return toHtml(code, language.toLowerCase());
  } catch {
    // The file could not be fetched: plain code is readable too, and the next block tries again.
    loading = undefined;
    return undefined;
  }
}
