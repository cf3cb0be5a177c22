/** Patterns for the names of files that find some outside of the directory in which they are looked for. */

/** Also of a list, as far as can be told: an absolute one, one of a home, and one that goes up. */
export function isOutward(pattern: unknown): boolean {
  if (Array.isArray(pattern)) return pattern.some(isOutward);
  return typeof pattern === "string" && /^[{(\s]*[/~]|\.\./.test(pattern);
}
