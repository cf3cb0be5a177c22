/** How many viewers can follow one session, compared with a bare stream. Both are measured in turn. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Audience } from "./audience";
import { cpuMs, figures, now, printValue, residentMb } from "./statistics";
import type { Address, Begun, Order } from "./viewers-server";

const crowds = [100, 1000, 5000];
const rounds = 3;
/** Time for the order to reach the server process. */
const leadMs = 200;

interface Load {
  events: number;
  perSecond: number;
}

/** The rate of a fast model. */
const usual: Load = { events: 200, perSecond: 50 };
/** More than the server can deliver, to measure its maximum. */
const flood = (viewers: number): Load => ({
  events: 500_000 / viewers,
  perSecond: 1_000_000 / viewers,
});

interface Measured {
  perSecond: number;
  p50: number;
  p99: number;
  /** CPU time of the server for one event of one viewer. */
  cpuMicroseconds: number;
  kilobytesEach: number;
}

export async function benchViewers(): Promise<void> {
  await using ours = await Side.start("ours");
  await using bare = await Side.start("bare");
  for (const count of crowds.filter(hasDescriptors))
    for (const load of [usual, flood(count)]) {
      const taken: Record<"ours" | "bare", Measured[]> = { ours: [], bare: [] };
      for (let round = 0; round < rounds; round++) {
        taken.ours.push(await ours.measure(count, load));
        taken.bare.push(await bare.measure(count, load));
      }
      const name = `${count.toLocaleString("en")} viewers, ${load === usual ? "50/s" : "flooded"}`;
      print(`${name}: Rein`, taken.ours);
      print(`${name}: a bare stream`, taken.bare);
      const share = middle(taken.ours, "perSecond") / middle(taken.bare, "perSecond");
      printValue(`${name}: Rein to bare`, share.toFixed(2), "at least 0.9");
    }
}

function print(name: string, taken: Measured[]): void {
  const of = (what: keyof Measured, digits = 1) => middle(taken, what).toFixed(digits);
  const figures = [
    `${Math.round(middle(taken, "perSecond")).toLocaleString("en").padStart(8)} events/s`,
    `delay p50 ${of("p50")}  p99 ${of("p99")} ms`,
    `CPU ${of("cpuMicroseconds", 2)} µs an event`,
    // Later rounds reuse the memory of the first.
    `memory ${Math.max(...taken.map((one) => one.kilobytesEach)).toFixed(1)} kB a viewer`,
  ];
  printValue(name, figures.join(", "));
}

/** The median of the rounds. */
function middle(taken: Measured[], what: keyof Measured): number {
  return figures(taken.map((one) => one[what])).p50;
}

/** One of the two servers, in a process of its own. */
class Side implements AsyncDisposable {
  readonly #child: Bun.Subprocess;
  readonly #dataDir: string;
  #reply = Promise.withResolvers<unknown>();
  #address: Address | undefined;

  private constructor(kind: "ours" | "bare") {
    this.#dataDir = mkdtempSync(join(tmpdir(), "rein-bench-"));
    this.#child = Bun.spawn(
      [process.execPath, join(import.meta.dir, "viewers-server.ts"), kind, this.#dataDir],
      { ipc: (message) => this.#reply.resolve(message), stdio: ["ignore", "inherit", "inherit"] },
    );
  }

  static async start(kind: "ours" | "bare"): Promise<Side> {
    const side = new Side(kind);
    void side.#child.exited.then((code) => side.#reply.reject(new Error(`it exited with ${code}`)));
    side.#address = (await side.#reply.promise) as Address;
    return side;
  }

  async measure(count: number, load: Load): Promise<Measured> {
    const { pid } = this.#child;
    const before = residentMb(pid);
    using audience = await Audience.connect(this.#address!, count);
    const order = { ...load, begunAt: now() + leadMs };
    const begun = await this.#ask(order);
    const busyMs = cpuMs(pid);
    const { delays, perSecond } = await audience.measure(order, begun);
    const { p50, p99 } = figures(delays);
    return {
      perSecond,
      p50,
      p99,
      cpuMicroseconds: ((cpuMs(pid) - busyMs) * 1000) / delays.length,
      kilobytesEach: ((residentMb(pid) - before) * 1000) / count,
    };
  }

  async #ask(order: Order): Promise<Begun> {
    this.#reply = Promise.withResolvers<unknown>();
    this.#child.send(order);
    return (await this.#reply.promise) as Begun;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#child.exited;
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

/** Each of the two processes has one end of every connection, and some files besides. */
function hasDescriptors(count: number): boolean {
  const limit = Number(Bun.spawnSync(["sh", "-c", "ulimit -n"]).stdout.toString());
  if (count + 200 <= limit) return true;
  printValue(`${count} viewers`, `left out: a process may open ${limit} files here (ulimit -n)`);
  return false;
}
