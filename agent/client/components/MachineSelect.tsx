/** Chooses the machine of a cluster on which a new session works. What was chosen for another machine is dropped. */
import { For } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { windowNode } from "../state/asked-node";
import { useClient } from "../state/client";
import { chooseMachine } from "../state/cluster-state";
import styles from "./MachineSelect.module.css";

export function MachineSelect(props: { choose?: () => void }) {
  const client = useClient();
  const words = (name: string, state: string) =>
    state === "away" ? t("{name} (does not answer)", { name }) : name;

  function choose(name: string): void {
    chooseMachine(client.current(), name);
    props.choose?.();
  }

  return (
    <label class={styles.machine}>
      <span>{t("Machine")}</span>
      <select
        data-testid="machine-select"
        value={windowNode()}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <For each={client.cluster.nodes()}>
          {({ name, state }) => (
            <option value={name} selected={name === windowNode()} disabled={state === "away"}>
              {visibleString(words(name, state))}
            </option>
          )}
        </For>
      </select>
    </label>
  );
}
