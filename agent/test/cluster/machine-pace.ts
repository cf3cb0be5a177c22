/** How fast this machine is at the moment, measured beside a check: so that its share of a figure is told from the code's. */
import { shown } from "./checks";

/** As the servers' own work it needs the caches and the memory, which whoever works beside on the same cores has too. */
const work = JSON.stringify(
  Array.from({ length: 1500 }, (_, index) => ({ id: `w${index}`, text: "some words", index })),
);
const echoes = 10;

export class MachinePace implements AsyncDisposable {
  readonly #works: number[] = [];
  readonly #echoes: number[] = [];
  readonly #other = Bun.spawn(["cat"], { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  readonly #answers = this.#other.stdout.getReader();

  /** To be called again and again during the check, where nothing else is timed. */
  async sample(): Promise<void> {
    const begun = performance.now();
    JSON.stringify(JSON.parse(work));
    const worked = performance.now();
    for (let echo = 0; echo < echoes; echo++) {
      await this.#other.stdin.write("x");
      await this.#other.stdin.flush();
      await this.#answers.read();
    }
    this.#works.push(worked - begun);
    this.#echoes.push(performance.now() - worked);
  }

  /** In words. */
  get shown(): string {
    return [
      shown("the machine meanwhile: a fixed piece of work", this.#works),
      shown("ten bytes to another process and back, one by one", this.#echoes),
    ].join("; ");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#other.stdin.end();
    await this.#other.exited;
  }
}
