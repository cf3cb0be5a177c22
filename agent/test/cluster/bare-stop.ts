/**
 * What a stop across nodes costs on this machine at the moment without Rein: the same way through two processes, two disks and
 * back, with a row of 1 kB. Measured in turn with a check, it tells the machine's share of a figure from the code's.
 */
import { join } from "node:path";
import { shown } from "./checks";
import { type Machines, nodePort } from "./machines";

const barePort = nodePort + 1;
const row = "x".repeat(1000);

export class BareStop implements AsyncDisposable {
  readonly #samples: number[] = [];
  readonly #url: string;
  readonly #processes: Bun.Subprocess[];

  /** Beside node b, which passes it on to the one beside node a. */
  static async start({ network, databaseUrl }: Machines): Promise<BareStop> {
    const [owner, other] = ["a", "b"].map((name) => network.addressOf(name));
    const start = async (name: string, ...args: string[]) => {
      const program = [process.execPath, join(import.meta.dir, "bare-node.ts")];
      const child = Bun.spawn([...network.on(name), ...program, ...args], {
        env: { ...process.env, DATABASE_URL: databaseUrl },
        stdout: "pipe",
        stderr: "inherit",
      });
      // Its first words: it listens.
      await child.stdout.getReader().read();
      return child;
    };
    const last = await start("a", owner!, String(barePort));
    const first = await start("b", other!, String(barePort), `http://${owner}:${barePort}`);
    return new BareStop(`http://${other}:${barePort}`, [last, first]);
  }

  private constructor(url: string, processes: Bun.Subprocess[]) {
    this.#url = url;
    this.#processes = processes;
  }

  /** To be called again and again during the check, where nothing else is timed. Rejects when it fails. */
  async sample(): Promise<void> {
    const asked = performance.now();
    const answer = await fetch(this.#url, { method: "POST", body: row });
    await answer.text();
    if (!answer.ok) throw new Error(`The bare stop was answered with ${answer.status}.`);
    this.#samples.push(performance.now() - asked);
  }

  /** In words. */
  get shown(): string {
    return shown("the same way without Rein, in turn", this.#samples);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes) child.kill("SIGTERM");
    await Promise.all(this.#processes.map(({ exited }) => exited));
  }
}
