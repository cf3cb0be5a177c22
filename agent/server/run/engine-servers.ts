/** The session's MCP servers for its engine, or for that of a subagent: as they were when they were read last. */
import type { Engine, GivenServer } from "../engines/engine";
import type { LiveSession } from "../session/live-session";
import type { LoopParts } from "./run-types";

export class EngineServers {
  readonly #mcp: LoopParts["mcp"];
  readonly #live: LiveSession;
  readonly #engine: () => Engine;
  #read: readonly GivenServer[] = [];

  constructor({ mcp }: LoopParts, live: LiveSession, engine: () => Engine) {
    this.#mcp = mcp;
    this.#live = live;
    this.#engine = engine;
  }

  /** Rejects only with the signal's reason. */
  async read(signal: AbortSignal): Promise<void> {
    if (!this.#engine().gives.takesMcpServers) return;
    const { session, mcpServers: servers } = this.#live;
    this.#read = await this.#mcp.given({ id: session.id, cwd: session.cwd, servers }, signal);
  }

  get given(): { mcpServers?: readonly GivenServer[] } {
    return this.#read.length > 0 ? { mcpServers: this.#read } : {};
  }
}
