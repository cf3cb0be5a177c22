/** The MCP servers of all sessions: one connection for each session and server, started at the first use and ended with the session. */
import type { McpPrompt, McpResource, McpServerView } from "../../shared/protocol";
import type { McpServer } from "../../shared/requests";
import { abortable, within } from "../abort";
import type { GivenServer } from "../engines/engine";
import { newId } from "../id";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import type { Tool } from "../tools/tool";
import type { ConfiguredServer } from "./configured-server";
import { givenServers, type SessionEngine, wordsForEngine } from "./given-servers";
import { McpError, SessionLostError } from "./mcp-error";
import {
  contentsOf,
  mostNamed,
  promptsOf,
  type PromptText,
  promptText,
  type ResourceContent,
  resourcesOf,
} from "./named-things";
import type { ServerConnection } from "./server-connection";
import { serverTool } from "./server-tool";
import { ofSession, viewOf } from "./server-view";
import { readyNow, SessionConnections } from "./session-connections";
import { promptAnswer, resourceAnswer } from "./wire-schemas";

export { McpError } from "./mcp-error";
export type { PromptText, ResourceContent } from "./named-things";

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
  /** Whether somebody looks at the session, so that its next message should find them running. */
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
/** Of all servers of a session: more would leave a model no room. */
const mostTools = 500;

interface Used {
  session: McpSession;
  connections: SessionConnections;
  idle: Timer | undefined;
}

/**
 * A server's `instructions` are left out of the system prompt: they are words of strangers in the place of the person's, and
 * what a tool does is in its description.
 */
export class McpServers {
  readonly #parts: McpParts;
  readonly #used = new Map<string, Used>();
  readonly #ended = new Set<string>();
  #isClosed = false;

  constructor(parts: McpParts) {
    this.#parts = parts;
  }

  /** A run begins: what could not be started is tried again. */
  beginRun(sessionId: string): void {
    this.#used.get(sessionId)?.connections.forgetFailed();
  }

  /**
   * The tools of the session's servers that are ready, in a stable order. Starts those that are not, and waits up to 5 s for
   * them, all at once; what is not ready comes in a later turn. Throws only the signal's reason.
   */
  async tools(session: McpSession, signal: AbortSignal): Promise<Tool[]> {
    const connections = await this.#ready(session, signal);
    const all = connections.flatMap((connection) =>
      connection.offered.tools
        .filter(({ own }) => !connection.configured.offTools.has(own))
        .map((offered) => {
          const { configured } = connection;
          return serverTool(configured.name, offered, (use, ownSignal) =>
            this.#withServer(session, configured.name, use, ownSignal, configured.digest),
          );
        }),
    );
    return all.slice(0, mostTools);
  }

  /** What the session's engine is given of the servers that may run. Starts nothing. Throws only the signal's reason. */
  async given(session: McpSession, signal: AbortSignal): Promise<GivenServer[]> {
    const all = await this.#configured(session, signal);
    return abortable(givenServers(all.filter(({ standing }) => standing === "on")), signal);
  }

  /** Every server of a directory, with its state in the session if there is one. Starts nothing. */
  async view(
    cwd: string,
    session: McpSession | undefined,
    signal: AbortSignal,
  ): Promise<McpServerView[]> {
    const all = await this.#configured({ id: "", servers: [], ...session, cwd }, signal);
    const connections = session && this.#used.get(session.id)?.connections;
    return all.map((one) => {
      const view = viewOf(one, connections?.get(one.name));
      if (session?.engine === undefined || view.state !== "not-started") return view;
      return { ...view, reason: wordsForEngine(session.engine) };
    });
  }

  /** Of servers that are ready; starts and waits as `tools` does; none for an engine. Throws only the signal's reason. */
  async listPrompts(session: McpSession, signal: AbortSignal): Promise<McpPrompt[]> {
    return this.#listed(session, "prompts", promptsOf, signal);
  }

