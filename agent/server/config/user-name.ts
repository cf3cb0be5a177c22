/** What may be the name of a person: as a proxy or a sign-in service says it. */

const maxLength = 200;

/**
 * The name in its one form; undefined when it is empty, too long, or has line breaks, other control characters, or marks that
 * cannot be seen. A comma would be two headers of one name.
 */
export function userName(text: string): string | undefined {
  const name = text.trim().normalize("NFC");
  if (name === "" || name.length > maxLength || !name.isWellFormed()) return undefined;
  return /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800,]/u.test(name)
    ? undefined
    : name;
}

/** A header's value as Bun reads it, with a character for each byte: most proxies send UTF-8. */
export function decodedHeader(value: string): string {
  const codes = Array.from(value, (one) => one.codePointAt(0)!);
  // What has a character beyond a byte was decoded already; plain ASCII is the same either way.
  if (codes.every((one) => one < 128) || codes.some((one) => one > 255)) return value;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(value, "latin1"));
  } catch {
    return value; // no UTF-8: as it is
  }
}
