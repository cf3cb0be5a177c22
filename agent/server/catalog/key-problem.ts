/** Says of a key that no service can have given out what is wrong with it, before anything is sent with it. */

/**
 * The words go behind the place of the key; undefined of a key that can be sent. Of the key they name one character: what
 * came with it when it was copied, which no header takes.
 */
export function keyProblem(key: string): string | undefined {
  const wrong = /[^ -~]/u.exec(key)?.[0];
  if (wrong === undefined) return undefined;
  const code = wrong.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  const named = /[\p{C}\p{Z}\p{M}]/u.test(wrong) ? `U+${code}` : `${wrong} (U+${code})`;
  return `contains a character that no key has: ${named}. Copy the key alone, without quotation marks, dots or line breaks`;
}
