/** Checks that the project itself holds what a search has found: ripgrep opens files by name, and a name can be swapped. */
import { lstat } from "node:fs/promises";
import { errorCode } from "../../../shared/error-code";
import { Directory } from "../../files/directory";
import { NotRegularError, RegularFile } from "../../files/regular-file";
import type { Hit } from "./ripgrep";

/** Longer than any line of ripgrep's, which it cuts at 500 bytes. */
const maxLineBytes = 2048;
const chunkBytes = 64 * 1024;

const filesAtATime = 8;

/**
 * Those that `root`, the directory that is searched, holds. A link that is swapped in while ripgrep walks makes it read
 * elsewhere. So each file is opened once more, by handle and without links, and must hold the line at the place where
 * ripgrep has read it: what is shown, and how much, depends on nothing else. Throws the signal's reason, and nothing that
 * the system says of a file.
 */
export async function checkHits(root: Directory, hits: Hit[], signal: AbortSignal): Promise<Hit[]> {
  using directories = new OpenDirectories(root, signal);
  const files = [...Map.groupBy(hits, ({ path }) => path).values()];
  const held: Hit[] = [];
  for (let at = 0; at < files.length; at += filesAtATime) {
    const some = files.slice(at, at + filesAtATime);
    held.push(...(await Promise.all(some.map((one) => heldOf(one, directories, signal)))).flat());
  }
  return held;
}

/** Of hits in one file. */
async function heldOf(
  hits: Hit[],
  directories: OpenDirectories,
  signal: AbortSignal,
): Promise<Hit[]> {
  const held: Hit[] = [];
  try {
    const { directory, name } = await directories.parentOf(hits[0]!.path);
    if (hits[0]!.found === undefined) {
      const stats = await directory.use(() => lstat(directory.at(name)), signal);
      return stats.isFile() ? hits : [];
    }
    using file = await RegularFile.open(directory, name, signal);
    const lines = new FileLines(file, signal);
    for (const hit of hits) if (await lines.holds(hit.found!)) held.push(hit);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof NotRegularError) && errorCode(error) === undefined) throw error;
  }
  return held;
}

/** Each is opened once, and closed when this is disposed of. */
class OpenDirectories implements Disposable {
  readonly #root: Directory;
  readonly #signal: AbortSignal;
  readonly #opened = new Map<string, Promise<Directory>>();

  constructor(root: Directory, signal: AbortSignal) {
    this.#root = root;
    this.#signal = signal;
  }

  async parentOf(path: string): Promise<{ directory: Directory; name: string }> {
    const names = path.split("/");
    const name = names.pop()!;
    const parent = names.join("/");
    const opening = this.#opened.get(parent) ?? this.#root.descend(names, this.#signal);
    this.#opened.set(parent, opening);
    return { directory: await opening, name };
  }

  /** One that is still being opened is closed then. */
  [Symbol.dispose](): void {
    for (const opening of this.#opened.values())
      void opening.then(
        (directory) => directory[Symbol.dispose](),
        () => undefined, // its error is thrown where it is awaited
      );
  }
}

class FileLines {
  readonly #file: RegularFile;
  readonly #signal: AbortSignal;
  #chunk: { offset: number; bytes: Buffer } | undefined;

  constructor(file: RegularFile, signal: AbortSignal) {
    this.#file = file;
    this.#signal = signal;
  }

  async holds({ text, offset }: NonNullable<Hit["found"]>): Promise<boolean> {
    const chunk = await this.#chunkAt(offset);
    const start = offset - chunk.offset;
    const end = chunk.bytes.indexOf("\n", start);
    const bytes = chunk.bytes.subarray(start, end === -1 ? undefined : end);
    const line = decoder.decode(bytes.subarray(0, maxLineBytes));
    const begin = text.match(cutLine)?.[1];
    return begin === undefined ? line === text : line.startsWith(begin);
  }

  /** A part of the file in which the line at the offset is whole, as far as ripgrep shows it. */
  async #chunkAt(offset: number) {
    const known = this.#chunk;
    const isIn = known && known.offset <= offset;
    if (isIn && offset + maxLineBytes <= known.offset + known.bytes.length) return known;
    const bytes = await this.#file.bytes(offset, chunkBytes, this.#signal);
    return (this.#chunk = { offset, bytes });
  }
}

/** As the output of a job is decoded. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** How ripgrep ends a line that it has cut. */
const cutLine = /^(.*) \[\.\.\. (?:omitted end of long line|\d+ more match(?:es)?)\]$/s;
