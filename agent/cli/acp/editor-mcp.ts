/** The MCP servers of an editor for one session: those that Rein or its engine is given, and what a person is told of the others. */
import type { McpServer as EditorServer } from "@agentclientprotocol/sdk";
import { mcpNameWords } from "../../shared/mcp-name";
import { type McpServer, mcpServers } from "../../shared/requests";
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import type { Chosen, Offer } from "./session-settings";

export class EditorServers {
  /** As a message brings them. */
  readonly #usable: McpServer[] = [];
  /** Names of those that none can be given: by their transport, name or values. */
  readonly #refused: string[] = [];
  #isNoted = false;

  constructor(all: readonly EditorServer[]) {
    for (const server of all) {
      const { data } = mcpServers.safeParse([...this.#usable, requested(server)]);
      if (data) this.#usable.push(...data.slice(-1));
      else this.#refused.push(server.name);
    }
  }

  /** What a message says of them: all, but for an engine that takes none. */
  of(offer: Offer, chosen: Chosen): { mcpServers?: McpServer[] } {
    return refusing(offer, chosen) === undefined ? { mcpServers: this.#usable } : {};
  }

  /** The first time, a sentence about those that are not used, where there are some. */
  note(offer: Offer, chosen: Chosen): string | undefined {
    const engine = refusing(offer, chosen);
    const usable = engine === undefined ? [] : this.#usable.map(({ name }) => name);
    const names = [...usable, ...this.#refused];
    if (this.#isNoted || names.length === 0) return undefined;
    this.#isNoted = true;
    const list = names.slice(0, shownNames).map((name) => ellipsized(visibleString(name), 60));
    const reason =
      engine === undefined
        ? `Rein takes servers by stdio and HTTP, whose names are ${mcpNameWords}.`
        : `${visibleString(engine)} takes no MCP servers.`;
    return `MCP servers of the editor that are not used: ${list.join(", ")}. ${reason}`;
  }
}

const shownNames = 30;

/** The name of the chosen engine, if it takes none. Rein's own loop takes them. */
function refusing({ engines }: Offer, { engine }: Chosen): string | undefined {
  if (engine === undefined) return undefined;
  const known = engines.find(({ id }) => id === engine);
  return known?.gives.takesMcpServers ? undefined : (known?.name ?? engine);
}

/** As a message has it, before it is checked. */
function requested(server: EditorServer): unknown {
  const { name } = server;
  if (!("type" in server)) {
    const { command, args, env } = server;
    return { type: "stdio", name, command, args, env: valuesOf(env) };
  }
  if (server.type !== "http") return undefined;
  return { type: "http", name, url: server.url, headers: valuesOf(server.headers) };
}

function valuesOf(list: readonly { name: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}
