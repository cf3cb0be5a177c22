/** The server's end of a supervisor's lifeline: what is heard on it (see supervisor/supervise.c), and the word that ends everybody. */
import { closeSync, writeSync } from "node:fs";
import type { JobExit } from "../jobs";
import { signalNamed } from "./libc";

export class ControlPipe {
  /** Of the command, once it runs. */
  pid: number | undefined;
  /** Why there is none. */
  errno: number | undefined;
  readonly #descriptor: number;
  readonly #begun = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<JobExit>();
  #isOpen = true;
  /** Resolves with the first word, or at the end. */
  readonly begun = this.#begun.promise;
  /** How the command itself ended. */
  readonly exited = this.#exited.promise;
  /** Resolves when the supervisor is gone. */
  readonly ended: Promise<void>;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.ended = this.#listen()
      .catch(ignoreReset)
      .then(() => this.#close());
  }

  /** Everybody of the job is to die. Who is dead already needs no word. */
  cut(): void {
    if (!this.#isOpen) return;
    try {
      writeSync(this.#descriptor, "end\n");
    } catch (error) {
      if (!isCode(error, "EPIPE")) throw error;
    }
  }

  tellExit(exit: JobExit): void {
    this.#exited.resolve(exit);
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of Bun.file(this.#descriptor).stream()) {
      const lines = (rest + decoder.decode(bytes)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#tell(line);
    }
  }

  #close(): void {
    this.#isOpen = false;
    closeSync(this.#descriptor);
    this.#begun.resolve();
  }

  #tell(line: string): void {
    const [word, text] = line.split(" ");
    const number = Number(text);
    if (word === "pid") this.pid = number;
    if (word === "fail") this.errno = number;
    if (word === "exit") this.tellExit({ exitCode: number, signalName: null });
    if (word === "signal") this.tellExit({ exitCode: null, signalName: signalNamed(number) });
    this.#begun.resolve();
  }
}

/** The supervisor went before it had read our word: the system calls that a reset, after all that was said. */
function ignoreReset(error: unknown): void {
  if (!isCode(error, "ECONNRESET")) throw error;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
