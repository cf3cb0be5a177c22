/** The tools of a loop as they are in its turn: the built-in ones, and those of the session's MCP servers that are ready. */
import type { EditForm, ToolCallPart } from "../../shared/protocol";
import { runTool, type ToolRun } from "../agent/tool-runner";
import type { TurnRequest } from "../agent/turn-types";
import type { McpServers } from "../mcp/mcp-servers";
import type { LiveSession } from "../session/live-session";
import { toolSpecs } from "../tools/specs";
import type { Tool } from "../tools/tool";

export class TurnTools {
  readonly #builtIn: Tool[];
  readonly #choose: (tools: Tool[]) => Tool[];
  readonly #mcp: Pick<McpServers, "tools">;
  readonly #live: LiveSession;
  readonly #editForm: () => EditForm;
  #all: Tool[] | undefined;

  /** `editForm`: how the loop's model changes files. `choose`: what the loop may use of all. */
  constructor(
    builtIn: Tool[],
    mcp: Pick<McpServers, "tools">,
    live: LiveSession,
    editForm: () => EditForm,
    choose: (tools: Tool[]) => Tool[] = (all) => all,
  ) {
    this.#builtIn = builtIn;
    this.#mcp = mcp;
    this.#live = live;
    this.#editForm = editForm;
    this.#choose = choose;
  }

  /** Asks for them anew. A stop ends the wait, and leaves those of the turn before. Never throws. */
  async ask(signal: AbortSignal): Promise<void> {
    const { session, mcpServers: servers } = this.#live;
    try {
      const own = await this.#mcp.tools({ id: session.id, cwd: session.cwd, servers }, signal);
      this.#all = this.#choose([...this.#offered, ...own]);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  specs(): ReturnType<TurnRequest["tools"]> {
    return toolSpecs(this.#known);
  }

  /** A turn that a server's end had interrupted goes on with its calls before any other begins. */
  async run(
    toolRun: ToolRun,
    call: ToolCallPart,
    ...[at, send, signal]: Parameters<TurnRequest["runTool"]> extends [unknown, ...infer Rest]
      ? Rest
      : never
  ): Promise<void> {
    if (this.#all === undefined) await this.ask(signal);
    await runTool(toolRun, this.#known, call, at, send, signal);
  }

  get #known(): Tool[] {
    return this.#all ?? this.#choose(this.#offered);
  }

  get #offered(): Tool[] {
    const form = this.#editForm();
    return this.#builtIn.filter(
      (tool) => (tool.editForm ?? form) === form && (tool.isOffered?.() ?? true),
    );
  }
}
