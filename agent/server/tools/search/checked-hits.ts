/** Checks that the project itself holds what a search has found: ripgrep opens files by name, and a name can be swapped. */
import { lstat } from "node:fs/promises";
import { errorCode } from "../../../shared/error-code";
import { Directory } from "../../files/directory";
import { NotRegularError, RegularFile } from "../../files/regular-file";
import type { Hit } from "./ripgrep";

/** Longer than any line of ripgrep's, which it cuts at 500 bytes. */
const maxLineBytes = 2048;
const chunkBytes = 64 * 1024;

/**
 * A link that is swapped in while ripgrep walks makes it read elsewhere. So each file is opened once more, by handle and
 * without links, and must hold the line at the place where ripgrep has read it: what is shown, and how much, depends on
 * nothing else.
 */
export class CheckedHits implements Disposable {
  readonly #root: Directory;
  readonly #signal: AbortSignal;
  /** Hits are sorted by path: the next one is mostly in the same directory and file. */
  #directory: { path: string; handle: Directory } | undefined;
  #file: { path: string; handle: RegularFile } | undefined;
  #chunk: { offset: number; bytes: Buffer } | undefined;

  /** `root` is the directory that is searched. */
  constructor(root: Directory, signal: AbortSignal) {
    this.#root = root;
    this.#signal = signal;
  }

  /** Throws the signal's reason, and nothing that the system says of the file. */
  async holds({ path, found }: Hit): Promise<boolean> {
    try {
      if (found !== undefined) return await this.#hasLine(await this.#openFile(path), found);
      const { directory, name } = await this.#openParent(path);
      return (await directory.use(() => lstat(directory.at(name)), this.#signal)).isFile();
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof NotRegularError || errorCode(error) !== undefined) return false;
      throw error;
    }
  }

  async #hasLine(file: RegularFile, { text, offset }: NonNullable<Hit["found"]>): Promise<boolean> {
    const chunk = await this.#chunkAt(file, offset);
    const start = offset - chunk.offset;
    const end = chunk.bytes.indexOf("\n", start);
    const bytes = chunk.bytes.subarray(start, end === -1 ? undefined : end);
    const line = decoder.decode(bytes.subarray(0, maxLineBytes));
    const begin = text.match(cutLine)?.[1];
    return begin === undefined ? line === text : line.startsWith(begin);
  }

  /** A part of the file in which the line at the offset is whole, as far as ripgrep shows it. */
  async #chunkAt(file: RegularFile, offset: number) {
    const known = this.#chunk;
    const isIn = known && known.offset <= offset;
    if (isIn && offset + maxLineBytes <= known.offset + known.bytes.length) return known;
    return (this.#chunk = { offset, bytes: await file.bytes(offset, chunkBytes, this.#signal) });
  }

  async #openFile(path: string): Promise<RegularFile> {
    if (this.#file?.path === path) return this.#file.handle;
    this.#file?.handle[Symbol.dispose]();
    this.#file = this.#chunk = undefined;
    const { directory, name } = await this.#openParent(path);
    const handle = await RegularFile.open(directory, name, this.#signal);
    this.#file = { path, handle };
    return handle;
  }

  async #openParent(path: string): Promise<{ directory: Directory; name: string }> {
    const names = path.split("/");
    const name = names.pop()!;
    const parent = names.join("/");
    if (this.#directory?.path !== parent) {
      this.#directory?.handle[Symbol.dispose]();
      this.#directory = undefined;
      const handle = await this.#root.descend(names, this.#signal);
      this.#directory = { path: parent, handle };
    }
    return { directory: this.#directory.handle, name };
  }

  [Symbol.dispose](): void {
    this.#file?.handle[Symbol.dispose]();
    this.#directory?.handle[Symbol.dispose]();
  }
}

/** As the output of a job is decoded. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** How ripgrep ends a line that it has cut. */
const cutLine = /^(.*) \[\.\.\. (?:omitted end of long line|\d+ more match(?:es)?)\]$/s;
