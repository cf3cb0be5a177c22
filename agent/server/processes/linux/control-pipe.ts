/** The server's end of a supervisor's control pipe: reads its reports, and sends the command to kill everything. */
import { closeSync, writeSync } from "node:fs";
import { errorCode } from "../../error-code";
import { log } from "../../log";
import type { JobExit } from "../jobs";
import { signalNamed } from "./libc";

/** supervisor/supervise.c describes the protocol. */
export class ControlPipe {
  /** Of the command, once it runs. */
  pid: number | undefined;
  /** Why the command could not be started. */
  errno: number | undefined;
  /** How the command ended, or why it could not be started, has been reported. */
  hasLastReport = false;
  readonly #descriptor: number;
  readonly #begun = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<JobExit>();
  #isOpen = true;
  /** Resolves with the first report, or when the pipe is closed. */
  readonly begun = this.#begun.promise;
  /** How the command ended. */
  readonly exited = this.#exited.promise;
  /** Resolves when the supervisor has closed its end; never rejects. */
  readonly ended: Promise<void>;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.ended = this.#read()
      .catch(logUnlessReset)
      .then(() => this.#close());
  }

  /** Tells the supervisor to kill every process of the job. One that has exited needs no telling. */
  sendEnd(): void {
    if (!this.#isOpen) return;
    try {
      writeSync(this.#descriptor, "end\n");
    } catch (error) {
      if (errorCode(error) !== "EPIPE") throw error;
    }
  }

  /** The first call counts. */
  setExit(exit: JobExit): void {
    this.#exited.resolve(exit);
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of Bun.file(this.#descriptor).stream()) {
      const lines = (rest + decoder.decode(bytes)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#handle(line);
    }
  }

  #close(): void {
    this.#isOpen = false;
    closeSync(this.#descriptor);
    this.#begun.resolve();
  }

  #handle(line: string): void {
    const [word, text] = line.split(" ");
    const number = Number(text);
    if (word === "pid") this.pid = number;
    if (word === "fail") this.errno = number;
    if (word === "exit") this.setExit({ exitCode: number, signalName: null });
    if (word === "signal") this.setExit({ exitCode: null, signalName: signalNamed(number) });
    this.hasLastReport ||= word !== "pid";
    this.#begun.resolve();
  }
}

/** A supervisor that exits before it has read our "end" resets the connection, after all its reports were read. */
function logUnlessReset(err: unknown): void {
  if (errorCode(err) !== "ECONNRESET") log.error({ err }, "A supervisor's reports were lost");
}
