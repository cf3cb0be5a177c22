/**
 * A real `rein stdio` on a test's server: its lines, and the session that they lead to.
 *
 *     await using stdio = startStdio(rein, { cwd });
 *     stdio.send({ type: "user", id: "1", text: "hi" });
 *     await stdio.until((line) => line.type === "run-end");
 *     stdio.endInput();
 *     expect(await stdio.exited).toBe(0);
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { OutputLine } from "../cli/stdio/output-lines";
import { apply } from "../shared/apply";
import type { Session } from "../shared/protocol";
import type { Rein } from "./rein";
import { program, schemaFault } from "./stdio-schemas";
import { within } from "./within";

export interface StdioOptions {
  /** Of the process: a new session works there. */
  cwd?: string;
  args?: string[];
  /** Nothing is read from its output until `read` is called. */
  unread?: boolean;
}

const untilGate = (path: string) => `until [ -e ${path} ]; do sleep 0.02; done`;

export function startStdio(rein: Pick<Rein, "url" | "token" | "cwd">, options: StdioOptions = {}) {
  return new StdioProcess(rein, options);
}

export type OutputOf<Type extends OutputLine["type"]> = Extract<OutputLine, { type: Type }>;

export class StdioProcess implements AsyncDisposable {
  readonly lines: OutputLine[] = [];
  readonly #child;
  readonly #waiting = new Set<() => void>();
  #session: Session | undefined;
  #isOver = false;
  #stderr = "";
  /** Lines that the printed schemas do not allow. */
  readonly #faults: string[] = [];
  readonly #gate: string;
  readonly #reading: Promise<void>;

  constructor(rein: Pick<Rein, "url" | "token" | "cwd">, { cwd, args, unread }: StdioOptions) {
    this.#gate = join(mkdtempSync(join(tmpdir(), "rein-stdio-")), "read");
    const command = [process.execPath, program, "stdio", ...(args ?? [])];
    // Bun itself would read all that comes.
    const held = ["bash", "-c", `"$@" | { ${untilGate(this.#gate)}; cat; }`, "held"];
    this.#child = Bun.spawn([...(unread ? held : []), ...command], {
      cwd: cwd ?? rein.cwd,
      env: { ...process.env, REIN_SERVER: rein.url, REIN_TOKEN: rein.token },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    void new Response(this.#child.stderr).text().then((text) => (this.#stderr = text));
    this.#reading = this.#read();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Of the process, with all that it wrote read. */
  get exited(): Promise<number> {
    const both = async () => {
      const code = await this.#child.exited;
      await this.#reading;
      return code;
    };
    return within(() => `the exit of rein stdio; ${this.#had()}`, both());
  }

  get errors(): string {
    return this.#stderr;
  }

  /** The fold of the events so far. */
  get session(): Session {
    if (this.#session === undefined) throw new Error(`No snapshot yet; ${this.#had()}`);
    return this.#session;
  }

  /** Lines that the printed schema allows. */
  send(...lines: object[]): void {
    this.#check("input", lines);
    this.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  write(raw: string | Uint8Array): void {
    void this.#child.stdin.write(raw);
    void this.#child.stdin.flush();
  }

  endInput(): void {
    void this.#child.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Reads what is unread, and all that follows. */
  read(): void {
    writeFileSync(this.#gate, "");
  }

  /** Closes the reader's end. */
  async closeOutput(): Promise<void> {
    await this.#reader.cancel();
  }

  /** Resolves with the first line, past or future, for which this holds; rejects when the output ends without it. */
  until(holds: (line: OutputLine) => boolean): Promise<OutputLine> {
    const found = new Promise<OutputLine>((resolve, reject) => {
      const look = () => {
        const line = this.lines.find(holds);
        if (line === undefined && !this.#isOver) return;
        this.#waiting.delete(look);
        if (line) resolve(line);
        else reject(new Error(`The output ended; ${this.#had()}`));
      };
      this.#waiting.add(look);
      look();
    });
    return within(() => `${String(holds)}; ${this.#had()}`, found);
  }

  /** The answer to the line with this id. */
  answer(id: string | number): Promise<OutputLine> {
    return this.until((line) => "id" in line && line.id === id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.endInput();
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    rmSync(dirname(this.#gate), { recursive: true, force: true });
    if (this.#faults.length > 0) throw new Error(this.#faults.join("\n"));
  }

  #had(): string {
    return `it wrote: ${this.lines.map(({ type }) => type).join(" ")} ${this.#stderr}`;
  }

  #reader!: ReadableStreamDefaultReader<Uint8Array>;

  async #read(): Promise<void> {
    this.#reader = this.#child.stdout.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      const pieces = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = pieces.pop()!;
      for (const piece of pieces) this.#take(JSON.parse(piece) as OutputLine);
    }
    this.#isOver = true;
    for (const look of this.#waiting) look();
  }

  #check(side: "input" | "output", lines: object[]): void {
    this.#faults.push(...lines.flatMap((line) => schemaFault(side, line) ?? []));
  }

  #take(line: OutputLine): void {
    this.#check("output", [line]);
    this.lines.push(line);
    if ("seq" in line && line.type !== "omitted") {
      const event = structuredClone(line);
      if (event.type === "snapshot") this.#session = { ...event.session, seq: event.seq };
      else if (this.#session) apply(this.#session, event);
    }
    for (const look of this.#waiting) look();
  }
}
