/** A whole server in this process, on real sockets and a real database file, beside a strict upstream. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { log } from "../../server/log";
import { type Server, startServer } from "../../server/server";
import { Store } from "../../server/store/store";
import type { Session, SessionEvent } from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import { Chat } from "../rein";
import { startUpstream, type Upstream } from "../upstream/upstream";
import { type Leftovers, watchLeftovers } from "./leftovers";

/** How a request reaches the server: in the very tick in which it is sent, or over a socket, some moments later. */
export type Transport = "tick" | "wire";

/** Sees every event in the tick in which it is applied; `session` is what the event has made of it. */
export type Tap = (event: SessionEvent, session: Session) => void;

export interface World extends AsyncDisposable {
  upstream: Upstream;
  server: Server;
  cwd: string;
  leftovers: Leftovers;
  tap: { event: Tap; created: (session: Session) => void };
  /** What is in the file, read by a connection of its own. */
  saved(sessionId: string): Session | undefined;
  call(transport: Transport, path: string, init?: RequestInit): Promise<Response>;
  post<T>(transport: Transport, path: string, body: object): Promise<T>;
  /** `signal` hangs up. */
  chat(transport: Transport, request: ChatRequest, signal: AbortSignal): Chat;
  isOpen: boolean;
  close(): Promise<void>;
  /** Another server takes over the data of the one that was closed. */
  open(): Promise<void>;
  /** Another server starts from what is on disk in this very tick; what the old one does after it is not seen. */
  crash(): Promise<void>;
}

const token = "a-token-of-sixteen-characters";

export async function openWorld(): Promise<World> {
  // Thousands of runs end here: only what is wrong is to be read.
  log.level = "error";
  const leftovers = watchLeftovers();
  const upstream = startUpstream();
  const dataDir = mkdtempSync(join(tmpdir(), "rein-sweep-data-"));
  const cwd = mkdtempSync(join(tmpdir(), "rein-sweep-work-"));
  const environment = {
    ...upstream.environment,
    OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"],
  };
  const start = async () => {
    const address = { port: 0, portGiven: true, host: "127.0.0.1", hosts: [], token };
    const server = await startServer({ ...address, dataDir, cwd, dev: false }, environment);
    listen(server.store, () => world.tap);
    return server;
  };
  const world: Omit<World, "server"> & { server?: Server } = {
    upstream,
    cwd,
    leftovers,
    tap: { event: () => {}, created: () => {} },
    saved: (id) => disk.load(id),
    call(transport, path, init = {}) {
      const { app, port } = world.server!;
      const url = `http://127.0.0.1:${port}${path}`;
      const headers = { Authorization: `Bearer ${token}`, Host: `127.0.0.1:${port}` };
      if (transport === "wire") return fetch(url, { ...init, headers });
      return Promise.resolve(app.fetch(new Request(url, { ...init, headers })));
    },
    async post<T>(transport: Transport, path: string, body: object) {
      const response = await world.call(transport, path, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return (await response.json()) as T;
    },
    chat: (transport, request, signal) =>
      new Chat(() =>
        world.call(transport, "/api/chat", {
          method: "POST",
          body: JSON.stringify(request),
          signal,
        }),
      ),
    isOpen: false,
    async open() {
      world.server = await start();
      // Jobs are prepared in the background at first.
      await world.server.jobs.capabilities();
      // And the models are looked up as soon as somebody asks what one costs.
      await world.call("tick", "/api/models");
      world.isOpen = true;
    },
    async close() {
      world.isOpen = false;
      await world.server!.close();
    },
    async crash() {
      const files = ["rein.db", "rein.db-wal"].map((name) => join(dataDir, name));
      const onDisk = files.map((path) => readFileSync(path));
      const { tap } = world;
      world.tap = { event: () => {}, created: () => {} };
      await world.close();
      disk.close();
      for (const [index, path] of files.entries()) writeFileSync(path, onDisk[index]!);
      rmSync(join(dataDir, "rein.db-shm"), { force: true });
      world.tap = tap;
      await world.open();
      disk = new Store(join(dataDir, "rein.db"));
    },
    async [Symbol.asyncDispose]() {
      if (world.isOpen) await world.close();
      disk.close();
      await upstream.close();
      rmSync(dataDir, { recursive: true, force: true });
      rmSync(cwd, { recursive: true, force: true });
      leftovers[Symbol.dispose]();
    },
  };
  await world.open();
  let disk = new Store(join(dataDir, "rein.db"));
  return world as World;
}

/** The store hears of every event in the tick in which it is applied. */
function listen(store: Store, tap: () => World["tap"]): void {
  const create = store.create.bind(store);
  const changed = store.changed.bind(store);
  store.create = (session) => {
    create(session);
    tap().created(session);
  };
  store.changed = (session, event) => {
    changed(session, event);
    tap().event({ ...event, seq: session.seq }, session);
  };
}
