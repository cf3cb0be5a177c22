/** The lines of a streamed body, each split off once, in however many chunks it comes. */

/** Without their line ends: LF, CRLF or CR. The last one may have none. */
export async function* readLines(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string> {
  if (body === null) return;
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let pieces: string[] = [];
  let afterReturn = false;
  for (;;) {
    const { value, done } = await reader.read();
    let text = done ? decoder.decode() : decoder.decode(value, { stream: true });
    if (afterReturn && text !== "") {
      if (text.startsWith("\n")) text = text.slice(1);
      afterReturn = false;
    }
    if (text.endsWith("\r")) afterReturn = true;
    const lines = text.split(/\r\n|\n|\r/);
    const rest = lines.pop()!;
    for (const line of lines) {
      yield pieces.length === 0 ? line : pieces.join("") + line;
      pieces = [];
    }
    if (rest !== "") pieces.push(rest);
    if (done) break;
  }
  if (pieces.length > 0) yield pieces.join("");
}
