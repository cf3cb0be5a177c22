/** The roles of subagents that a message can mention. */
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import type { Definition } from "../../shared/protocol";
import { api, logFailure } from "./api-client";

const timeoutMs = 30_000;

/** Those that act in the directory: looked for anew each time that they are wanted; those of the last time until then. */
export function createMentionRoles(
  cwd: Accessor<string>,
  isWanted: Accessor<boolean>,
): Accessor<readonly Definition[]> {
  const [found, setFound] = createSignal<readonly Definition[]>([]);
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  const wanted = createMemo(() => isWanted() && cwd() !== "");

  async function look(): Promise<void> {
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
      const { definitions } = await api.project(cwd(), signal);
      const byName = new Map<string, Definition>();
      for (const one of definitions)
        if (one.kind === "role" && one.standing === "on" && !byName.has(one.name))
          byName.set(one.name, one);
      setFound([...byName.values()]);
    } catch (error) {
      // Without an answer none is offered.
      if (!closing.signal.aborted) logFailure("The roles of subagents were not listed", error);
    }
  }

  createEffect(
    on(wanted, (now) => {
      if (now) void look();
    }),
  );
  return found;
}
