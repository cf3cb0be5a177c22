/** What a hook reads on its standard input: one object of JSON, in the form of Claude Code's hooks. */
import type { HookEvent, Permissions } from "../../shared/protocol";

/** Of these two Claude Code knows one: the agent has finished. `rein.on` tells them apart. */
const eventNames: Record<HookEvent, string> = {
  "before-tool": "PreToolUse",
  "after-tool": "PostToolUse",
  stop: "Stop",
  end: "Stop",
};

const modes: Record<Permissions, string> = {
  plan: "plan",
  ask: "default",
  edits: "acceptEdits",
  all: "bypassPermissions",
};

/** `about`: fields of this event. `rein`: what only Rein says. Source: https://code.claude.com/docs/en/hooks */
export function hookInput(
  { sessionId, cwd, permissions }: { sessionId: string; cwd: string; permissions: Permissions },
  on: HookEvent,
  about: Record<string, unknown>,
  rein: Record<string, unknown>,
): string {
  const common = { session_id: sessionId, cwd, permission_mode: modes[permissions] };
  return JSON.stringify({ ...common, hook_event_name: eventNames[on], ...about, rein });
}
