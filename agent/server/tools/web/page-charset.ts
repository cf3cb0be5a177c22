/** The bytes of an answer as text: by their byte order mark, its head, what a page or an XML file says of itself, else UTF-8. */

/** An unknown charset is read as UTF-8. What does not fit becomes U+FFFD. */
export function decoded(bytes: Buffer, contentType: string): string {
  const start = bytes.toString("latin1", 0, 2048);
  const named = markOf(start) ?? charsetIn(contentType) ?? ownCharset(start) ?? "utf-8";
  return decoderFor(named).decode(bytes);
}

function markOf(start: string): string | undefined {
  if (start.startsWith("\xEF\xBB\xBF")) return "utf-8";
  if (start.startsWith("\xFF\xFE")) return "utf-16le";
  return start.startsWith("\xFE\xFF") ? "utf-16be" : undefined;
}

/** What could be read here as ASCII is not UTF-16, whatever it says. */
function ownCharset(start: string): string | undefined {
  const [xml] = /^\s*<\?xml\s[^>]*/i.exec(start) ?? [];
  const metas = start.matchAll(/<meta\s([^>]*)/gi).map(([, attributes = ""]) => attributes);
  const meta = metas.find(namesCharset);
  const named = charsetIn(xml ?? meta ?? "");
  return named === undefined || /^utf-?16/i.test(named) ? undefined : named;
}

/** The attributes of a `<meta>`: what stands in the values of others, a description for example, names none. */
function namesCharset(attributes: string): boolean {
  const names = attributes.replaceAll(/(["']).*?\1/gs, '""');
  return /(^|\s)charset\s*=/i.test(names) || /http-equiv\s*=\s*["']?content-type/i.test(attributes);
}

function charsetIn(text: string): string | undefined {
  return /(?:charset|encoding)\s*=\s*["']?([\w:-]{1,40})/i.exec(text)?.[1];
}

function decoderFor(name: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(name.toLowerCase());
  } catch {
    // An unknown name says nothing.
    return new TextDecoder();
  }
}
