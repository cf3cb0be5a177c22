/** Words as the beginning of a sentence or a title: the first letter is upper case. */
export function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
