/** Says above the input that the machine of the session does not answer, so that it can be read and nothing can be sent. */
import { createSignal, Show } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { useClient } from "../state/client";
import { awayWords, machineOf } from "../state/cluster-state";
import type { OpenSession } from "../state/open-session";
import { t } from "../../shared/translation";
import { Button } from "./Button";
import styles from "./LimitQuestion.module.css";
import { Spinner } from "./Spinner";

export function AwayNotice(props: { open: OpenSession }) {
  const { cluster, list } = useClient();
  const [isLooking, setLooking] = createSignal(false);
  /** A new session has another notice, which offers the other machines. */
  const away = () => {
    const id = props.open.id();
    return id === undefined ? undefined : cluster.away(machineOf(list, id));
  };

  async function look(): Promise<void> {
    setLooking(true);
    await cluster.refresh();
    setLooking(false);
  }

  return (
    <Show when={away()}>
      {(machine) => (
        <div class={styles.question} role="status" data-testid="machine-away">
          <p>
            {visibleString(awayWords(machine()))}{" "}
            {machine().isRemoved
              ? t(
                  "This session was on it: it can be read and deleted. If the machine comes back, it can be continued there.",
                )
              : t(
                  "This session is on it: it can be read, and a message can be sent once the machine answers. What you type is kept.",
                )}
          </p>
          <Button size="small" aria-disabled={isLooking()} onClick={() => void look()}>
            <Show when={isLooking()}>
              <Spinner />{" "}
            </Show>
            {t("Try again")}
          </Button>
        </div>
      )}
    </Show>
  );
}
