/** Lines that a person types at a prompt, one after the other. Lines that come together are kept for the next questions. */
import { createInterface } from "node:readline";

export class LineInput {
  readonly #history: string[] = [];
  #waiting: string[] = [];
  /** Typed behind the last line, and not ended yet. */
  #begun = "";

  /**
   * Undefined for Ctrl+C on an empty line, at the end of the input, when the terminal is gone, and once the signal aborts.
   * Ctrl+C on another line clears it.
   */
  next(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    const { stdin: input, stderr: output } = process;
    // A terminal that is gone says so once: at a question of the run before.
    if (signal.aborted || input.readableEnded || input.destroyed) return Promise.resolve(undefined);
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      output.write(`${prompt}${waiting}\n`);
      return Promise.resolve(waiting);
    }
    const history = [...this.#history];
    return new Promise((resolve) => {
      const reader = createInterface({ input, output, terminal: true, history, prompt });
      const lines: string[] = [];
      reader.on("line", (typed) => {
        // What was read with it comes as further lines, before the next tick.
        if (lines.push(typed) === 1) setImmediate(() => reader.close());
      });
      const end = () => reader.close();
      signal.addEventListener("abort", end);
      // From outside: the terminal gives Ctrl+C as a key meanwhile.
      process.on("SIGINT", end);
      reader.on("SIGINT", () => {
        if (reader.line === "") return reader.close();
        reader.write(null, { ctrl: true, name: "e" });
        reader.write(null, { ctrl: true, name: "u" });
      });
      // The modes of a terminal that is gone cannot be set back, and "close" does not come then.
      reader.on("error", () => resolve(undefined));
      reader.on("history", (all: string[]) => this.#history.splice(0, Infinity, ...all));
      reader.on("close", () => {
        signal.removeEventListener("abort", end);
        process.off("SIGINT", end);
        const [line, ...others] = lines;
        if (line === undefined) output.write("\n");
        this.#waiting = others;
        this.#begun = line === undefined ? "" : reader.line;
        resolve(line);
      });
      reader.prompt();
      if (this.#begun !== "") reader.write(this.#begun);
    });
  }
}
