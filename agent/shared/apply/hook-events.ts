/** What the events of hooks change: the records of a call, and those of a run. */
import type { HookRecord } from "../protocol";

/** Each record is sent when its hook begins, and again, whole, when it has ended. */
export function applyHook(holder: { hooks?: HookRecord[] }, hook: HookRecord): void {
  const hooks = (holder.hooks ??= []);
  const at = hooks.findIndex(({ id }) => id === hook.id);
  if (at === -1) hooks.push(hook);
  else hooks[at] = hook;
}

/** What they belong to has ended at `at`, or nobody knows when: one that still ran then was stopped. */
export function stopHooks({ hooks = [] }: { hooks?: HookRecord[] }, at?: number): void {
  for (const hook of hooks)
    if (hook.endedAt === undefined)
      Object.assign(hook, { endedAt: at ?? hook.startedAt, outcome: "stopped" });
}
