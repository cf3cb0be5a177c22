/** The tools of a loop as they are in its turn: the built-in ones, and those of the session's MCP servers that are ready. */
import { createSkillTool } from "../agent/skill-tool";
import type { EditForm, ToolCallPart } from "../../shared/protocol";
import { isOfferedIn } from "../agent/plan-tool";
import { runTool, type ToolRun } from "../agent/tool-runner";
import type { TurnRequest } from "../agent/turn-types";
import type { LiveSession } from "../session/live-session";
import { toolSpecs } from "../tools/specs";
import type { Tool } from "../tools/tool";
import type { LoopParts } from "./run-types";
import type { TurnDefinitions } from "./turn-definitions";

type Parts = Pick<LoopParts, "tools" | "mcp" | "definitions">;

export class TurnTools {
  readonly #parts: Parts;
  readonly #live: LiveSession;
  readonly #defined: TurnDefinitions;
  readonly #editForm: () => EditForm;
  readonly #choose: (tools: Tool[]) => Tool[];
  #all: Tool[] | undefined;

  /** `editForm`: how the loop's model changes files. `choose`: what the loop may use of all, and what it has besides. */
  constructor(
    parts: Parts,
    live: LiveSession,
    defined: TurnDefinitions,
    editForm: () => EditForm,
    choose: (tools: Tool[]) => Tool[],
  ) {
    this.#parts = parts;
    this.#live = live;
    this.#defined = defined;
    this.#editForm = editForm;
    this.#choose = choose;
  }

  /** Asks for them anew. A stop ends the wait, and leaves those of the turn before. Never throws. */
  async ask(signal: AbortSignal): Promise<void> {
    const { session, mcpServers: servers } = this.#live;
    try {
      await this.#defined.read(signal);
      const asker = { id: session.id, cwd: session.cwd, servers };
      const own = await this.#parts.mcp.tools(asker, signal);
      this.#all = this.#callable(own);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /**
   * Those that the model is offered. Others can be called all the same: the way to change files of a model that the session had
   * before runs, and what plan mode leaves out is answered by a denial, which says why.
   */
  specs(): ReturnType<TurnRequest["tools"]> {
    const { permissions } = this.#live.session;
    const form = this.#editForm();
    const offered = this.#known.filter(({ editForm }) => (editForm ?? form) === form);
    return toolSpecs(offered.filter((tool) => isOfferedIn(permissions, tool)));
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
    return this.#all ?? this.#callable([]);
  }

  /** `own`: of MCP servers. */
  #callable(own: Tool[]): Tool[] {
    const { tools, definitions } = this.#parts;
    const { skills } = this.#defined;
    const skill = createSkillTool(skills, (...file) => definitions.skillFile(...file));
    const all = this.#choose([...tools, skill, ...own]);
    return all.filter((tool) => tool.isOffered?.() ?? true);
  }
}

/** `beforeTurn` of a loop: its tools are asked for last, since a pause may have taken long. */
export function asking(
  tools: TurnTools,
  before: (signal: AbortSignal) => Promise<void>,
): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    await before(signal);
    if (!signal.aborted) await tools.ask(signal);
  };
}
