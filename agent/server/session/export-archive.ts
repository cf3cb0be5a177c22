/** A session as a tar archive: the Markdown document, and the files that its messages name, beside it. */
import { filesInMessages } from "../../shared/message-parts";
import type { Session } from "../../shared/protocol";
import { exportMarkdown } from "./export-markdown";

/** Where the contents are, by their hashes. */
interface FileSource {
  has(hash: string): boolean;
  read(hash: string, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

const blockBytes = 512;
const maxNameCharacters = 60;

/**
 * In pieces, each file read when its turn comes, so that one at a time is in memory. A file that is gone is named in the
 * document without a link. Throws the signal's reason.
 */
export async function* exportArchive(
  session: Session,
  attachments: FileSource,
  engineName: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const places = placesOf(session, attachments);
  yield* entry("session.md", Buffer.from(exportMarkdown(session, engineName, places)));
  for (const [hash, place] of places) {
    const bytes = await attachments.read(hash, signal);
    if (bytes !== undefined) yield* entry(place, bytes);
  }
  yield Buffer.alloc(2 * blockBytes);
}

/** Unique by the hash in front; of the name only what every file system and Markdown take. */
function placesOf({ messages }: Session, attachments: FileSource): Map<string, string> {
  const places = new Map<string, string>();
  for (const { name, hash } of filesInMessages(messages)) {
    if (places.has(hash) || !attachments.has(hash)) continue;
    const safe = name.replaceAll(/[^A-Za-z0-9._-]+/g, "_").slice(-maxNameCharacters);
    places.set(hash, `files/${hash.slice(0, 16)}-${safe}`);
  }
  return places;
}

/** As POSIX ustar (IEEE 1003.1, pax): a header, and the content filled up to whole blocks. */
function* entry(name: string, content: Uint8Array): Generator<Uint8Array> {
  yield header(name, content.length);
  yield content;
  const rest = content.length % blockBytes;
  if (rest > 0) yield Buffer.alloc(blockBytes - rest);
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(name, 0, 100, "latin1");
  block.write(octal(0o644, 7) + octal(0, 7) + octal(0, 7), 100, "latin1");
  block.write(octal(size, 11) + octal(Math.floor(Date.now() / 1000), 11), 124, "latin1");
  // The checksum counts itself as blanks.
  block.write(" ".repeat(8), 148, "latin1");
  block.write("0", 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)} `, 148, "latin1");
  return block;
}
