/** All processes of the session: in the background, of the current run, of its engine, not known, and ended. */
import { createMemo, For, Show } from "solid-js";
import { activeRun, isLiving, isUnknown } from "../../shared/session-lookup";
import { Button } from "../components/Button";
import { VisibleText } from "../components/VisibleText";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { useClient, useOpen } from "../state/client";
import { machineOf, silenceWords } from "../state/cluster-state";
import text from "../styles/text-styles.module.css";
import { createProcessActions } from "../state/process-actions";
import { ForegroundRow, type ForegroundRowProps } from "./ForegroundRow";
import { createProcessPolling, type PolledProcess } from "../state/process-polling";
import { ProcessRow } from "./ProcessRow";
import styles from "./ProcessesTab.module.css";

export function ProcessesTab() {
  const client = useClient();
  const open = useOpen();
  const polled = createProcessPolling(open);
  const actions = createProcessActions();
  const known = createMemo(() => (open.session.processes ?? []).toReversed());
  const living = createMemo(() => known().filter(isLiving));
  const unknown = createMemo(() => known().filter(isUnknown));
  const ended = createMemo(() => known().filter((one) => !isLiving(one) && !isUnknown(one)));
  const ids = createMemo(() => new Set(known().map(({ id }) => id)));
  const others = createMemo(() => (polled.all() ?? []).filter(({ id }) => !ids().has(id)));
  const foreground = createMemo(() =>
    others().filter(({ engine, mcpServer }) => engine === undefined && !mcpServer),
  );
  const mcpServers = createMemo(() => others().filter(({ mcpServer }) => mcpServer));
  const ofEngine = createMemo(() => others().filter(({ engine }) => engine !== undefined));
  const runId = () => activeRun(open.session)?.id;
  const seenOf = (id: string) => polled.all()?.find((seen) => seen.id === id);

  const commands = () => ofEngine().filter(({ engine }) => engine === "command");
  const isEmpty = () => isUnseen() && living().length + unknown().length === 0;
  const isUnseen = () => foreground().length + mcpServers().length + ofEngine().length === 0;

  const isStoppable = () =>
    living().length + foreground().length + mcpServers().length + commands().length > 0;

  function stopOf(seen: PolledProcess): ForegroundRowProps["stop"] {
    const { id, toolCallId, engine, mcpServer, command } = seen;
    if (engine === "command" || mcpServer)
      return {
        label: t("Stop {name}", { name: visibleString(command) }),
        isStopping: actions.isStopping(id),
        stop: () => void actions.stop(id),
      };
    const active = runId();
    if (active === undefined || toolCallId === undefined) return undefined;
    return {
      label: t("Stop this call"),
      isStopping: open.isStopping(toolCallId),
      stop: () => open.stopPart({ runId: active, toolCallId }),
    };
  }

  function stopAll(): void {
    for (const { id } of [...living(), ...mcpServers(), ...commands()]) void actions.stop(id);
    for (const { toolCallId } of foreground()) {
      const active = runId();
      if (active !== undefined && toolCallId !== undefined)
        open.stopPart({ runId: active, toolCallId });
    }
  }

  return (
    <div class={styles.processes} data-testid="processes">
      <Show when={isStoppable()}>
        <Button look="destructive" size="small" class={styles.all} onClick={stopAll}>
          {t("Stop all")}
        </Button>
      </Show>
      <Show when={polled.isStale()}>
        <p class={text.muted}>
          <VisibleText
            text={silenceWords(client.cluster.away(machineOf(client.list, open.id())))}
          />
        </p>
      </Show>
      <Show when={isEmpty()}>
        <p class={text.muted}>
          {t(
            "No running processes. Servers and watchers that the agent starts in the background appear here.",
          )}
        </p>
      </Show>
      <Show when={living().length > 0}>
        <h2>{t("Background")}</h2>
        <For each={living()}>
          {(process) => (
            <ProcessRow process={process} seen={seenOf(process.id)} actions={actions} />
          )}
        </For>
      </Show>
      <Show when={foreground().length > 0}>
        <h2>{t("In this run")}</h2>
        <For each={foreground()}>{(seen) => <ForegroundRow seen={seen} stop={stopOf(seen)} />}</For>
      </Show>
      <Show when={mcpServers().length > 0}>
        <h2>{t("MCP servers")}</h2>
        <For each={mcpServers()}>
          {(seen) => <ForegroundRow seen={seen} name={seen.command} stop={stopOf(seen)} />}
        </For>
      </Show>
      <Show when={ofEngine().length > 0}>
        <h2>{t("Engine")}</h2>
        <For each={ofEngine()}>
          {(seen) => (
            <ForegroundRow
              seen={seen}
              name={seen.engine === "itself" ? seen.command : undefined}
              stop={stopOf(seen)}
            />
          )}
        </For>
      </Show>
      <Show when={unknown().length > 0}>
        <h2>{t("Not known")}</h2>
        <For each={unknown()}>
          {(process) => <ProcessRow process={process} seen={undefined} actions={actions} />}
        </For>
      </Show>
      <Show when={ended().length > 0}>
        <h2>{t("Ended")}</h2>
        <For each={ended()}>
          {(process) => <ProcessRow process={process} seen={undefined} actions={actions} />}
        </For>
      </Show>
    </div>
  );
}
