/** The hooks around one call of a tool: those before it run once, those after it leave it done, whatever they do. */
import type { ToolCallPart } from "../../shared/protocol";
import type { Access } from "../../shared/rules";
import { findMessage } from "../../shared/session-lookup";
import type { HookedCall, ToolHooks } from "../hooks/tool-hooks";
import { type ToolContext, ToolError } from "../tools/tool";
import type { ToolRun } from "./tool-runner";
import type { MessageName, Send } from "./turn-types";

export interface HookedPart {
  call: ToolCallPart;
  input: unknown;
  context: Pick<ToolContext, "jobs" | "subagentId" | "cwd">;
  part: MessageName & { partId: string };
  send: Send;
}

export class CallHooks {
  readonly #run: ToolRun;
  readonly #of: HookedPart;
  readonly #hooks: ToolHooks;
  /** The files that they were shown, and how often they have run. */
  #shown: string | undefined;
  #times = 0;
  #asks: string | undefined;
  /** For the model, before the output of those after it. */
  #words = "";

  constructor(run: ToolRun, of: HookedPart) {
    this.#run = run;
    this.#of = of;
    this.#hooks = run.hooks;
  }

  /** Why a person is asked, whatever allows the call. */
  get asks(): string | undefined {
    return this.#asks;
  }

  /** Some are to run before the call, and have not seen the files that it leads to now. */
  isDue(access: Access | undefined): boolean {
    return this.#shown !== shownOf(access) && this.#hooks.has("before-tool", this.#of.call.name);
  }

  /**
   * Runs those before the call, which is to be looked at again then. Throws ToolError when one refuses the call, the signal's
   * reason when it aborts.
   */
  async before(access: Access | undefined, signal: AbortSignal): Promise<void> {
    this.#shown = shownOf(access);
    if (++this.#times > mostTimes) throw new ToolError(keepsChanging);
    using _writing = await writing(this.#run, signal);
    const { refused, asks, words } = await this.#hooks.before(this.#hooked(access), signal);
    if (refused !== undefined) throw new ToolError(refused);
    this.#asks = asks;
    this.#words = words;
  }

  /** To be called once the call's effect has happened. What the hooks say to the model follows its output. Never throws. */
  async after(access: Access | undefined, signal: AbortSignal): Promise<void> {
    const { call, part, send } = this.#of;
    let words = this.#words;
    if (this.#hooks.has("after-tool", call.name)) {
      await send({ type: "tool-done", ...part, at: Date.now() });
      words = [words, await this.#runAfter(access, signal)].filter(Boolean).join("\n");
    }
    if (words !== "")
      await send({ type: "part-delta", ...part, field: "output", delta: `\n${words}` });
  }

  async #runAfter(access: Access | undefined, signal: AbortSignal): Promise<string> {
    try {
      using _writing = await writing(this.#run, signal);
      return await this.#hooks.after(this.#hooked(access), this.#output, signal);
    } catch (error) {
      // A stop while they waited for an undo: none has begun.
      if (signal.aborted) return "";
      throw error;
    }
  }

  get #output(): string {
    const { part } = this.#of;
    const found = findMessage(this.#run.session, part)?.parts.find(({ id }) => id === part.partId);
    return found?.type === "tool-call" ? found.output : "";
  }

  #hooked(access: Access | undefined): HookedCall {
    const { runId, session } = this.#run;
    const { call, input, context, part, send } = this.#of;
    const { jobs, subagentId, cwd } = context;
    const owner = { sessionId: session.id, runId, toolCallId: call.id };
    return {
      owner: subagentId === undefined ? owner : { ...owner, subagentId },
      cwd,
      permissions: session.permissions,
      tool: call.name,
      input,
      paths: pathsOf(access),
      jobs,
      record: (type, hook) => send({ type, ...part, hook }),
    };
  }
}

const mostTimes = 5;

const keepsChanging =
  "The files that this leads to keep changing while the user's hooks look at them, so nothing was run.";

function shownOf(access: Access | undefined): string {
  return JSON.stringify(pathsOf(access));
}

/** The files that a call reads or changes, as far as it names them. */
function pathsOf(access: Access | undefined): string[] {
  if (access?.kind === "edit") return [access, ...(access.also ?? [])].map(({ path }) => path);
  return access?.kind === "read" && !access.isSearch ? [access.path] : [];
}

/** A hook may write: what it changes is the run's, and no undo begins meanwhile. Throws the signal's reason. */
async function writing(run: ToolRun, signal: AbortSignal): Promise<Disposable> {
  for (;;) {
    await run.readyToWrite(signal);
    const write = run.write();
    if (write) return write;
  }
}
