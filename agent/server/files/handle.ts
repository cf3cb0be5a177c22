/** An open file or directory. Every operation on it ends with its signal, though the system may still be at it. */
import { closeSync, existsSync, open } from "node:fs";
import { promisify } from "node:util";
import { abortable } from "../abort";

const openPath = promisify<string | Buffer, number, number, number>(open);

/** Linux resolves `/proc/self/fd/N` to what handle N is, so that every system call that takes a path can take a handle. */
export const hasHandlePaths = process.platform === "linux" && existsSync("/proc/self/fd");

export class Handle implements Disposable {
  readonly fd: number;
  #operations = 0;
  #isDisposed = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  /**
   * Runs an operation on the handle. Rejects with its error, or with the signal's reason as soon as that aborts: a network
   * file system that hangs holds a thread then, and nothing else.
   */
  async use<Result>(operation: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    if (this.#isDisposed) throw new Error("This handle has been disposed of.");
    this.#operations++;
    const result = operation();
    const end = (): void => {
      this.#operations--;
      this.#close();
    };
    void result.then(end, end);
    return abortable(result, signal);
  }

  /** Opens a path that leads through this handle. A descriptor that comes after the abort is closed. */
  async open(
    path: string | Buffer,
    flags: number,
    mode: number,
    signal: AbortSignal,
  ): Promise<number> {
    signal.throwIfAborted();
    const opening = openPath(path, flags, mode);
    try {
      return await this.use(() => opening, signal);
    } catch (error) {
      void opening.then(closeSync, () => undefined); // its error is the one that is thrown
      throw error;
    }
  }

  /** Closes it once no operation is left: until then another file could get its number, and be what they work on. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#close();
  }

  #close(): void {
    if (this.#isDisposed && this.#operations === 0) closeSync(this.fd);
  }
}
