/**
 * A real Rein server in a process and a data directory of its own, and callers that speak its API.
 *
 *     await using rein = await startRein({ environment: upstream.environment });
 *     const chat = rein.chat({ message: "hi", provider: "anthropic", model: "m" });
 *     await chat.until((event) => event.type === "part-delta");
 *     const answer = await rein.stop(chat.sessionId, {});
 *     await chat.ended;
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRein, type Rein as Sdk } from "../sdk/create-rein";
import { type Frame, readChunks } from "../sdk/frames";
import { apply } from "../shared/apply";
import type { Session, SessionEvent, StopAnswer } from "../shared/protocol";
import type { ChatRequest, SessionStopRequest } from "../shared/requests";
import { serverProgram } from "./compiled-server";
import { givenCluster } from "./given-cluster";
import { giveSupervisor } from "./given-supervisor";
import { checkAnswer, checkEvent } from "./valid-answers";
import { within } from "./within";

export interface ReinOptions {
  environment?: Record<string, string>;
  /** Owned by the caller: a second server can be started on it. */
  dataDir?: string;
  args?: string[];
  /** A program that starts the server; the server's command is appended to its arguments. */
  command?: string[];
  /** In the place of the server of this checkout, which it is by default. */
  program?: string[];
}

export interface Rein extends AsyncDisposable {
  url: string;
  /** The script token, which the calls below send. */
  token: string;
  /** Signs one browser in. */
  printedAddress: string;
  /** A new one. */
  signInAddress(): Promise<string>;
  pid: number;
  /** A fresh directory in which its sessions work. */
  cwd: string;
  dataDir: string;
  exited: Promise<number>;
  /** The routes as functions, and chats as loops. */
  sdk: Sdk;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  json<T>(path: string, init?: RequestInit): Promise<T>;
  chat(request: ChatRequest, headers?: Record<string, string>): Chat;
  follow(sessionId: string, after?: number): Chat;
  session(id: string): Promise<Session>;
  stop(sessionId: string, named?: SessionStopRequest): Promise<StopAnswer>;
  signal(name: NodeJS.Signals): void;
  /** The output so far. */
  output(): string;
}

/** What Bun has compiled of the server, for all programs of all tests. */
export const compiledCode = join(import.meta.dir, "../../node_modules/.cache/bun-compiled");

