/** Commands of the person that run before and after the calls of tools, side by side; each is a job of its call. */
import type { Hook, HookRecord, Permissions } from "../../shared/protocol";
import { defined } from "../../shared/defined";
import type { JobOwner, Jobs } from "../processes/jobs";
import { relativeTo } from "../../shared/rules";
import { ellipsized, truncate } from "../../shared/truncate";
import { claudeName, namesOf, toolInputs, toolResponse } from "./claude-names";
import { hookInput } from "./hook-input";
import { type HookEnd, runHook } from "./run-hook";

/** The call that they are about. */
export interface HookedCall {
  owner: JobOwner & { runId: string; toolCallId: string };
  cwd: string;
  permissions: Permissions;
  tool: string;
  input: unknown;
  /** The files that it reads or changes, absolute and without links. */
  paths: readonly string[];
  /** How they end is in the receipt of the run. */
  jobs: Jobs;
  /** Says that one has begun, or how it has ended; resolves once it is applied. */
  record(type: "hook-start" | "hook-end", hook: HookRecord): Promise<void>;
}

export interface BeforeHooks {
  /** The call is not run; why, for the model. */
  refused?: string;
  /** A person is asked, whatever allows the call; why, for them. */
  asks?: string;
  /** For the model, with the call's output; empty when they say nothing. */
  words: string;
}

export interface ToolHooks {
  /** Whether there is one for this tool; else no event is sent and nothing waits. */
  has(on: "before-tool" | "after-tool", tool: string): boolean;
  /** Throws the signal's reason, once they have ended, and nothing else: what goes wrong in a hook is in its record. */
  before(call: HookedCall, signal: AbortSignal): Promise<BeforeHooks>;
  /**
   * `output`: of the tool. Returns what they say to the model; empty when nothing. Never throws: an abort ends them, and
   * what the tool has done stays done.
   */
  after(call: HookedCall, output: string, signal: AbortSignal): Promise<string>;
}

/** Of one batch, to the model. */
const mostWords = 20_000;
/** Of what a tool has written, to a hook. */
const mostOutput = 100_000;

/** `hooks`: those of the settings, read at each call. Nothing that a directory holds adds to them. */
export function createToolHooks(hooks: () => readonly Hook[]): ToolHooks {
  const find = (on: Hook["on"], tool: string) =>
    hooks().filter((hook) => hook.isOn && hook.on === on && isFor(hook, tool));

  async function run(
    on: "before-tool" | "after-tool",
    call: HookedCall,
    output: string | undefined,
    signal: AbortSignal,
  ): Promise<HookEnd[]> {
    const { owner, cwd, permissions, tool, jobs } = call;
    const rein = { on, tool, runId: owner.runId };
    const environment = { REIN_TOOL: tool };
    const record: HookedCall["record"] = (...one) => call.record(...one);
    const inputs = toolInputs(call.input, cwd, call.paths).map(({ path, input }) => {
      const about = {
        tool_name: claudeName(tool),
        tool_input: input,
        tool_use_id: owner.toolCallId,
        ...(output !== undefined && {
          tool_response: toolResponse(tool, truncate(output, mostOutput), path ?? call.paths[0]),
        }),
      };
      return {
        path,
        input: hookInput({ sessionId: owner.sessionId, cwd, permissions }, on, about, rein),
      };
    });
    const ends = find(on, tool).map(async (hook) => {
      const own: HookEnd[] = [];
      for (const { path, input } of inputs) {
        if (signal.aborted) break;
        const named = path === undefined ? hook : { ...hook, name: nameFor(hook, path, cwd) };
        const one = { hook: named, jobs, owner, cwd, input, environment, record };
        const end = await runHook(one, signal);
        own.push(end);
        if (on === "before-tool" && end.answer.refuses !== undefined) break;
      }
      return own;
    });
    return (await Promise.all(ends)).flat();
  }

  return {
    has: (on, tool) => find(on, tool).length > 0,
    async before(call, signal) {
      const ends = await run("before-tool", call, undefined, signal);
      signal.throwIfAborted();
      const refusing = ends.find(({ answer }) => answer.refuses !== undefined);
      const asking = ends.find(({ answer }) => answer.asks !== undefined);
      return {
        ...(refusing && { refused: refusal(refusing) }),
        ...defined({ asks: asking && `The hook “${asking.name}” asks${said(asking.answer.asks)}` }),
        words: wordsOf(ends, "context"),
      };
    },
    async after(call, output, signal) {
      const ends = await run("after-tool", call, output, signal);
      return [wordsOf(ends, "refuses"), wordsOf(ends, "context")].filter(Boolean).join("\n");
    },
  };
}

function nameFor({ name }: Hook, path: string, cwd: string): string {
  return `${name}: ${ellipsized(relativeTo(path, cwd), 200)}`;
}

/** By its own name or by Claude Code's; `mcp__server__*` is for all that begin so. */
function isFor({ tools }: Hook, tool: string): boolean {
  const names = namesOf(tool);
  return (
    tools === undefined ||
    tools.some((one) =>
      one.endsWith("*")
        ? names.some((name) => name.startsWith(one.slice(0, -1)))
        : names.includes(one),
    )
  );
}

function refusal({ name, answer }: HookEnd): string {
  return `A hook of the user, “${name}”, does not allow this, so nothing was run${said(answer.refuses)}`;
}

function said(words: string | undefined): string {
  return words ? `: ${words}` : ".";
}

function wordsOf(ends: readonly HookEnd[], of: "refuses" | "context"): string {
  const all = ends.flatMap(({ name, answer }) =>
    answer[of] ? `[hook “${name}”: ${answer[of]}]` : [],
  );
  return truncate(all.join("\n"), mostWords);
}

/** There are no hooks. */
export const noHooks: ToolHooks = {
  has: () => false,
  before: async () => ({ words: "" }),
  after: async () => "",
};
