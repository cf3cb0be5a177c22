/** Highlights code: the highlighter is loaded on first use and never delays the text. */

/** Longer code is not highlighted: it takes too long. */
const maxLength = 60_000;

let loading: Promise<typeof import("./languages")> | undefined;

/** Resolves with highlighted HTML, or undefined when the code stays plain. */
export async function highlight(code: string, language: string): Promise<string | undefined> {
  if (language === "" || code.length > maxLength) return undefined;
  try {
    const { toHtml } = await (loading ??= import("./languages"));
    return toHtml(code, language.toLowerCase());
  } catch {
    // Loading failed: the code stays plain, and the next block tries again.
    loading = undefined;
    return undefined;
  }
}