  /** Throws McpError with a sentence for people, or the signal's reason. */
  async getPrompt(
    session: McpSession,
    server: string,
    name: string,
    values: Record<string, string>,
    signal: AbortSignal,
  ): Promise<PromptText> {
    const params = { name, arguments: values };
    const answer = await this.#withServer(
      session,
      server,
      (connection) => connection.request("prompts/get", params, promptAnswer, signal),
      signal,
    );
    return promptText(answer);
  }

  /** As `listPrompts`. */
  async listResources(session: McpSession, signal: AbortSignal): Promise<McpResource[]> {
    return this.#listed(session, "resources", resourcesOf, signal);
  }

  /** Undefined where there is no such server. Throws McpError with a sentence for people, or the signal's reason. */
  async readResource(
    session: McpSession,
    server: string,
    uri: string,
    signal: AbortSignal,
  ): Promise<ResourceContent[] | undefined> {
    const all = await this.#configured(session, signal);
    if (!all.some(({ name }) => name === server)) return undefined;
    const answer = await this.#withServer(
      session,
      server,
      (connection) => connection.request("resources/read", { uri }, resourceAnswer, signal),
      signal,
    );
    return contentsOf(uri, answer);
  }

  /**
   * Starts a server anew: in a session, whose connection is ended first; without one for this call alone. Resolves when it is
   * ready or has failed. Throws McpError when it may not run, or the signal's reason: then it is ended.
   */
  async restart(
    cwd: string,
    session: McpSession | undefined,
    name: string,
    signal: AbortSignal,
  ): Promise<McpServerView> {
    const place = session ?? { id: newId(), cwd, servers: [] };
    const wanted = await this.#wanted(place, signal);
    const configured = wanted.find((one) => one.name === name);
    if (configured === undefined)
      throw new McpError(`There is no MCP server “${name}” that may be started.`);
    if (this.#isClosed || this.#ended.has(place.id))
      throw new McpError("The session or the server is ending.");
    const used = this.#use(place);
    await abortable(used.connections.endOne(name), signal);
    const connection = this.#open(used, configured);
    try {
      await abortable(connection.started, signal);
      return viewOf(configured, connection);
    } catch (error) {
      await connection.end("other");
      throw error;
    } finally {
      if (session === undefined) await this.#endUsed(place.id);
    }
  }

  /** Ends all connections of a session; none is opened for it any more. Resolves when their processes are proven dead; never rejects. */
  async end(sessionId: string): Promise<void> {
    this.#ended.add(sessionId);
    await this.#endUsed(sessionId);
  }

  /** The configuration may have changed: what is no longer wanted as it runs is ended, at once or with its last call. Never throws. */
  outdate(): void {
    for (const { session } of this.#used.values()) {
      this.beginRun(session.id);
      const { signal } = new AbortController();
      this.#wanted(session, signal).catch((err: unknown) =>
        log.error({ err }, "Changed MCP servers could not be compared"),
      );
    }
  }

  /** Ends all, and opens none any more. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#used.keys()].map((id) => this.#endUsed(id)));
  }

  /** Those that may run. Connections of others, or of what was configured before, are ended. */
  async #wanted(session: McpSession, signal: AbortSignal): Promise<ConfiguredServer[]> {
    const all = await this.#configured(session, signal);
    const wanted = all.filter(({ standing }) => standing === "on");
    this.#used.get(session.id)?.connections.keepOnly(wanted);
    return wanted;
  }

  /** The session's own have precedence. In the order of their names: a model's cache lives by it. */
  async #configured(session: McpSession, signal: AbortSignal): Promise<ConfiguredServer[]> {
    const own = session.servers.map(ofSession);
    const names = new Set(own.map(({ name }) => name));
    const others = await abortable(this.#parts.configured(session.cwd, signal), signal);
    const all = [...own, ...others.filter(({ name }) => !names.has(name))];
    return all.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #ready(session: McpSession, signal: AbortSignal): Promise<ServerConnection[]> {
    const wanted = await this.#wanted(session, signal);
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
  async #withServer<T>(
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
    const wanted = await this.#wanted(session, signal);
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

  async #listed<T>(
    session: McpSession,
    kind: "prompts" | "resources",
    read: (server: string, things: readonly unknown[]) => T[],
    signal: AbortSignal,
  ): Promise<T[]> {
    if (session.engine !== undefined) return [];
    const connections = await this.#ready(session, signal);
    const lists = connections.map(async (connection) => {
      const server = connection.configured.name;
      try {
        return read(server, await connection.list(kind, mostNamed, signal));
      } catch (err) {
        signal.throwIfAborted();
        log.warn({ err, server }, "An MCP server could not be asked for a list");
        return [];
      }
    });
    return (await Promise.all(lists)).flat();
  }

  async #endUsed(sessionId: string): Promise<void> {
    const used = this.#used.get(sessionId);
    if (used === undefined) return;
    clearTimeout(used.idle);
    this.#used.delete(sessionId);
    await used.connections.end();
  }

  #keepIdle(used: Used): void {
    clearTimeout(used.idle);
    const { id } = used.session;
    used.idle = setTimeout(() => {
      if (used.connections.isInUse || this.#parts.isWatched(id)) this.#keepIdle(used);
      else
        this.#endUsed(id).catch((err: unknown) =>
          log.error({ err }, "The end of idle MCP servers was not noticed"),
        );
    }, this.#parts.idleMs ?? defaultIdleMs);
    used.idle.unref();
  }
}
