/** Each stop with its session, its point and what it cost. */
import { For, Show } from "solid-js";
import type { StopRecord } from "../../shared/protocol";
import { proofLabels, proofSentence } from "../../shared/proof-words";
import { t, tn } from "../../shared/translation";
import { pointLabels, stopWords } from "../state/outcome-labels";
import { useClient } from "../state/client";
import { dateLocale, duration } from "../state/format";
import { pathOf } from "../state/route";
import text from "../styles/text-styles.module.css";
import styles from "./StopList.module.css";
import { UsageFacts } from "../components/UsageFacts";
import { VisibleText } from "../components/VisibleText";
import { tr } from "../components/tr";

/** The most stops that the page lists; the export has all. */
const maxRows = 200;

export function StopList(props: { stops: StopRecord[] }) {
  return (
    <>
      <ul class={styles.rows}>
        <For each={props.stops.slice(0, maxRows)}>{(stop) => <Row record={stop} />}</For>
      </ul>
      <Show when={props.stops.length > maxRows}>
        <p class={text.muted}>
          {t("and {count} more in the export.", { count: props.stops.length - maxRows })}
        </p>
      </Show>
    </>
  );
}

function Row(props: { record: StopRecord }) {
  const client = useClient();
  return (
    <li data-testid="stop-row">
      <a
        href={pathOf(props.record.sessionId)}
        onClick={(event) => {
          event.preventDefault();
          client.route.go(props.record.sessionId);
        }}
      >
        <VisibleText text={props.record.title} />
      </a>
      <time class={text.muted}>
        {new Date(props.record.stop.askedAt).toLocaleString(dateLocale())}
      </time>
      <span>
        {stopWords(props.record.stop)}, {pointLabels[props.record.stop.point]}
        <Show when={props.record.during}>
          {(during) => (
            <>
              :{" "}
              <code>
                <VisibleText text={during()} />
              </code>
            </>
          )}
        </Show>
      </span>
      <span class={text.facts}>
        <Show when={props.record.settledMs !== undefined}>
          <span>{t("took {time}", { time: duration(props.record.settledMs ?? 0) })}</span>
        </Show>
        <UsageFacts usage={props.record.usage} />
        <Show when={props.record.filesChanged > 0}>
          <span>
            {tn(props.record.filesChanged, "{count} file changed", "{count} files changed")}
          </span>
        </Show>
        <Show when={deadWords(props.record)}>
          {(words) => <span title={proofSentence(props.record)}>{words()}</span>}
        </Show>
        <Show when={props.record.engine}>
          {(engine) => (
            <span>{tr("with {engine}", { engine: <VisibleText text={engine().name} /> })}</span>
          )}
        </Show>
        <Show when={client.cluster.isShown() && props.record.node}>
          {(node) => (
            <span>
              <VisibleText text={t("on machine {name}", { name: node() })} />
            </span>
          )}
        </Show>
        <Show when={props.record.survivors.length > 0}>
          <span class={text.problem}>
            {tr("survived: {processes}", {
              processes: (
                <VisibleText
                  text={props.record.survivors
                    .map(({ pid, command }) => `${pid} ${command}`)
                    .join(", ")}
                />
              ),
            })}
          </span>
        </Show>
      </span>
    </li>
  );
}

/** How sure it is that its processes are dead; empty where that says nothing. */
function deadWords({ proof, processesEnded }: StopRecord): string {
  if (proof === undefined || (proof === "proven" && processesEnded === 0)) return "";
  const words = { proof: proofLabels[proof] };
  return processesEnded === 0
    ? t("processes {proof}", words)
    : tn(processesEnded, "{count} process {proof}", "{count} processes {proof}", words);
}
