/** Estimates tokens by characters, where nobody has counted. */

/** About four characters make a token in English text and code. */
export const charactersPerToken = 4;

/** Of a text, or of its length in characters. */
export function estimateTokens(text: string | number): number {
  return Math.ceil((typeof text === "string" ? text.length : text) / charactersPerToken);
}
