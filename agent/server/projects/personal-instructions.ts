/** The person's own instructions, which models are told in every project: one file, which other programs may change too. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isUtf8 } from "node:buffer";
import { defined } from "../../shared/defined";
import { errorCode } from "../../shared/error-code";
import type { PersonalInstructions as View } from "../../shared/protocol";
import { maxInstructionBytes } from "../../shared/requests";
import { relativeTo } from "../../shared/rules";
import { writeDurably } from "../durable-file";
import { Directory } from "../files/directory";
import { realPath } from "../files/real-path";
import { NotRegularError, RegularFile } from "../files/regular-file";

export class PersonalInstructions {
  readonly #path: string;
  readonly #shown: string;
  readonly #onChange: () => void;
  readonly #isOff: (path: string) => boolean;
  #writing: Promise<unknown> = Promise.resolve();

  /** `onChange`: called after each change that is made here. `isOff`: whether the person has switched off the file, by its path as it is shown. */
  constructor(
    at: { home: string; configHome: string },
    onChange: () => void,
    isOff: (path: string) => boolean,
  ) {
    this.#isOff = isOff;
    this.#path = join(at.configHome, "rein/AGENTS.md");
    const inside = relativeTo(this.#path, at.home);
    this.#shown = inside === this.#path ? inside : `~/${inside}`;
    this.#onChange = onChange;
  }

  /** As the file is now; what of it cannot be read or changed is said as a problem. Throws only the signal's reason. */
  async read(signal: AbortSignal): Promise<View> {
    return this.#view(await this.#bytes(signal));
  }

  /**
   * Durable when this resolves. False, and nothing is changed, when the file is no longer what the digest is of, or cannot
   * be changed here. Throws what the file system throws, or the signal's reason, and then changes nothing.
   */
  async write(text: string, digest: string, signal: AbortSignal): Promise<boolean> {
    const turn = this.#writing.then(() => this.#writeNow(text, digest, signal));
    this.#writing = turn.catch(() => undefined); // it is told to the one who writes
    return turn;
  }

  async #writeNow(text: string, digest: string, signal: AbortSignal): Promise<boolean> {
    const now = await this.read(signal);
    if (now.problem !== undefined || now.digest !== digest) return false;
    // Where it is a link, the file that it leads to is written: many keep theirs in a repository.
    const real = await realPath(this.#path, signal);
    signal.throwIfAborted();
    mkdirSync(dirname(real), { recursive: true, mode: 0o700 });
    writeDurably(real, text);
    this.#onChange();
    return true;
  }

  /** Those of the file, one more than may be at the most; a sentence where it cannot be read. */
  async #bytes(signal: AbortSignal): Promise<Buffer | string> {
    try {
      const real = await realPath(this.#path, signal);
      using directory = await Directory.open(dirname(real), signal);
      using file = await RegularFile.open(directory, basename(real), signal);
      return await file.bytes(0, maxInstructionBytes + 1, signal);
    } catch (error) {
      signal.throwIfAborted();
      const code = errorCode(error);
      if (code === "ENOENT") return Buffer.alloc(0);
      if (error instanceof NotRegularError) return `The file ${error.reason}.`;
      if (code === undefined) throw error;
      return `The file cannot be read (${code}).`;
    }
  }

  #view(bytes: Buffer | string): View {
    const digest = createHash("sha256").update(bytes).digest("hex");
    const isOff = this.#isOff(this.#shown) && { isOff: true as const };
    const file = { path: this.#shown, digest, ...isOff };
    if (typeof bytes === "string") return { ...file, text: "", problem: bytes };
    return { ...file, text: bytes.toString(), ...defined({ problem: whyFixed(bytes) }) };
  }
}

function whyFixed(bytes: Buffer): string | undefined {
  if (bytes.length > maxInstructionBytes)
    return "It is longer than 64 kB: only its beginning is shown and used, and it is changed with another program.";
  if (!isUtf8(bytes) || bytes.includes(0))
    return "It is no text in UTF-8: it is changed with another program.";
  return undefined;
}
