/** What another program, or a file, gives on standard input. */
import { UsageError } from "./command";

/** As long as the server takes a message. */
const maxCharacters = 1_000_000;
const noticeMs = 2000;

/** All of it. Throws UsageError when it is longer than a message may be. Says so when it does not end for some time. */
export async function readPipedInput(): Promise<string> {
  const notice = setTimeout(() => {
    process.stderr.write("rein: Reading standard input to its end (< /dev/null gives none)…\n");
  }, noticeMs);
  try {
    return await readAll();
  } finally {
    clearTimeout(notice);
  }
}

async function readAll(): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const piece of Bun.stdin.stream()) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > maxCharacters)
      throw new UsageError(
        `Standard input is longer than a message may be (${maxCharacters.toLocaleString("en")} characters). Put it into a file, and name that.`,
      );
  }
  return text + decoder.decode();
}
