/** What the faces say of hooks. */
import type { HookEvent, HookRecord } from "../../shared/protocol";
import { duration } from "./format";
import { outcomeLabel } from "./outcome-labels";
import { lazyWords, t } from "../../shared/translation";

export const hookEventNames = lazyWords<HookEvent>({
  "before-tool": () => t("Before a tool"),
  "after-tool": () => t("After a tool"),
  stop: () => t("After a stop"),
  end: () => t("At the end of a run"),
});

/** The same within a sentence. */
export const hookEventTimes = lazyWords<HookEvent>({
  "before-tool": () => t("before a tool"),
  "after-tool": () => t("after a tool"),
  stop: () => t("after a stop"),
  end: () => t("at the end of a run"),
});

/** "Hook format, after a tool: done in 120 ms". `now`: in milliseconds since the epoch. */
export function hookLine({ name, on, outcome, startedAt, endedAt, exitCode }: HookRecord): string {
  const when = hookEventTimes[on];
  if (endedAt === undefined) return t("Hook {name}, {when}: running", { name, when });
  const end = outcomeLabel(outcome ?? "done");
  const values = { name, when, end, time: duration(endedAt - startedAt) };
  return exitCode === undefined || exitCode === 0
    ? t("Hook {name}, {when}: {end} in {time}", values)
    : t("Hook {name}, {when}: {end} (exit code {code}) in {time}", { ...values, code: exitCode });
}
