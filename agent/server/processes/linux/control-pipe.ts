/** The server's end of a supervisor's control pipe: reads its reports, and sends the command to kill everything. */
import { closeSync, writeSync } from "node:fs";
import { errorCode } from "../../../shared/error-code";
import { log } from "../../log";
import type { JobExit } from "../jobs";
import { signalNamed } from "./libc";

/** A report is not longer. A job that has got hold of the pipe may send anything. */
const maxReport = 100;

/** supervisor/supervise.c describes the protocol. */
export class ControlPipe {
  /** Of the command, once it runs. */
  pid: number | undefined;
  /** Why the command could not be started. */
  errno: number | undefined;
  /** The supervisor has reported that no process of the job is left. */
  isDone = false;
  readonly #descriptor: number;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #begun = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<JobExit>();
  #isOpen = true;
  /** Resolves with the first report, or when the pipe is closed. */
  readonly begun = this.#begun.promise;
  /** How the command ended. */
  readonly exited = this.#exited.promise;
  /** Resolves when the supervisor has reported "done" or has closed its end; never rejects. */
  readonly ended: Promise<void>;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#reader = Bun.file(descriptor).stream().getReader();
    this.ended = this.#read()
      .catch(logUnlessReset)
      .then(() => this.#close());
  }

  /** Tells the supervisor to kill every process of the job. One that has exited needs no telling. */
  sendEnd(): void {
    if (!this.#isOpen) return;
    try {
      writeSync(this.#descriptor, "end\n");
    } catch (err) {
      if (errorCode(err) !== "EPIPE") log.warn({ err }, "A supervisor could not be told to end");
    }
  }

  /** The first call counts. */
  setExit(exit: JobExit): void {
    this.#exited.resolve(exit);
  }

  /** Ends the reading. Resolves when what the supervisor has sent is read, after `waitMs` at the latest. */
  async close(waitMs: number): Promise<void> {
    await Promise.race([this.ended, Bun.sleep(waitMs)]);
    if (this.#isOpen) await Promise.race([this.#reader.cancel(), Bun.sleep(waitMs)]);
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    while (rest.length <= maxReport && !this.isDone) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#handle(line);
    }
    await this.#reader.cancel();
  }

  #close(): void {
    this.#isOpen = false;
    closeSync(this.#descriptor);
    this.#begun.resolve();
  }

  #handle(line: string): void {
    const [, word, text] = /^(pid|fail|exit|signal|done)(?: (\d{1,10}))?$/.exec(line) ?? [];
    const number = Number(text);
    if (word === "pid") this.pid ??= number;
    if (word === "fail") this.errno = number;
    if (word === "exit") this.setExit({ exitCode: number, signalName: null });
    if (word === "signal") this.setExit({ exitCode: null, signalName: signalNamed(number) });
    if (word === "done") this.isDone = true;
    if (word !== undefined) this.#begun.resolve();
  }
}

/** A supervisor that exits before it has read our "end" resets the connection, after all its reports were read. */
function logUnlessReset(err: unknown): void {
  if (errorCode(err) !== "ECONNRESET") log.error({ err }, "A supervisor's reports were lost");
}
