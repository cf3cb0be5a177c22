/**
 * What a stop takes, seen from outside: the server, the model service and this client are processes of their own, on one
 * monotonic clock, and a thread of this process sleeps in the kernel until the command's processes have exited.
 *
 *     bun run bench latency                       this tree, and the bare way (Bun, Hono, an SDK) as the floor
 *     REIN_BENCH_BASE=/path/of/another/checkout bun run bench latency     that too, in alternating rounds
 *
 * closed    from the stop's request to the close of the upstream's socket, as the upstream sees it
 * death     from the stop's request to the exit of the last process of the command; `polite` without its grace of 250 ms
 * stopped   from there to the run's end at the client
 * first     the same for the first stop of a server, of its first message, 2.5 s after its start
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { startRein } from "../test/rein";
import { outsideMs } from "./outside-clock";
import { printFigures } from "./statistics";

const rounds = 12;
/** A server's first stop comes after this much idle time, in which it compiles its supervisor. */
const idleMs = 2500;
/** From the beginning of the answer, or of the command, to the stop. */
const restMs = 100;
const warmUps = 5;
const graceMs = 250;

/** Samples by the name of their figure. */
export type Samples = Map<string, number[]>;

const commands: Record<string, string> = {
  plain: "echo on; sleep 60; true",
  /** Ignores SIGTERM: no grace is due. */
  stubborn: "trap '' TERM; echo on; sleep 60; true",
  /** Handles SIGTERM, and goes on. */
  polite: "trap : TERM; echo on; while :; do sleep 60 & wait; done",
};

/** What is measured on each warm server, and how often. */
const warm: [kind: string, times: number][] = [
  ["hold", 10],
  ["plain", 10],
  ["stubborn", 10],
  ["polite", 3],
  ["subagents", 10],
  ["flood", 2],
];

const aims: Record<string, string> = {
  "hold: closed": "p50 2, p99 5",
  "plain: death": "p50 5, p99 15",
  "stubborn: death": "10",
  "polite: death": "10",
  "subagents: closed": "p50 4",
  "flood: tokens after": "0",
};

/** One server under test. */
interface Subject extends AsyncDisposable {
  pid: number;
  post(path: string, body: object): Promise<Response>;
}

export async function benchLatency(): Promise<void> {
  await using bench = await startBench();
  const taken = new Map(bench.sides.map(([name]) => [name, new Map<string, number[]>()]));
  for (let round = 0; round < rounds; round++)
    for (const [name, start] of bench.sides) await measure(bench, start, round, taken.get(name)!);
  for (const [name, samples] of taken) printSamples(name, samples);
}

export function printSamples(side: string, samples: Samples): void {
  console.log(`  ${side}`);
  for (const [name, values] of [...samples].toSorted(([a], [b]) => a.localeCompare(b)))
    printFigures(name, values, aims[name] ?? (name.endsWith("stopped") ? "10" : ""));
}

export type Bench = Awaited<ReturnType<typeof startBench>>;

