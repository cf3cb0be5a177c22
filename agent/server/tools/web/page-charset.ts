/** A page's bytes as text: by its byte order mark, its head, what it says itself, else UTF-8. */

/** An unknown charset is read as UTF-8. What does not fit becomes U+FFFD. */
export function decoded(bytes: Buffer, contentType: string): string {
  const start = bytes.toString("latin1", 0, 2048);
  const named = markOf(start) ?? charsetIn(contentType) ?? charsetIn(start) ?? "utf-8";
  return decoderFor(named).decode(bytes);
}

function markOf(start: string): string | undefined {
  if (start.startsWith("\xEF\xBB\xBF")) return "utf-8";
  if (start.startsWith("\xFF\xFE")) return "utf-16le";
  return start.startsWith("\xFE\xFF") ? "utf-16be" : undefined;
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