/** Starts a server on a free port, without any provider key of this machine. */
export async function startRein(options: ReinOptions = {}): Promise<Rein> {
  const cwd = mkdtempSync(join(tmpdir(), "rein-work-"));
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "rein-data-"));
  const isPlain =
    options.command === undefined &&
    options.program === undefined &&
    options.environment?.["PATH"] === undefined;
  if (isPlain) await giveSupervisor(dataDir);
  const cluster = await givenCluster(options.environment ?? {}, dataDir);
  const server = options.program ?? [process.execPath, serverProgram()];
  const program = [...server, ...(options.args ?? [])];
  const child = Bun.spawn([...(options.command ?? []), ...program], {
    cwd,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: cwd,
      // By default Bun keeps in HOME what it compiles: it would count as changed by whatever runs in the working directory.
      BUN_RUNTIME_TRANSPILER_CACHE_PATH: compiledCode,
      PORT: "0",
      REIN_DATA_DIR: dataDir,
      // Most tests look at processes by their pid, which a sandbox hides from them.
      REIN_SANDBOX: "off",
      // Most tests script and count the requests of a conversation alone.
      REIN_TITLES: "off",
      ...cluster,
      ...options.environment,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const printed = collect([child.stdout, child.stderr]);
  const remove = (): void => {
    rmSync(cwd, { recursive: true, force: true });
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  const line = await printed
    .until(/Rein \S+ is at http:\/\/\S+#token=\S+/, child.exited)
    .catch((error: unknown) => {
      remove(); // it did not start
      throw error;
    });
  const address = line.slice(line.indexOf("http"));
  const { origin } = new URL(address);
  const ownToken = options.environment?.["REIN_TOKEN"];
  const token = ownToken || readFileSync(join(dataDir, "token"), "utf8").trim();
  const call = async (path: string, init: RequestInit = {}) => {
    const headers = {
      Authorization: `Bearer ${token}`,
      ...(init.headers as Record<string, string>),
    };
    const response = await fetch(origin + path, { ...init, headers });
    await checkAnswer(init.method ?? "GET", path, response);
    return response;
  };
  const json = async <T>(path: string, init?: RequestInit) => {
    const response = await call(path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const sdk = createRein({ url: origin, credential: token });
  const never = new AbortController().signal;
  return {
    url: origin,
    token,
    printedAddress: address,
    async signInAddress() {
      return `${origin}/#token=${(await sdk.newSignInToken(never)).token}`;
    },
    pid: child.pid,
    cwd,
    dataDir,
    exited: child.exited,
    sdk,
    fetch: call,
    json,
    chat: (request, headers = {}) =>
      new Chat((signal) =>
        call("/api/chat", { method: "POST", body: JSON.stringify(request), headers, signal }),
      ),
    follow: (id, after) =>
      new Chat((signal) =>
        call(`/api/sessions/${id}/events${after === undefined ? "" : `?after=${after}`}`, {
          signal,
        }),
      ),
    session: async (id) => (await json<{ session: Session }>(`/api/sessions/${id}`)).session,
    stop: (id, named = {}) => sdk.stopSession(id, named, never),
    signal: (name) => child.kill(name),
    output: printed.text,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      remove();
    },
  };
}

/** One open stream: its events, and the session that results from them. */
export class Chat {
  readonly events: SessionEvent[] = [];
  /** The fold of the events: what a page would show. */
  readonly session = {
    seq: 0,
    messages: [],
    runs: [],
    usage: { inputTokens: 0, outputTokens: 0, estimated: false },
  } as unknown as Session;
  readonly response: Promise<Response>;
  readonly #ended: Promise<void>;
  readonly #controller = new AbortController();
  readonly #waiting = new Set<() => void>();
  #over = false;
  /** Why the stream could not be read to its end. */
  #fault: unknown;

  constructor(open: (signal: AbortSignal) => Promise<Response>) {
    this.response = open(this.#controller.signal);
    this.#ended = this.#read()
      .catch((error: unknown) => {
        this.#fault = error;
        throw error;
      })
      .finally(() => {
        this.#over = true;
        for (const look of this.#waiting) look();
      });
    // A test that hangs up does not also wait for the end.
    this.#ended.catch(() => undefined);
  }

  /** Resolves when either side has ended the stream; rejects when it was refused. */
  get ended(): Promise<void> {
    return within(() => `the end of the stream; ${this.#had()}`, this.#ended);
  }

  get sessionId(): string {
    return this.session.id;
  }

  /** The id of the last run seen. */
  get runId(): string {
    return this.session.runs.at(-1)!.id;
  }

  /** Either side has ended the stream, or it was refused. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Closes the connection, like a page that is closed. */
  hangUp(): void {
    this.#controller.abort();
  }

  /** Resolves with the first event, past or future, for which this holds; rejects when the stream ends without it. */
  until(holds: (event: SessionEvent) => boolean): Promise<SessionEvent> {
    const found = new Promise<SessionEvent>((resolve, reject) => {
      const look = () => {
        const event = this.events.find(holds);
        if (event === undefined && !this.#over) return;
        this.#waiting.delete(look);
        if (event) resolve(event);
        else reject(new Error(`The stream ended; ${this.#had()}`, { cause: this.#fault }));
      };
      this.#waiting.add(look);
      look();
    });
    return within(() => `${String(holds)}; ${this.#had()}`, found);
  }

  #had(): string {
    return `it had: ${this.events.map(({ type }) => type).join(" ")}`;
  }

  async #read(): Promise<void> {
    const response = await this.response;
    if (!response.ok) throw new Error(`${response.status} ${await response.clone().text()}`);
    const { signal } = this.#controller;
    try {
      for await (const frames of readChunks(response, signal))
        for (const frame of frames) this.#take(frame);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #take(frame: Frame): void {
    // What the session is made of changes.
    const own = structuredClone(frame);
    checkEvent(own);
    // Tests look for those of the list among the events too.
    const event = own as SessionEvent;
    this.events.push(event);
    if ("seq" in frame) apply(this.session, frame);
    if (event.type === "run-start") this.session.id = event.sessionId;
    for (const look of this.#waiting) look();
  }
}

function collect(streams: ReadableStream<Uint8Array>[]) {
  let text = "";
  let look = () => {};
  for (const stream of streams)
    void (async () => {
      const decoder = new TextDecoder();
      for await (const piece of stream) {
        text += decoder.decode(piece, { stream: true });
        look();
      }
    })();
  return {
    text: () => text,
    until: (pattern: RegExp, exited: Promise<number>) =>
      within(
        () => `${pattern} in what the server says: ${text}`,
        new Promise<string>((resolve, reject) => {
          look = () => {
            const found = text.match(pattern)?.[0];
            if (found) resolve(found);
          };
          look();
          void exited.then((code) => reject(new Error(`The server exited with ${code}: ${text}`)));
        }),
      ),
  };
}
