/** The connections of all sessions to their MCP servers: started at the first use, ended with the session, or when they are idle. */
import type { McpServer } from "../../shared/requests";
import { abortable, within } from "../abort";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import type { ConfiguredServer } from "./configured-server";
import type { SessionEngine } from "./given-servers";
import { McpError, SessionLostError } from "./mcp-error";
import type { ServerConnection } from "./server-connection";
import { ofSession } from "./server-view";
import { RecentIds } from "./recent-ids";
import { readyNow, SessionConnections } from "./session-connections";

/** The session that uses them, as it is now. */
export interface McpSession {
  id: string;
  cwd: string;
  /** Given by the program that began the session: they have precedence over configured ones of the same name. */
  servers: readonly McpServer[];
  /** It starts or reaches the servers itself; absent: Rein's own loop. */
  engine?: SessionEngine | undefined;
}

export interface McpParts {
  /** All servers of a directory. Throws only the signal's reason. */
  configured(cwd: string, signal: AbortSignal): Promise<ConfiguredServer[]>;
  jobs: Jobs;
  /** Whether a page shows the session, so that its next message should find them running. */
  isWatched(sessionId: string): boolean;
  /** Without a use for so long, a session's servers are ended. */
  idleMs?: number;
  /** What a server has for its start. */
  startMs?: number;
  /** What a turn waits for starts. */
  waitMs?: number;
}

const defaultIdleMs = 10 * 60_000;
const defaultStartMs = 30_000;
const defaultWaitMs = 5_000;

interface Used {
  session: McpSession;
  connections: SessionConnections;
  idle: Timer | undefined;
}

export class ConnectionPool {
  readonly #parts: McpParts;
  readonly #used = new Map<string, Used>();
  readonly #ended = new RecentIds();
  #isClosed = false;

  constructor(parts: McpParts) {
    this.#parts = parts;
  }

  /** A run begins: what could not be started is tried again. */
  beginRun(sessionId: string): void {
    this.#used.get(sessionId)?.connections.forgetFailed();
  }

  /** Its connections, if it has any. */
  of(sessionId: string): SessionConnections | undefined {
    return this.#used.get(sessionId)?.connections;
  }

