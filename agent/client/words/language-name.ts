/** What a language calls itself. */

/** Of one in `client/words`. With a capital letter, as the list has the others. */
export function languageName(id: string): string {
  const name = new Intl.DisplayNames(id, { type: "language" }).of(id) ?? id;
  return name.charAt(0).toLocaleUpperCase(id) + name.slice(1);
}
