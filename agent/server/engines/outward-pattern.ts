/** Patterns for the names of files that find some outside of the directory in which they are looked for. */

/** Also of a list, as far as can be told: an absolute one, one of a home, and one that goes up, with what braces stand for. */
export function isOutward(pattern: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some(isOutward);
  if (typeof pattern !== "string") return false;
  // `\.\.` and `[.][.]` go up, too.
  const plain = pattern.replace(/[\\[\]]/g, "");
  if (/^[{(\s]*[/~]|\.\./.test(plain)) return true;
  // What begins or ends so in braces can join to `..`, or to what begins with `/`.
  return plain.includes("{") && /[{,]\s*[/~.,]|[.,]\s*\}|\.,/.test(plain);
}
