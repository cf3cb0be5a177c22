/** How fast this machine is at the moment, measured beside a check: so that its share of a figure is told from the code's. */
import { shown } from "./checks";

/** About two milliseconds on the machine of the README's figures. */
const steps = 1_500_000;
const echoes = 10;

export class MachinePace implements AsyncDisposable {
  readonly #loops: number[] = [];
  readonly #echoes: number[] = [];
  readonly #other = Bun.spawn(["cat"], { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  readonly #answers = this.#other.stdout.getReader();

  /** To be called again and again during the check, where nothing else is timed. */
  async sample(): Promise<void> {
    const begun = performance.now();
    loop();
    const looped = performance.now();
    for (let echo = 0; echo < echoes; echo++) {
      await this.#other.stdin.write("x");
      await this.#other.stdin.flush();
      await this.#answers.read();
    }
    this.#loops.push(looped - begun);
    this.#echoes.push(performance.now() - looped);
  }

  /** In words. */
  get shown(): string {
    return [
      shown("the machine meanwhile: a fixed loop", this.#loops),
      shown("ten bytes to another process and back, one by one", this.#echoes),
    ].join("; ");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#other.stdin.end();
    await this.#other.exited;
  }
}

function loop(): number {
  let value = 1;
  for (let step = 0; step < steps; step++) value = (Math.imul(value, 31) + step) | 0;
  return value;
}
