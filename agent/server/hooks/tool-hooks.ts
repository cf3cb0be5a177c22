/** Commands of the person that run before and after the calls of tools. */
import type { HookRecord, Permissions } from "../../shared/protocol";
import type { Jobs } from "../processes/jobs";

/** The call that they are about. */
export interface HookedCall {
  sessionId: string;
  runId: string;
  toolCallId: string;
  cwd: string;
  permissions: Permissions;
  tool: string;
  input: unknown;
  /** How they end is in the receipt of the run. */
  jobs: Jobs;
  /** Says that one has begun, or how it has ended; resolves once it is applied. */
  record(type: "hook-start" | "hook-end", hook: HookRecord): Promise<void>;
}

export interface BeforeHooks {
  /** The call is not run; why, for the model. */
  refused?: string;
  /** A person is asked, whatever allows the call. */
  asks?: true;
}

/** Each throws only the signal's reason: what goes wrong in a hook is in its record. */
export interface ToolHooks {
  /** Whether there is one for this tool; else no event is sent and nothing waits. */
  has(on: "before-tool" | "after-tool", tool: string): boolean;
  before(call: HookedCall, signal: AbortSignal): Promise<BeforeHooks>;
  /** `output`: of the tool. Returns what they say to the model; empty when nothing. */
  after(call: HookedCall, output: string, signal: AbortSignal): Promise<string>;
}

/** There are no hooks. */
export const noHooks: ToolHooks = {
  has: () => false,
  before: async () => ({}),
  after: async () => "",
};
