/** The same stops by an engine's own interrupt, without Rein: its program as a plain child, its requests straight to the model. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { EngineConversation, EngineEnd, EngineEvent } from "../../server/engines/engine";
import { startChild } from "../../server/engines/engine-child";
import { createEngines } from "../../server/engines/engines";
import type { Job, JobEnd, JobRequest, Jobs } from "../../server/processes/jobs";
import { commandOf, pidsWith } from "../machine-facts";
import { makeGate, text } from "../upstream/upstream";
import { until, within } from "../within";
import { type EngineLab, historyOf, token } from "./engine-lab";
import { type EngineRow, rowName } from "./engine-rows";
import { count, readsOutputMs, type Sample, shownOf, wordsOf } from "./measured-stop";
import { isRunning, makeCookie, type StopKind } from "./stop-kinds";

/** One conversation with the engine, as its own client would have it. */
export class OwnEngine implements AsyncDisposable {
  readonly #mark = `mark-${token()}`;
  readonly #children = new Set<Bun.Subprocess>();
  #open: EngineConversation | undefined;

  constructor(
    readonly lab: EngineLab,
    readonly row: EngineRow,
  ) {}

  /** Rejects when the turn does not come to what is to be stopped; the next one has a fresh process. */
  async stop(kind: StopKind): Promise<Sample> {
    try {
      return await this.#stop(kind);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #stop(kind: StopKind): Promise<Sample> {
    const { row } = this;
    const cookie = makeCookie();
    const own: Sample = {
      engine: rowName(row),
      by: "itself",
      kind: kind.name,
      askedAfter: 0,
      aliveAtIdle: 0,
      survivors: 0,
      faults: [],
    };
    this.#open ??= await this.#start();
    const gate = makeGate();
    const { upstream } = this.lab;
    upstream.forget(this.#mark);
    upstream.script(
      this.#mark,
      kind.command ? [row.shell(kind.command(cookie))] : [text(...wordsOf(cookie), gate, "never")],
    );
    const turn = this.#turn("CUT");
    const isThere = () =>
      kind.command ? isRunning(kind, cookie) : turn.text().includes(`w29-${cookie}`);
    await until(() => isThere() || turn.end !== undefined, kind.name);
    if (turn.end) throw new Error(`The turn ended: ${JSON.stringify(turn.end)}`);
    if (kind.command) await Bun.sleep(readsOutputMs);
    const open = kind.command ? undefined : upstream.asked(this.#mark).at(-1);
    const { requests } = upstream.server;
    const asked = requests.length;
    const began = performance.now();
    const closing = open?.ended.then(() => (own.closedMs = performance.now() - began));
    this.#open.interrupt();
    await Promise.race([turn.ended, Bun.sleep(15_000)]);
    own.idleMs = performance.now() - began;
    own.aliveAtIdle = pidsWith(cookie).length;
    if (own.idleMs > 14_000) own.faults.push("it never said that it was idle");
    await Bun.sleep(1000);
    own.askedAfter = requests.length - asked;
    const left = pidsWith(cookie);
    own.survivors = left.length;
    for (const pid of left) own.faults.push(`lives 1 s later: ${commandOf(pid).slice(0, 60)}`);
    await closing;
    await this.#next(own, shownOf(kind, cookie));
    for (const pid of pidsWith(cookie)) process.kill(pid, "SIGKILL");
    return own;
  }

  async #next(own: Sample, shown: string): Promise<void> {
    const { upstream } = this.lab;
    upstream.forget(this.#mark);
    const earlier = upstream.asked(this.#mark).length;
    upstream.script(this.#mark, [text("The next.")]);
    const began = performance.now();
    const turn = this.#turn("NEXT");
    await within("the next", Promise.race([turn.first, turn.ended]));
    own.firstWordMs = performance.now() - began;
    const end = await turn.ended;
    const [request] = upstream.asked(this.#mark).slice(earlier);
    const history = request ? historyOf(request.body) : "";
    own.told = count(history, shown);
    if (!history.includes("CUT")) own.faults.push("the cut message is lost");
    if (end.outcome === "done") return;
    own.faults.push(`the next message failed: ${JSON.stringify(end).slice(0, 200)}`);
    delete own.firstWordMs;
    await this[Symbol.asyncDispose]();
  }

  #turn(message: string) {
    const events: EngineEvent[] = [];
    const first = Promise.withResolvers<void>();
    const read = async (turn: AsyncGenerator<EngineEvent, EngineEnd>): Promise<EngineEnd> => {
      for (;;) {
        const { done, value } = await turn.next();
        if (done) return value;
        events.push(value);
        if (value.type === "text") first.resolve();
      }
    };
    const turn = {
      end: undefined as EngineEnd | undefined,
      ended: read(this.#open!.turn(`${this.#mark} ${message}`)),
      first: first.promise,
      text: () => events.map((one) => (one.type === "text" ? one.delta : "")).join(""),
    };
    void turn.ended.then((end) => (turn.end = end));
    return turn;
  }

  async #start(): Promise<EngineConversation> {
    const { row, lab } = this;
    const found = lab.programs[row.id]!;
    const engines = createEngines({
      jobs: plainJobs(this.#children),
      settings: () => ({ paths: "path" in found ? { [row.id]: found.path } : {}, own: {} }),
      searchPath: process.env["PATH"] ?? "",
    });
    const own = join(lab.directory, "own", rowName(row));
    const [cwd, home] = ["work", "home"].map((name) => join(own, name));
    for (const path of [cwd!, home!]) mkdirSync(path, { recursive: true, mode: 0o700 });
    const jobs = plainJobs(this.#children);
    return engines.find(row.id)!.open(
      {
        cwd: cwd!,
        home: home!,
        model: row.model,
        gate: {
          provider: row.provider,
          url: lab.upstream.server.baseUrls[row.provider],
          token: "own-key",
        },
        start: (command, env, signal) =>
          startChild(
            jobs,
            { name: row.id, command, cwd: cwd!, env, owner: { sessionId: row.id } },
            signal,
          ),
        ask: async () => ({ allow: true }),
      },
      AbortSignal.timeout(120_000),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = undefined;
    for (const child of this.#children) child.kill("SIGKILL");
    await Promise.all([...this.#children].map(({ exited }) => exited));
    this.#children.clear();
  }
}

/** Of the jobs only what starts an engine, by a plain spawn: nothing supervises it. */
function plainJobs(children: Set<Bun.Subprocess>): Jobs {
  const open = async (request: JobRequest): Promise<Job> => {
    const { command, cwd, env } = request;
    const child = Bun.spawn(command, {
      cwd,
      env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
    });
    children.add(child);
    const read = async (from: ReadableStream<Uint8Array>, name: "stdout" | "stderr") => {
      const decoder = new TextDecoder();
      for await (const piece of from)
        request.onOutput?.(decoder.decode(piece, { stream: true }), name);
    };
    const reading = Promise.all([read(child.stdout, "stdout"), read(child.stderr, "stderr")]);
    const ended = Promise.all([child.exited, reading]).then(
      ([exitCode]) => ({ exitCode, ended: [], survivors: [], leftBehind: [] }) as unknown as JobEnd,
    );
    return {
      shownPid: child.pid,
      ended,
      write: (line: string) => {
        void child.stdin.write(line);
        void child.stdin.flush();
        return true;
      },
      closeInput: () => void child.stdin.end(),
      stop: async () => {
        child.kill("SIGKILL");
        return ended;
      },
    } as unknown as Job;
  };
  return {
    open,
    confinement: async () => undefined,
    run: async (request: JobRequest) => (await open(request)).ended,
  } as unknown as Jobs;
}
