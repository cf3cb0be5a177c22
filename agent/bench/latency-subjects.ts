/** The processes that the latency bench measures: the servers under test, and the model service that they ask. */
import { join } from "node:path";
import type { startRein } from "../test/rein";

/** One server under test. */
export interface Subject extends AsyncDisposable {
  pid: number;
  post(path: string, body: object): Promise<Response>;
  get(path: string): Promise<Response>;
}

export async function startUpstream() {
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
    pid: program.pid,
    url: `http://127.0.0.1:${program.port}/v1`,
    /** The times of the next so many lines of this kind. */
    next: (kind: "open" | "closed", count: number) =>
      count === 0
        ? Promise.resolve([])
        : new Promise<number[]>((done) => waiting.push({ kind, times: [], count, done })),
    [Symbol.asyncDispose]: program[Symbol.asyncDispose],
  };
}

export async function startBare(upstream: string): Promise<Subject> {
  const program = await startProgram("latency-bare.ts", { UPSTREAM: upstream });
  return {
    pid: program.pid,
    post: (path, body) => post(`http://127.0.0.1:${program.port}${path}`, body, {}),
    get: (path) => fetch(`http://127.0.0.1:${program.port}${path}`),
    [Symbol.asyncDispose]: program[Symbol.asyncDispose],
  };
}

/** The server of a checkout, as its own tests start it. */
export async function startTree(path: string, upstream: string): Promise<Subject> {
  const started = (await import(join(path, "agent/test/rein.ts"))) as {
    startRein: typeof startRein;
  };
  const rein = await started.startRein({
    command: [process.execPath, ...profiled(), join(import.meta.dir, "latency-server.ts")],
    // As `bun start` sets it.
    environment: { OPENAI_COMPATIBLE_BASE_URL: upstream, BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" },
  });
  return {
    pid: rein.pid,
    post: (path, body) => post(rein.url + path, body, { Authorization: `Bearer ${rein.token}` }),
    get: (path) => rein.fetch(path),
    [Symbol.asyncDispose]: () => rein[Symbol.asyncDispose](),
  };
}

/** With REIN_BENCH_PROFILE, the server writes a CPU profile into that directory at its end. */
function profiled(): string[] {
  const directory = process.env["REIN_BENCH_PROFILE"];
  return directory === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", directory];
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
