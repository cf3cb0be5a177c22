/** What the MCP servers of all sessions offer, and are asked for: tools, prompts, resources, and how each of them does. */
import type { McpPrompt, McpResource, McpServerView } from "../../shared/protocol";
import { abortable } from "../abort";
import type { GivenServer } from "../engines/engine";
import { newId } from "../id";
import { log } from "../log";
import type { Tool } from "../tools/tool";
import { ConnectionPool, type McpParts, type McpSession } from "./connection-pool";
import { givenServers, wordsForEngine } from "./given-servers";
import {
  contentsOf,
  mostNamed,
  promptsOf,
  type PromptText,
  promptText,
  type ResourceContent,
  resourcesOf,
} from "./named-things";
import { messageOf } from "./mcp-error";
import { serverTool } from "./server-tool";
import { viewOf } from "./server-view";
import { promptAnswer, resourceAnswer } from "./wire-schemas";

export type { McpParts, McpSession } from "./connection-pool";
export { McpError } from "./mcp-error";
export type { PromptText, ResourceContent } from "./named-things";

/** Of all servers of a session: more would leave a model no room. */
const mostTools = 500;

/**
 * A server's `instructions` are left out of the system prompt: they are words of strangers in the place of the person's, and
 * what a tool does is in its description.
 */
export class McpServers {
  readonly #pool: ConnectionPool;

  constructor(parts: McpParts) {
    this.#pool = new ConnectionPool(parts);
  }

  /** A run begins: what could not be started is tried again. */
  beginRun(sessionId: string): void {
    this.#pool.beginRun(sessionId);
  }

  /**
   * The tools of the session's servers that are ready, in a stable order. Starts those that are not, and waits up to 5 s for
   * them, all at once; what is not ready comes in a later turn. Throws only the signal's reason.
   */
  async tools(session: McpSession, signal: AbortSignal): Promise<Tool[]> {
    const connections = await this.#pool.ready(session, signal);
    const all = connections.flatMap((connection) =>
      connection.offered.tools
        .filter(({ own }) => !connection.configured.offTools.has(own))
        .map((offered) => {
          const { configured } = connection;
          return serverTool(configured.name, offered, (use, ownSignal) =>
            this.#pool.withServer(session, configured.name, use, ownSignal, configured.digest),
          );
        }),
    );
    return all.slice(0, mostTools);
  }

  /** What the session's engine is given of the servers that may run. Starts nothing. Throws only the signal's reason. */
  async given(session: McpSession, signal: AbortSignal): Promise<GivenServer[]> {
    const all = await this.#pool.configured(session, signal);
    return abortable(givenServers(all.filter(({ standing }) => standing === "on")), signal);
  }

  /** Every server of a directory, with its state in the session if there is one. Starts nothing. */
  async view(
    cwd: string,
    session: McpSession | undefined,
    signal: AbortSignal,
  ): Promise<McpServerView[]> {
    const all = await this.#pool.configured({ id: "", servers: [], ...session, cwd }, signal);
    const connections = session && this.#pool.of(session.id);
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
    const answer = await this.#pool.withServer(
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
    const all = await this.#pool.configured(session, signal);
    if (!all.some(({ name }) => name === server)) return undefined;
    const answer = await this.#pool.withServer(
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
    try {
      const connection = await this.#pool.openAnew(place, name, signal);
      return viewOf(connection.configured, connection);
    } finally {
      if (session === undefined) await this.#pool.release(place.id);
    }
  }

  /** See `ConnectionPool`. */
  end(sessionId: string): Promise<void> {
    return this.#pool.end(sessionId);
  }

  /** See `ConnectionPool`. */
  restore(sessionId: string): void {
    this.#pool.restore(sessionId);
  }

  outdate(): void {
    this.#pool.outdate();
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #listed<T>(
    session: McpSession,
    kind: "prompts" | "resources",
    read: (server: string, things: readonly unknown[]) => T[],
    signal: AbortSignal,
  ): Promise<T[]> {
    if (session.engine !== undefined) return [];
    const connections = await this.#pool.ready(session, signal);
    const lists = connections.map(async (connection) => {
      const server = connection.configured.name;
      try {
        return read(server, await connection.list(kind, mostNamed, signal));
      } catch (err) {
        signal.throwIfAborted();
        log.warn({ reason: messageOf(err), server }, "An MCP server could not be asked for a list");
        return [];
      }
    });
    return (await Promise.all(lists)).flat();
  }
}
