/** The machines that work together: how each one is, what is on it, and the database that they share. */
import { createSignal, For, Show } from "solid-js";
import type { ClusterNode, NodeState } from "../../shared/protocol";
import { reasonWords } from "../../shared/sentences";
import { lazyWords, t, tn } from "../../shared/translation";
import { visibleString } from "../../shared/visible-text";
import { useClient } from "../state/client";
import { wordsFor } from "../state/api-client";
import { awayWords } from "../state/cluster-state";
import { timeOfDay } from "../state/format";
import { isAdmin } from "../state/me";
import { settingsTitles } from "../state/settings-sections";
import { Button } from "./Button";
import { Confirm } from "./Confirm";
import { Icon } from "./Icon";
import styles from "./MachineSettings.module.css";
import settings from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function ClusterSettings() {
  const { cluster } = useClient();
  /** Of the one that answers. */
  const version = () => cluster.nodes().find(({ state }) => state === "here")?.version;
  return (
    <SheetSection title={settingsTitles.machines} data-testid="machines">
      <p class={settings.note}>
        {t(
          "They work as one Rein: each shows and stops the sessions of all, and runs those of its own directories.",
        )}
      </p>
      <ul class={styles.list}>
        <For each={cluster.nodes()}>
          {(node) => <Machine node={node} expected={version() ?? node.version} />}
        </For>
        <Database />
      </ul>
      <Button look="quiet" size="small" onClick={() => void cluster.refresh()}>
        <Icon name="retry" />
        <span>{t("Ask the machines again")}</span>
      </Button>
    </SheetSection>
  );
}

const stateWords = lazyWords<NodeState>({
  here: () => t("answers this page"),
  alive: () => t("answers"),
  away: () => t("does not answer"),
});

function Machine(props: { node: ClusterNode; expected: string }) {
  const isAway = () => props.node.state === "away";
  const isOther = () => props.node.version !== props.expected;
  const counts = () =>
    [
      tn(props.node.sessions, "{count} session", "{count} sessions"),
      tn(props.node.running, "{count} at work", "{count} at work"),
    ].join(", ");
  return (
    <li class={styles.row} data-state={isAway() || isOther() ? "broken" : "ok"}>
      <span class={styles.mark} role="img" aria-label={stateWords[props.node.state]}>
        <Icon name={isAway() || isOther() ? "warning" : "check"} />
      </span>
      <span class={styles.name}>
        <VisibleText text={props.node.name} />
      </span>
      <div class={styles.words}>
        <p>
          {isAway() ? visibleString(awayWords(props.node)) : stateWords[props.node.state]}
          {isAway() ? " " : "; "}
          {counts()}
        </p>
        <p class={styles.advice}>
          <VisibleText text={`${props.node.address} · Rein ${props.node.version}`} />
        </p>
        <Show when={isAway() && reasonWords(props.node)}>
          {(reason) => (
            <p class={styles.advice}>
              <VisibleText text={reason()} />
            </p>
          )}
        </Show>
        <Show when={isAway() && isAdmin()}>
          <RemoveMachine node={props.node} />
        </Show>
        <Show when={isOther()}>
          <p>
            {t(
              "The machine that answers this page has another version: {version}. Bring all to the same.",
              {
                version: props.expected,
              },
            )}
          </p>
        </Show>
      </div>
    </li>
  );
}

/** For one that is gone for good. */
function RemoveMachine(props: { node: ClusterNode }) {
  const { cluster, notices } = useClient();
  const [isAsking, setAsking] = createSignal(false);
  const name = () => visibleString(props.node.name);

  async function remove(): Promise<void> {
    try {
      await cluster.remove(props.node.name);
    } catch (error) {
      notices.toast(t("Machine {name} was not removed.", { name: name() }), wordsFor(error));
    }
  }

  return (
    <>
      <Button
        size="small"
        class={styles.remove}
        aria-label={t("Remove machine {name}…", { name: name() })}
        onClick={() => setAsking(true)}
      >
        {t("Remove …")}
      </Button>
      <Show when={isAsking()}>
        <Confirm
          title={t("Remove machine {name}?", { name: name() })}
          text={t(
            "Do this when it is gone for good. What it left running is written down as ended; if it is only out of reach, it goes on there. Its sessions can still be read and deleted, but not continued. If it comes back, it joins again and they are its own.",
          )}
          action={t("Remove machine")}
          run={() => void remove()}
          close={() => setAsking(false)}
        />
      </Show>
    </>
  );
}

function Database() {
  const { cluster } = useClient();
  return (
    <Show when={cluster.database()}>
      {(database) => (
        <li class={styles.row} data-state={database().state === "gone" ? "broken" : "ok"}>
          <span
            class={styles.mark}
            role="img"
            aria-label={database().state === "gone" ? t("does not work") : t("works")}
          >
            <Icon name={database().state === "gone" ? "warning" : "check"} />
          </span>
          <span class={styles.name}>{t("Database")}</span>
          <div class={styles.words}>
            <p>
              {database().state === "gone"
                ? goneWords(database().since)
                : t("All machines share what happens.")}
            </p>
            <Show when={reasonWords(database())}>
              {(reason) => (
                <p class={styles.advice}>
                  <VisibleText text={reason()} />
                </p>
              )}
            </Show>
          </div>
        </li>
      )}
    </Show>
  );
}

function goneWords(since: number | undefined): string {
  return since === undefined
    ? t("It does not answer: what happens is on each machine’s own disk alone.")
    : t("It has not answered since {time}: what happens is on each machine’s own disk alone.", {
        time: timeOfDay(since),
      });
}
