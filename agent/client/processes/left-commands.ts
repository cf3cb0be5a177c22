/** The commands that an engine has left running after the run that started them: they live in its job, and are no background processes of Rein's. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";
import type { ProcessLook } from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import { api, requestTimeout } from "../state/api-client";
import type { OpenSession } from "../state/open-session";

const everyMs = 5000;

/** How many; looked for when a run of an engine has ended, and again while there are any, until the owner is disposed. */
export function createLeftCommands(open: Accessor<OpenSession>): Accessor<number> {
  const [found, setFound] = createSignal<ProcessLook[]>([]);
  const watched = () => (open().session.engine === undefined ? undefined : open().id());
  const isAtRest = () => activeRun(open().session) === undefined;
  let latest = 0;

  async function look(): Promise<void> {
    const [turn, id] = [++latest, watched()];
    if (id === undefined) return void setFound([]);
    if (document.hidden) return;
    try {
      const { processes } = await api.processes(id, requestTimeout());
      if (turn === latest) setFound(processes.filter(({ engine }) => engine === "command"));
    } catch {
      // The page says already that the server cannot be reached; what was known stays.
    }
  }

  createEffect(on(watched, () => setFound([])));
  createEffect(on([watched, isAtRest], () => isAtRest() && void look()));
  const timer = setInterval(() => found().length > 0 && void look(), everyMs);
  onCleanup(() => clearInterval(timer));
  return () => {
    const since = activeRun(open().session)?.startedAt ?? Infinity;
    return found().filter(({ startedAt }) => startedAt < since).length;
  };
}
