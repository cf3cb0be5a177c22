/** Text cut to a length in UTF-16 code units, never within a surrogate pair. */

/** At most the first `length` units. */
export function truncate(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = isLowSurrogate(text, length) ? length - 1 : length;
  return text.slice(0, Math.max(0, end));
}

/** The same, where something is left out with an ellipsis as its last unit. */
export function ellipsized(text: string, length: number): string {
  return text.length > length ? `${truncate(text, length - 1).trimEnd()}…` : text;
}

/** At most the last `length` units. */
export function truncateStart(text: string, length: number): string {
  if (text.length <= length) return text;
  const start = text.length - length;
  return text.slice(isLowSurrogate(text, start) ? start + 1 : start);
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
