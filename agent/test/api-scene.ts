/**
 * The fixture of the API tests: a scripted upstream and a server, which the tests of a file share until one of them
 * restarts, ends or configures it, the calls that most tests make, and the cleanup.
 *
 *     const { upstream, rein, send, stop } = apiScene();
 *     test("…", async () => {
 *       upstream.script([text("Hello.")]);
 *       const chat = send({ permissions: "all" });
 */
import { afterAll, afterEach, beforeEach } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Session, StopAnswer } from "../shared/protocol";
import type { ChatRequest, SettingsRequest } from "../shared/requests";
import { newest } from "./newest";
import { type Chat, type Rein, type ReinOptions, startRein } from "./rein";
import { inDirectoryOfItsOwn, type SharedServer, startShared } from "./shared-server";
import { startUpstream, type Upstream } from "./upstream/upstream";

export interface ApiScene {
  /** The running test's upstream. */
  readonly upstream: Upstream;
  /** The running test's newest server. */
  readonly rein: Rein;
  /** The data directory of its servers. */
  readonly dataDir: () => string;
  /** Sends a message, "Do it" unless given: the text and the rest of the request, or the request alone. */
  readonly send: (message?: string | Partial<ChatRequest>, request?: Partial<ChatRequest>) => Chat;
  /** Stops the chat's run by its id, once it has begun. */
  readonly stop: (chat: Chat) => Promise<StopAnswer>;
  /** Another viewer of the session; resolves with its snapshot. */
  readonly follow: (chat: Chat) => Promise<Chat>;
  readonly post: <T>(path: string, body: object) => Promise<T>;
  /** Starts a server on the data directory; `rein` is this server from then on. `environment` is added to the scene's. */
  readonly start: (options?: ReinOptions) => Promise<Rein>;
  /** The same, after the running server has exited. */
  readonly restart: (options?: ReinOptions) => Promise<Rein>;
  /** Called when the test is over, before its servers are stopped. */
  readonly defer: (action: () => void | Promise<void>) => void;
}

export interface ApiSceneOptions {
  /** The server's environment; by default it configures every wire of the upstream. */
  environment?: (upstream: Upstream) => Record<string, string>;
  /** The default fields of each request. */
  request?: Partial<ChatRequest>;
  /** Made to the settings of the server that the tests share. */
  settings?: SettingsRequest;
  /** Whether a server runs when a test begins; true by default. */
  starts?: boolean;
  /** Whether the tests use one server, each in a working directory of its own; true by default. */
  shares?: boolean;
}

/** Call it at the top level of a test file. */
export function apiScene(options: ApiSceneOptions = {}): ApiScene {
  const starts = options.starts ?? true;
  let shared: SharedServer | undefined;
  let upstream: Upstream;
  let rein: Rein;
  let dataDir: string;
  let cleanUp: AsyncDisposableStack;

  beforeEach(async () => {
    cleanUp = new AsyncDisposableStack();
    if (starts && options.shares !== false) {
      shared ??= await startShared(options.environment ?? everyWire, options.settings);
      ({ upstream, dataDir } = shared);
      rein = cleanUp.use(inDirectoryOfItsOwn(shared.rein));
      return;
    }
    dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
    cleanUp.defer(() => rmSync(dataDir, { recursive: true, force: true }));
    upstream = startUpstream();
    cleanUp.defer(() => upstream.close());
    if (starts) await start();
  });
  afterEach(async () => {
    await cleanUp.disposeAsync();
    if (shared !== undefined && !(await shared.clear())) await endShared();
  });
  afterAll(() => endShared());

  async function start(more: ReinOptions = {}): Promise<Rein> {
    const environment = { ...(options.environment ?? everyWire)(upstream), ...more.environment };
    if (shared !== undefined) shared.isSpent = true;
    rein = await startRein({ dataDir, ...more, environment });
    return cleanUp.use(rein);
  }

  async function endShared(): Promise<void> {
    await shared?.[Symbol.asyncDispose]();
    shared = undefined;
  }

  return {
    upstream: newest(() => upstream),
    rein: newest(() => rein),
    dataDir() {
      if (shared !== undefined) shared.isSpent = true;
      return dataDir;
    },
    defer: (action) => cleanUp.defer(action),
    send(first: string | Partial<ChatRequest> = {}, more: Partial<ChatRequest> = {}) {
      const message = typeof first === "string" ? { message: first } : first;
      return rein.chat({ ...aRequest, ...options.request, ...message, ...more });
    },
    async stop(chat) {
      await chat.until((event) => event.type === "run-start");
      return rein.stop(chat.sessionId, { runId: chat.runId });
    },
    async follow(chat) {
      const viewer = rein.follow(chat.sessionId);
      await viewer.until((event) => event.type === "snapshot");
      return viewer;
    },
    post: (path, body) => rein.json(path, { method: "POST", body: JSON.stringify(body) }),
    start,
    async restart(more) {
      rein.signal("SIGTERM");
      await rein.exited;
      return start(more);
    },
  };
}

const aRequest = {
  message: "Do it",
  provider: "openai-chat",
  model: "local-model",
  onDisconnect: "continue",
} as const;

/** The environment of a server that reaches the upstream over all four wires. */
export function everyWire({ environment, baseUrls }: Upstream): Record<string, string> {
  return { ...environment, OPENAI_COMPATIBLE_BASE_URL: baseUrls["openai-chat"] };
}

/** The environment of a server that reaches it over Chat Completions only. */
export function chatCompletionsOnly({ baseUrls }: Upstream): Record<string, string> {
  return { OPENAI_COMPATIBLE_BASE_URL: baseUrls["openai-chat"] };
}

/** The session without the runs' changes, which may be known only after a run's end. */
export function withoutChanges(session: Session): Session {
  return { ...session, seq: 0, runs: session.runs.map(({ changes: _late, ...run }) => run) };
}

/** Resolves when the chat's last run has ended and `chat.session` has its changes: on a busy machine they follow later. */
export async function settledWithChanges(rein: Rein, chat: Chat): Promise<void> {
  await chat.ended;
  const run = chat.session.runs.at(-1)!;
  if (run.changes?.state !== "pending") return;
  const viewer = rein.follow(chat.sessionId);
  const changes = () => viewer.session.runs.find(({ id }) => id === run.id)?.changes;
  await viewer.until(() => changes() !== undefined && changes()?.state !== "pending");
  run.changes = changes()!;
  viewer.hangUp();
}
