/** The server fixture: a whole server in this process, on real sockets and a database file, with a strict upstream. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { log } from "../../server/log";
import { type Server, startServer, type ServerConfig } from "../../server/server";
import { Store } from "../../server/store/store";
import type {
  CommandsAnswer,
  Definition,
  Hook,
  ProjectView,
  Schedule,
  SchedulesAnswer,
  Session,
  SessionEvent,
} from "../../shared/protocol";
import type {
  ChatRequest,
  McpServer,
  ScheduleRequest,
  SettingsRequest,
} from "../../shared/requests";
import { Chat } from "../rein";
import { lastingDirectory } from "../temporary-directory";
import { startUpstream, type Upstream } from "../upstream/upstream";
import { type McpTransport, type ScriptedMcp, startScriptedMcp } from "./scripted-mcp";
import { type ScriptedSite, startScriptedSite } from "./scripted-site";
import { writeCommand } from "./definition-scenarios";
import { createScriptedEngine, type ScriptedEngine } from "./scripted-engine";
import { type LeakDetector, noDetector } from "./leak-detector";
import { type OtherNode, ownNode } from "./other-node";

/**
 * How a request reaches the server: "tick" in the tick in which it is sent, "wire" over a socket, some turns later, "other
 * node" through another node of its cluster.
 */
export type Transport = "tick" | "wire" | "other node";

/** Whether commands run in a sandbox: with "on", none runs without it. */
export type SandboxUse = "on" | "off";

/** Called with every event in the tick in which it is applied; `session` is the state after it. */
export type Tap = (event: SessionEvent, session: Session) => void;

export interface ServerFixture extends AsyncDisposable {
  upstream: Upstream;
  engine: ScriptedEngine;
  mcp: ScriptedMcp;
  site: ScriptedSite;
  server: Server;
  cwd: string;
  /** Where the server is a node of a cluster. */
  other: OtherNode | undefined;
  /** How a client beside the point reaches the server. */
  readonly outside: Transport;
  /** For clients of their own. */
  readonly address: { url: string; token: string };
  leaks: LeakDetector;
  tap: { event: Tap; created: (session: Session) => void };
  /** The session in the database file, read by a second connection. */
  saved(sessionId: string): Session | undefined;
  call(transport: Transport, path: string, init?: RequestInit): Promise<Response>;
  post<T>(transport: Transport, path: string, body: object): Promise<T>;
  /** `signal` closes the connection. */
  chat(transport: Transport, request: ChatRequest, signal: AbortSignal): Chat;
  /** Begins a run of a schedule, the only one there is; resolves when it has begun. Rejects when it does not. */
  fire(transport: Transport, request: Omit<ScheduleRequest, "name" | "when">): Promise<void>;
  /** The unfinished files of uploads. */
  unfinishedUploads(): string[];
  /** The scripted MCP server in the settings, or none, as at first. */
  useMcp(transport: McpTransport | undefined): Promise<void>;
  /** Around every tool from now on; none at first. */
  useHooks(hooks: Hook[]): Promise<void>;
  /** The scripted language server in the settings, and allowed in the project; not at first. */
  useLanguageServer(isUsed: boolean): Promise<void>;
  /** For every command from now on; "off" at first. */
  useSandbox(sandbox: SandboxUse): Promise<void>;
  isOpen: boolean;
  close(): Promise<void>;
  /** Starts a server on the data of the closed one. */
  open(): Promise<void>;
  /** Starts a server from what is on disk in this tick; what the old one does later is ignored. */
  crash(): Promise<void>;
}

const token = "a-token-of-sixteen-characters";

const languageServer = {
  name: "scripted",
  command: process.execPath,
  args: [join(import.meta.dir, "../agents/scripted-language-server.ts"), "pushes", "quiet"],
  files: ["*.txt"],
  languageId: "words",
  waitSeconds: 20,
};

