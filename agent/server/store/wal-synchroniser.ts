/** Synchronises what is committed to the disk without holding the loop: SQLite's own synchronising commit would wait for it. */
import { close, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";

const synchronise = promisify(fdatasync);

export class WalSynchroniser {
  readonly #path: string;
  #file: number | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** `path`: of the database, whose connection is open in WAL mode, so that its WAL stays the same file. */
  constructor(path: string) {
    this.#path = `${path}-wal`;
  }

  /** Resolves when all that was committed before the call is on the disk. Rejects with what the file system says. */
  synchronise(): Promise<void> {
    // One that runs may have begun before the commit; many that wait are one.
    if (this.#running) return (this.#next ??= this.#after(this.#running));
    this.#running = this.#synchronise().finally(() => (this.#running = undefined));
    return this.#running;
  }

  close(): void {
    const file = this.#file;
    this.#file = undefined;
    const closeFile = () => file !== undefined && close(file);
    if (this.#running) void this.#running.then(closeFile, closeFile);
    else closeFile();
  }

  async #after(running: Promise<void>): Promise<void> {
    await running.catch(() => {});
    this.#next = undefined;
    return this.synchronise();
  }

  async #synchronise(): Promise<void> {
    this.#file ??= openSync(this.#path, "r+");
    await synchronise(this.#file);
  }
}
