/** What the faces say of hooks. */
import type { HookEvent, HookRecord } from "../../shared/protocol";
import { duration } from "./format";
import { outcomeLabel } from "./outcome-labels";

export const hookEventNames: Record<HookEvent, string> = {
  "before-tool": "Before a tool",
  "after-tool": "After a tool",
  stop: "After a stop",
  end: "At the end of a run",
};

/** "Hook format, after a tool: done in 120 ms". `now`: in milliseconds since the epoch. */
export function hookLine({ name, on, outcome, startedAt, endedAt, exitCode }: HookRecord): string {
  const when = hookEventNames[on].toLowerCase();
  if (endedAt === undefined) return `Hook ${name}, ${when}: running`;
  const code = exitCode === undefined || exitCode === 0 ? "" : ` (exit code ${exitCode})`;
  const end = outcomeLabel(outcome ?? "done");
  return `Hook ${name}, ${when}: ${end}${code} in ${duration(endedAt - startedAt)}`;
}
