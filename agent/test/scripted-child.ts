/** An EngineChild in memory: a test writes its lines, reads what was written to it, and ends it. */
import type { EngineChild } from "../server/engines/engine";
import type { JobEnd } from "../server/processes/jobs";

export class ScriptedChild implements EngineChild {
  readonly pid = 1;
  readonly written: string[] = [];
  readonly lines: AsyncIterable<string>;
  readonly ended: Promise<JobEnd>;
  stops = 0;
  stderr = "";
  readonly #waiting: (string | Error)[] = [];
  readonly #end = Promise.withResolvers<JobEnd>();
  #wake = Promise.withResolvers<void>();
  #isClosed = false;

  constructor() {
    this.lines = this.#read();
    this.ended = this.#end.promise;
  }

  says(...messages: (string | object)[]): void {
    for (const message of messages)
      this.#waiting.push(typeof message === "string" ? message : JSON.stringify(message));
    this.#wake.resolve();
  }

  /** Its output cannot be read any further. */
  breaks(error: Error): void {
    this.#waiting.push(error);
    this.#wake.resolve();
  }

  exits(exitCode: number | null, signalName: string | null = null): void {
    this.closes();
    this.#end.resolve({
      exitCode,
      signalName,
      stopped: this.stops > 0,
      timedOut: false,
      ended: [],
      leftBehind: [],
      survivors: [],
      proof: { proven: true },
      outputHeld: false,
    } as unknown as JobEnd);
  }

  /** Its output ends, and it goes on. */
  closes(): void {
    this.#isClosed = true;
    this.#wake.resolve();
  }

  /** What was written to it, parsed. */
  get heard(): Record<string, unknown>[] {
    return this.written.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  write(line: string): void {
    this.written.push(line);
  }

  closeInput(): void {}

  readonly isDead = false;

  errorOutput(): string {
    return this.stderr;
  }

  stop(): Promise<JobEnd> {
    this.stops++;
    this.exits(null, "SIGKILL");
    return this.ended;
  }

  async *#read(): AsyncGenerator<string> {
    for (;;) {
      for (let one = this.#waiting.shift(); one !== undefined; one = this.#waiting.shift()) {
        if (typeof one !== "string") throw one;
        yield one;
      }
      if (this.#isClosed) return;
      this.#wake = Promise.withResolvers<void>();
      await this.#wake.promise;
    }
  }
}