  /**
   * Ends the connection to one server, and opens another. Resolves when that is ready or has failed. Throws McpError when the
   * server may not run, or the signal's reason: then it is ended.
   */
  async openAnew(
    session: McpSession,
    name: string,
    signal: AbortSignal,
  ): Promise<ServerConnection> {
    const wanted = await this.wanted(session, signal);
    const configured = wanted.find((one) => one.name === name);
    if (configured === undefined)
      throw new McpError(`There is no MCP server “${name}” that may be started.`);
    if (this.#isClosed || this.#ended.has(session.id))
      throw new McpError("The session or Rein’s server is ending.");
    const used = this.#use(session);
    await abortable(used.connections.endOne(name), signal);
    const connection = this.#open(used, configured);
    try {
      await abortable(connection.started, signal);
      return connection;
    } catch (error) {
      await connection.end("other");
      throw error;
    }
  }

  /** Ends all connections of a session; none is opened for it any more. Resolves when their processes are proven dead; never rejects. */
  async end(sessionId: string): Promise<void> {
    this.#ended.add(sessionId);
    await this.release(sessionId);
  }

  /** After `end`: the session is there again. */
  restore(sessionId: string): void {
    this.#ended.delete(sessionId);
  }

  /** Ends all connections of a session, which may open others. Resolves and settles as `end`. */
  async release(sessionId: string): Promise<void> {
    const used = this.#used.get(sessionId);
    if (used === undefined) return;
    clearTimeout(used.idle);
    this.#used.delete(sessionId);
    await used.connections.end();
  }

  /** The configuration may have changed: what is no longer wanted as it runs is ended, at once or with its last call. Never throws. */
  outdate(): void {
    for (const { session } of this.#used.values()) {
      this.beginRun(session.id);
      const { signal } = new AbortController();
      this.wanted(session, signal).catch((err: unknown) =>
        log.error({ err }, "Changed MCP servers could not be compared"),
      );
    }
  }

  /** Ends all, and opens none any more. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#used.keys()].map((id) => this.release(id)));
  }

  /** Those that may run. Connections of others, or of what was configured before, are ended. */
  async wanted(session: McpSession, signal: AbortSignal): Promise<ConfiguredServer[]> {
    const all = await this.configured(session, signal);
    const wanted = all.filter(({ standing }) => standing === "on");
    this.#used.get(session.id)?.connections.keepOnly(wanted);
    return wanted;
  }

  /** The session's own have precedence. In the order of their names: a model's cache lives by it. */
  async configured(session: McpSession, signal: AbortSignal): Promise<ConfiguredServer[]> {
    const own = session.servers.map(ofSession);
    const names = new Set(own.map(({ name }) => name));
    const others = await abortable(this.#parts.configured(session.cwd, signal), signal);
    const all = [...own, ...others.filter(({ name }) => !names.has(name))];
    return all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Those that are ready, started where they are not: see `McpServers.tools`. Throws only the signal's reason. */
  async ready(session: McpSession, signal: AbortSignal): Promise<ServerConnection[]> {
    const wanted = await this.wanted(session, signal);
    if (wanted.length === 0 || this.#isClosed || this.#ended.has(session.id)) return [];
    const used = this.#use(session);
    const all = wanted.map((configured) => this.#open(used, configured));
    const settled = Promise.all(all.map((connection) => readyNow(connection)));
    await within(this.#parts.waitMs ?? defaultWaitMs, settled, signal);
    signal.throwIfAborted();
    for (const connection of all) connection.wasWaitedFor = true;
    return all.filter(({ state }) => state === "ready");
  }

  #use(session: McpSession): Used {
    const used = this.#used.get(session.id) ?? {
      session,
      connections: new SessionConnections(),
      idle: undefined,
    };
    used.session = session;
    this.#used.set(session.id, used);
    this.#keepIdle(used);
    return used;
  }

  #open({ session, connections }: Used, configured: ConfiguredServer): ServerConnection {
    const { jobs, startMs = defaultStartMs } = this.#parts;
    return connections.open(configured, { jobs, sessionId: session.id, cwd: session.cwd, startMs });
  }

  /**
   * Uses one server, started where it is not; a service that has lost its session is used once more, for it has done nothing.
   * `digest`: the server has to be as it was then.
   */
  async withServer<T>(
    session: McpSession,
    server: string,
    use: (connection: ServerConnection) => Promise<T>,
    signal: AbortSignal,
    digest?: string,
  ): Promise<T> {
    try {
      return await use(await this.#connect(session, server, digest, signal));
    } catch (error) {
      if (!(error instanceof SessionLostError)) throw error;
      return use(await this.#connect(session, server, digest, signal));
    }
  }

  async #connect(
    session: McpSession,
    server: string,
    digest: string | undefined,
    signal: AbortSignal,
  ): Promise<ServerConnection> {
    if (session.engine !== undefined)
      throw new McpError(`${session.engine.name} has its own connections to MCP servers.`);
    const wanted = await this.wanted(session, signal);
    if (this.#isClosed || this.#ended.has(session.id))
      throw new McpError("The session or Rein’s server is ending.");
    const configured = wanted.find(({ name }) => name === server);
    if (configured === undefined)
      throw new McpError(`There is no MCP server named ${server} that may run here.`);
    if (digest !== undefined && digest !== configured.digest)
      throw new McpError(
        `The MCP server ${server} was changed. Its tools are there in the next turn.`,
      );
    const connection = this.#open(this.#use(session), configured);
    await abortable(connection.started, signal);
    if (connection.state === "ready") return connection;
    throw new McpError(connection.reason ?? `${server} is not running.`);
  }

  #keepIdle(used: Used): void {
    clearTimeout(used.idle);
    const { id } = used.session;
    used.idle = setTimeout(() => {
      if (used.connections.isInUse || this.#parts.isWatched(id)) this.#keepIdle(used);
      else
        this.release(id).catch((err: unknown) =>
          log.error({ err }, "The end of idle MCP servers was not noticed"),
        );
    }, this.#parts.idleMs ?? defaultIdleMs);
    used.idle.unref();
  }
}
