/** Stops all that is running, in every session; the menu shows before what that is. */
import { For, Show } from "solid-js";
import type { SessionSummary } from "../../shared/protocol";
import { t, tn } from "../../shared/translation";
import { type Client, useClient } from "../state/client";
import { isAtWork } from "../state/session-rows";
import textStyles from "../styles/text-styles.module.css";
import type { MenuEntry } from "./MenuPanel";
import { StateDot } from "./StateDot";
import styles from "./StopEverything.module.css";

export function stopEverythingEntry(client: Client): MenuEntry {
  return {
    name: t("Stop everything"),
    side: countWords(atWork(client)),
    destructive: true,
    separate: true,
    run: () => void client.stopEverything(),
  };
}

export function AtWork() {
  const client = useClient();
  return (
    <div role="group" aria-label={t("What Stop everything stops")}>
      <For each={atWork(client)}>
        {(session) => (
          <p class={styles.session}>
            <StateDot state={session.state} /> {session.title || t("Untitled")}
            <Show when={session.processes}>
              {(count) => <span class={textStyles.muted}>{processWords(count())}</span>}
            </Show>
          </p>
        )}
      </For>
    </div>
  );
}

function atWork(client: Client): SessionSummary[] {
  return client.list.sorted().filter(isAtWork);
}

function countWords(sessions: SessionSummary[]): string {
  const runs = sessions.filter(({ state }) => state !== "idle").length;
  const processes = sessions.reduce((sum, session) => sum + (session.processes ?? 0), 0);
  const words = tn(runs, "{count} run", "{count} runs");
  return processes > 0 ? `${words}, ${processWords(processes)}` : words;
}

function processWords(count: number): string {
  return tn(count, "{count} process", "{count} processes");
}