export async function startBench() {
  const upstream = await startUpstream();
  const base = process.env["REIN_BENCH_BASE"];
  const tree = (path: string) => () => startTree(path, upstream.url);
  const sides: [name: string, start: () => Promise<Subject>][] = [
    ["the bare way", () => startBare(upstream.url)],
    ["Rein", tree(join(import.meta.dir, "../.."))],
  ];
  if (base !== undefined) sides.push([base, tree(base)]);
  const watch = new Worker(join(import.meta.dir, "death-watch.ts"));
  return {
    upstream,
    sides,
    watch,
    [Symbol.asyncDispose]: async () => {
      watch.terminate();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** One server from its start: its first stop, and warm ones of each kind. */
export async function measure(
  bench: Bench,
  start: () => Promise<Subject>,
  round: number,
  samples: Samples,
): Promise<void> {
  await using subject = await start();
  const isBare = start === bench.sides[0]![1];
  await Bun.sleep(idleMs);
  await stopOne(bench, subject, round % 2 === 0 ? "hold" : "plain", samples, "first ");
  for (let again = 0; again < warmUps; again++)
    for (const kind of ["hold", "plain"]) await stopOne(bench, subject, kind, new Map(), "");
  for (const [kind, times] of warm)
    for (let again = 0; again < times; again++)
      if (!isBare || kind === "hold" || kind === "plain" || kind === "flood")
        await stopOne(bench, subject, kind, samples, "");
}

/** A message, a stop once its work is under way, and what is seen of it. */
export async function stopOne(
  { upstream, watch }: Bench,
  subject: Subject,
  kind: string,
  samples: Samples,
  prefix: string,
): Promise<void> {
  const note = (what: string, value: number) => {
    const name = `${prefix}${kind}: ${what}`;
    samples.set(name, [...(samples.get(name) ?? []), value]);
  };
  const command = commands[kind];
  const sockets = kind === "subagents" ? 2 : command === undefined ? 1 : 0;
  const opened = sockets === 0 ? undefined : upstream.next("open", sockets);
  const message = command === undefined ? kind : `run ${command}`;
  const chat = new Chat(await subject.post("/api/chat", { ...request, message }));
  const { session } = await chat.until("snapshot");
  let died: Promise<number> | undefined;
  if (opened === undefined) {
    await chat.until("part-delta", "output");
    ({ died } = await watchCommand(watch, subject.pid));
  } else await opened;
  await Bun.sleep(restMs);
  const closed = upstream.next("closed", sockets);
  const asked = outsideMs();
  const answer = subject.post(`/api/sessions/${session!.id}/stop`, {});
  const end = await chat.until("run-end");
  await (await answer).text();
  if (sockets > 0) note("closed", (await closed).at(-1)! - asked);
  const last = died === undefined ? asked : await died;
  if (died !== undefined) note("death", last - asked - (kind === "polite" ? graceMs : 0));
  note("stopped", end.at - last);
  if (kind === "flood") note("tokens after", chat.tokensAfterStop);
  await chat.ended;
}

const request = {
  provider: "openai-chat",
  model: "bench",
  permissions: "all",
  onDisconnect: "continue",
};

/** The events of one answer, each with when it came. */
class Chat {
  readonly #reader: AsyncGenerator<SeenEvent>;
  tokensAfterStop = 0;
  #isStopping = false;

  constructor(response: Response) {
    this.#reader = readEvents(response);
  }

  async until(type: string, field?: string): Promise<SeenEvent> {
    for (;;) {
      const { value: event, done } = await this.#reader.next();
      if (done) throw new Error(`The answer ended before ${type}.`);
      if (event.type === "run-stopping") this.#isStopping = true;
      if (event.type === "part-delta" && this.#isStopping) this.tokensAfterStop++;
      if (event.type === type && (field === undefined || event.field === field)) return event;
    }
  }

  get ended(): Promise<void> {
    return this.until("never").then(
      () => {},
      () => {},
    );
  }
}

interface SeenEvent {
  type: string;
  field?: string;
  session?: { id: string };
  at: number;
}

async function* readEvents(response: Response): AsyncGenerator<SeenEvent, void> {
  if (!response.ok) throw new Error(await response.text());
  let rest = "";
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const at = outsideMs();
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      const data = /^data: ?(.*)$/m.exec(block)?.[1];
      if (data) yield { ...(JSON.parse(data) as { type: string }), at };
    }
  }
}

/** Resolves once the command's processes are watched; `died` tells when the last of them has exited. */
async function watchCommand(watch: Worker, server: number): Promise<{ died: Promise<number> }> {
  const sleeper = descendants(server).find((pid) => commandOf(pid) === "sleep 60");
  if (sleeper === undefined) {
    await Bun.sleep(1);
    return watchCommand(watch, server);
  }
  const pids = [sleeper, ...ancestors(sleeper, server)];
  const watching = heard(watch);
  watch.postMessage(pids, []);
  await watching;
  const died = heard(watch).then((result) => {
    const { last } = result as { last?: number };
    if (last === undefined) throw new Error(`A process outlived the stop, of ${pids.join(", ")}.`);
    return last;
  });
  return { died };
}

function heard(watch: Worker): Promise<unknown> {
  return new Promise((resolve) =>
    watch.addEventListener("message", ({ data }) => resolve(data), { once: true }),
  );
}

/** Up to the supervisor, which is the server's own child and no process of the command; the bare way has none. */
function ancestors(pid: number, server: number): number[] {
  const parent = parentOf(pid);
  if (parent === server) return [];
  const isSupervisor = parentOf(parent) === server && !commandOf(parent).startsWith("bash");
  return isSupervisor ? [] : [parent, ...ancestors(parent, server)];
}

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const others = readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ");
    } catch {
      return [];
    }
  });
  const own = [...new Set([...children.split(" "), ...others])].filter(Boolean).map(Number);
  return own.flatMap((child) => {
    try {
      return [child, ...descendants(child)];
    } catch {
      return [];
    }
  });
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
}

async function startUpstream() {
  const program = await startProgram("latency-upstream.ts", {});
  const waiting: { kind: string; times: number[]; count: number; done: (t: number[]) => void }[] =
    [];
  program.onLine = (line) => {
    const [kind, at] = line.split(" ");
    const one = waiting.find((each) => each.kind === kind);
    one?.times.push(Number(at));
    if (one === undefined || one.times.length < one.count) return;
    waiting.splice(waiting.indexOf(one), 1);
    one.done(one.times);
  };
  return {
    url: `http://127.0.0.1:${program.port}/v1`,
    /** The times of the next so many lines of this kind. */
    next: (kind: "open" | "closed", count: number) =>
      count === 0
        ? Promise.resolve([])
        : new Promise<number[]>((done) => waiting.push({ kind, times: [], count, done })),
    [Symbol.asyncDispose]: program[Symbol.asyncDispose],
  };
}

async function startBare(upstream: string): Promise<Subject> {
  const program = await startProgram("latency-bare.ts", { UPSTREAM: upstream });
  return {
    pid: program.pid,
    post: (path, body) => post(`http://127.0.0.1:${program.port}${path}`, body, {}),
    [Symbol.asyncDispose]: program[Symbol.asyncDispose],
  };
}

/** The server of a checkout, as its own tests start it. */
async function startTree(path: string, upstream: string): Promise<Subject> {
  const started = (await import(join(path, "agent/test/rein.ts"))) as {
    startRein: typeof startRein;
  };
  const rein = await started.startRein({
    command: [process.execPath, join(import.meta.dir, "latency-server.ts")],
    environment: { OPENAI_COMPATIBLE_BASE_URL: upstream },
  });
  return {
    pid: rein.pid,
    post: (path, body) => post(rein.url + path, body, { Authorization: `Bearer ${rein.token}` }),
    [Symbol.asyncDispose]: () => rein[Symbol.asyncDispose](),
  };
}

function post(url: string, body: object, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { method: "POST", body: JSON.stringify(body), headers });
}

/** A program of this folder; its first line is the port that it listens on. */
async function startProgram(name: string, environment: Record<string, string>) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, name)], {
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { promise: port, resolve } = Promise.withResolvers<number>();
  const program = {
    pid: child.pid,
    port: 0,
    onLine: (_line: string) => {},
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await child.exited;
    },
  };
  const read = async () => {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines)
        if (line.startsWith("port ")) resolve(Number(line.slice(5)));
        else program.onLine(line);
    }
  };
  void read();
  program.port = await port;
  return program;
}
