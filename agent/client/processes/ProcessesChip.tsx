/** The number of background processes and of commands that an engine has left running, while there are any; opens the panel. */
import { createMemo, Show } from "solid-js";
import { isLiving } from "../../shared/session-lookup";
import { t, tn } from "../../shared/translation";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { useClient } from "../state/client";
import { createLeftCommands } from "./left-commands";

export function ProcessesChip() {
  const client = useClient();
  const living = createMemo(() => (client.current().session.processes ?? []).filter(isLiving));
  const left = createLeftCommands(client.current);
  const count = () => living().length + left();
  const surviving = () => living().some((process) => process.survivors !== undefined);
  return (
    <Show when={count() > 0}>
      <Button
        look="chip"
        marked={surviving()}
        data-testid="processes-chip"
        title={t("Background processes")}
        onClick={() => client.side.open("processes")}
      >
        <Icon name="terminal" />
        <span>{tn(count(), "{count} process", "{count} processes")}</span>
      </Button>
    </Show>
  );
}
