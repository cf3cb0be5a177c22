/** All processes of the session: in the background, of the current run, and ended. */
import { createMemo, For, Show } from "solid-js";
import { activeRun, isLiving } from "../../shared/session-lookup";
import { Button } from "../components/Button";
import { Sheet } from "../components/Sheet";
import { useClient, useOpen } from "../state/client";
import text from "../styles/text-styles.module.css";
import { createProcessActions } from "./process-actions";
import { ForegroundRow } from "./ForegroundRow";
import { createProcessPolling } from "./process-polling";
import { ProcessRow } from "./ProcessRow";
import styles from "./ProcessesSheet.module.css";

export function ProcessesSheet() {
  const client = useClient();
  const open = useOpen();
  const polled = createProcessPolling(open);
  const actions = createProcessActions();
  const known = createMemo(() => (open.session.processes ?? []).toReversed());
  const living = createMemo(() => known().filter(isLiving));
  const ended = createMemo(() => known().filter((process) => !isLiving(process)));
  const ids = createMemo(() => new Set(known().map(({ id }) => id)));
  const foreground = createMemo(() => (polled.all() ?? []).filter(({ id }) => !ids().has(id)));
  const runId = () => activeRun(open.session)?.id;
  const seenOf = (id: string) => polled.all()?.find((seen) => seen.id === id);

  function stopAll(): void {
    for (const { id } of living()) void actions.stop(id);
    for (const { toolCallId } of foreground()) {
      const active = runId();
      if (active !== undefined && toolCallId !== undefined)
        open.stopPart({ runId: active, toolCallId });
    }
  }

  return (
    <Sheet
      title="Processes"
      close={() => client.setPanel("none")}
      actions={
        <Show when={living().length + foreground().length > 0}>
          <Button look="destructive" size="small" onClick={stopAll}>
            Stop all
          </Button>
        </Show>
      }
    >
      <div data-scroller data-testid="processes">
        <div class={styles.processes}>
          <Show when={polled.isStale()}>
            <p class={text.muted}>The server does not respond. This is the last known state.</p>
          </Show>
          <Show when={living().length + foreground().length === 0}>
            <p class={text.muted}>
              No running processes. Servers and watchers that the agent starts in the background
              appear here.
            </p>
          </Show>
          <Show when={living().length > 0}>
            <h3>Background</h3>
            <For each={living()}>
              {(process) => (
                <ProcessRow process={process} seen={seenOf(process.id)} actions={actions} />
              )}
            </For>
          </Show>
          <Show when={foreground().length > 0}>
            <h3>In this run</h3>
            <For each={foreground()}>{(seen) => <ForegroundRow seen={seen} runId={runId()} />}</For>
          </Show>
          <Show when={ended().length > 0}>
            <h3>Ended</h3>
            <For each={ended()}>
              {(process) => <ProcessRow process={process} seen={undefined} actions={actions} />}
            </For>
          </Show>
        </div>
      </div>
    </Sheet>
  );
}
