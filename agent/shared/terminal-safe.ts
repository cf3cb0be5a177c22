/** Text of models, commands and files as a terminal may be given it. */

// oxlint-disable no-control-regex -- control characters are what is looked for
/**
 * Control characters other than line feed and tab, what changes the direction of other text, separators that some terminals
 * break lines at, and tag characters.
 */
const unsafe =
  /[\0-\x08\x0B-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;
// oxlint-enable no-control-regex

/**
 * The text with a visible mark in the place of each character that could move the cursor, change the terminal or reorder
 * what is around it. Line feeds and tabs stay. Of a stream each piece can be given alone.
 */
export function terminalText(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(unsafe, (character) => {
    const code = character.codePointAt(0)!;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? "␡" : `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** The same on one line, with one space for any white space. */
export function terminalLine(text: string): string {
  return terminalText(text.replaceAll(/\s+/g, " ").trim());
}
