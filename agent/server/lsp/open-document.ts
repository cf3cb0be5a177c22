/** A file that a language server was told of, and what it has said of the text as it is now. */
import { fileURLToPath, pathToFileURL } from "node:url";
import { abortable, within } from "../abort";
import type { Problem } from "./lsp-schemas";

interface Said {
  problems: readonly Problem[];
  /** It does not say of which version. */
  isUnsure?: true;
}

export class OpenDocument {
  readonly uri: string;
  #version = 0;
  #text: number | bigint | undefined;
  #said: Said | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(path: string) {
    this.uri = pathToFileURL(path).href;
  }

  /** It was told this text. Returns its version. */
  change(text: string): number {
    this.#text = Bun.hash(text);
    this.#said = undefined;
    return ++this.#version;
  }

  /** Whether it was told this text last. */
  has(text: string): boolean {
    return this.#text === Bun.hash(text);
  }

  /** What was said of another version is left out. */
  hear(version: number | undefined, problems: readonly Problem[]): void {
    if (version !== undefined && version !== this.#version) return;
    this.#said = version === undefined ? { problems, isUnsure: true } : { problems };
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  /**
   * Resolves with what is said of the present version; where the server does not say of which, with the last of what it says
   * until it says nothing for `quietMs`. Throws the signal's reason when nothing was said until it aborts.
   */
  async said(quietMs: number, signal: AbortSignal): Promise<Said> {
    while (this.#said === undefined) await abortable(this.#changed.promise, signal);
    for (;;) {
      const said: Said = this.#said;
      if (!said.isUnsure) return said;
      await within(quietMs, this.#changed.promise, signal);
      if (this.#said === said || this.#said === undefined) return said;
    }
  }
}

/** Servers write the same address in several ways. Undefined when it is none of a file. */
export function pathOf(uri: string): string | undefined {
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}