/** `leaks` is a detector only in a process that runs nothing else. `other` makes a node of the server. */
export async function openServerFixture(
  leaks: LeakDetector = noDetector,
  other?: OtherNode,
): Promise<ServerFixture> {
  // Thousands of runs end here: only errors are logged.
  log.level = "error";
  const upstream = startUpstream();
  other?.attend(upstream);
  // A snapshot that a closed server had begun makes its directory again after the removal below.
  const dataDir = lastingDirectory("rein-sweep-data-");
  const cwd = lastingDirectory("rein-sweep-work-");
  writeCommand(dataDir);
  const engine = createScriptedEngine(dataDir);
  const mcp = startScriptedMcp(dataDir);
  const site = startScriptedSite();
  const environment = {
    ...upstream.environment,
    OPENAI_COMPATIBLE_BASE_URL: upstream.baseUrls["openai-chat"],
  };
  let sandbox: SandboxUse = "off";
  let transport: McpTransport | undefined;
  let hooks: Hook[] = [];
  let hasLanguageServer = false;
  const set = async (settings: SettingsRequest) => {
    const change = { method: "PUT", body: JSON.stringify(settings) };
    const answer = await fixture.call("tick", "/api/settings", change);
    if (!answer.ok) throw new Error(`The settings were answered with ${answer.status}.`);
  };
  const start = async () => {
    const address = { port: 0, portGiven: true, host: "127.0.0.1", hosts: [], token };
    const config: ServerConfig = {
      ...address,
      dataDir,
      cwd,
      commands: { sandbox },
      titles: "off",
      providers: environment,
      dev: false,
      connections: 256,
      searchPath: process.env["PATH"] ?? "",
      // Of its own: what a run leaves in the working directory is no file of the person.
      userDirectories: { home: dataDir, configHome: dataDir },
      ...other?.config,
    };
    const server = await startServer(config, () => {});
    listen(server.store, () => fixture.tap);
    return server;
  };
  const fixture: Omit<ServerFixture, "server"> & { server?: Server } = {
    upstream,
    engine,
    mcp,
    site,
    cwd,
    other,
    outside: other ? "other node" : "wire",
    leaks,
    get address() {
      return { url: `http://127.0.0.1:${fixture.server!.port}`, token };
    },
    tap: { event: () => {}, created: () => {} },
    saved: (id) => disk.load(id),
    call(transport, path, init = {}) {
      if (transport === "other node") return other!.call(path, init);
      const { app, port } = fixture.server!;
      const url = `${fixture.address.url}${path}`;
      const own = { Authorization: `Bearer ${token}`, Host: `127.0.0.1:${port}` };
      const headers = { ...(init.headers as Record<string, string> | undefined), ...own };
      if (transport === "wire") return fetch(url, { ...init, headers });
      return Promise.resolve(app.fetch(new Request(url, { ...init, headers })));
    },
    async post<T>(transport: Transport, path: string, body: object) {
      const response = await fixture.call(transport, path, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return (await response.json()) as T;
    },
    chat: (transport, request, signal) =>
      new Chat(() =>
        fixture.call(transport, "/api/chat", {
          method: "POST",
          body: JSON.stringify(
            isBegun(request) || !other ? request : { ...request, node: ownNode },
          ),
          signal,
        }),
      ),
    async fire(transport, request) {
      const call = async <T>(method: string, path: string, body?: object) => {
        const init = { method, ...(body && { body: JSON.stringify(body) }) };
        // A schedule is of the node at which it is made.
        const at = transport === "tick" ? transport : "wire";
        const answer = await fixture.call(at, `/api/schedules${path}`, init);
        if (!answer.ok) throw new Error(`${method} of a schedule: ${await answer.text()}`);
        return (await answer.json()) as T;
      };
      const { schedules } = await call<SchedulesAnswer>("GET", "");
      for (const { id } of schedules) await call("DELETE", `/${id}`);
      // Paused: it runs when it is told to, and waits for no time.
      const when = { everyMinutes: 1 };
      const own = { name: "Now and then", when, isOn: false, missed: "once" };
      const { id } = await call<Schedule>("POST", "", { ...own, ...request });
      await call("POST", `/${id}/run`);
    },
    unfinishedUploads: () =>
      readdirSync(join(dataDir, "files")).filter((name) => name.endsWith(".new")),
    async useMcp(wanted) {
      mcp.forget();
      if (wanted === transport) return;
      transport = wanted;
      await set({ mcp: { servers: { scripted: wanted ? entryOf(mcp.servers[wanted]) : null } } });
    },
    async useHooks(wanted) {
      if (wanted.length === 0 && hooks.length === 0) return;
      hooks = wanted;
      const change = { method: "PUT", body: JSON.stringify(hooks) };
      const answer = await fixture.call("tick", "/api/hooks", change);
      if (!answer.ok) throw new Error(`The hooks were answered with ${answer.status}.`);
    },
    async useLanguageServer(wanted) {
      if (wanted === hasLanguageServer) return;
      hasLanguageServer = wanted;
      const change = { method: "PUT", body: JSON.stringify(wanted ? [languageServer] : []) };
      await fixture.call("tick", "/api/language-servers", change);
      if (!wanted) return;
      const answer = await fixture.call("tick", "/api/project");
      const { definitions } = (await answer.json()) as ProjectView;
      const [{ kind, name, digest }] = definitions.filter(
        (one) => one.kind === "language-server",
      ) as [Definition];
      const answers = [{ kind, name, digest, answer: "allow" }];
      await fixture.post<ProjectView>("tick", "/api/project/answer", { answers });
    },
    async useSandbox(wanted) {
      if (wanted === sandbox) return;
      sandbox = wanted;
      const change = { method: "PUT", body: JSON.stringify({ sandbox }) };
      const answer = await fixture.call("tick", "/api/commands", change);
      const { sandboxed } = (await answer.json()) as Partial<CommandsAnswer>;
      if (sandboxed !== (sandbox === "on")) throw new Error(`The sandbox is not ${sandbox}.`);
    },
    isOpen: false,
    async open() {
      fixture.server = await start();
      // A new server prepares its jobs in the background,
      await fixture.server.jobs.capabilities();
      // and asks for the models when a price is needed for the first time.
      await fixture.call("tick", "/api/models");
      fixture.isOpen = true;
    },
    async close() {
      fixture.isOpen = false;
      await fixture.server!.close();
    },
    async crash() {
      const names = ["rein.db", "rein.db-wal", "rein.db.seal", "schedules.json"];
      const files = names.map((name) => join(dataDir, name)).filter((path) => existsSync(path));
      const onDisk = files.map((path) => readFileSync(path));
      const { tap } = fixture;
      fixture.tap = { event: () => {}, created: () => {} };
      await fixture.close();
      disk.close();
      for (const [index, path] of files.entries()) writeFileSync(path, onDisk[index]!);
      for (const name of ["rein.db-shm", ...names])
        if (!files.includes(join(dataDir, name))) rmSync(join(dataDir, name), { force: true });
      fixture.tap = tap;
      await fixture.open();
      disk = new Store(join(dataDir, "rein.db"));
    },
    async [Symbol.asyncDispose]() {
      if (fixture.isOpen) await fixture.close();
      disk.close();
      await upstream.close();
      mcp[Symbol.dispose]();
      site[Symbol.dispose]();
      rmSync(dataDir, { recursive: true, force: true });
      rmSync(cwd, { recursive: true, force: true });
    },
  };
  await fixture.open();
  await set({ ...engine.settings, web: { allowedPrivate: ["127.0.0.1"] } });
  let disk = new Store(join(dataDir, "rein.db"));
  return fixture as ServerFixture;
}

function isBegun({ sessionId }: ChatRequest): boolean {
  return sessionId !== undefined;
}

/** Wraps the store, which is called with every event in the tick in which it is applied. */
function listen(store: Store, tap: () => ServerFixture["tap"]): void {
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

/** As the settings take it: by its name. */
function entryOf(server: McpServer) {
  if (server.type === "http") {
    const { type, url, headers } = server;
    return { server: { type, url, headers }, isOn: true };
  }
  const { type, command, args, env } = server;
  return { server: { type, command, args, env }, isOn: true };
}
