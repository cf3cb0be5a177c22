/** Stops all that goes on, in every session, and shows before what that is. */
import { For, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { useClient } from "../state/client";
import { plural } from "../state/format";

export function StopEverything(props: { close: () => void }) {
  const client = useClient();
  const atWork = () =>
    client.list
      .sorted()
      .filter(({ state, processes }) => state !== "idle" || processes !== undefined);
  return (
    <>
      <button
        type="button"
        role="menuitem"
        class="item destructive"
        onClick={() => {
          props.close();
          void client.stopEverything();
        }}
      >
        Stop everything
        <span class="item-side">{countWords(atWork())}</span>
      </button>
      <div role="group" aria-label="What Stop everything stops">
        <For each={atWork()}>
          {(session) => (
            <p class="at-work">
              <span class="dot" data-state={session.state} /> {session.title || "Untitled"}
              <Show when={session.processes}>
                {(count) => <span class="muted">{processWords(count())}</span>}
              </Show>
            </p>
          )}
        </For>
      </div>
    </>
  );
}

function countWords(sessions: SessionSummary[]): string {
  const runs = sessions.filter(({ state }) => state !== "idle").length;
  const processes = sessions.reduce((sum, session) => sum + (session.processes ?? 0), 0);
  return [plural(runs, "run"), ...(processes > 0 ? [processWords(processes)] : [])].join(", ");
}

function processWords(count: number): string {
  return plural(count, "process", "processes");
}
