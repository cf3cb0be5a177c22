/** One row below a settled run: what a stop did, what can be done with the answer, the files, time and tokens, and the rest in a menu. */
import { type JSX, Show } from "solid-js";
import type { Receipt, Run } from "../../shared/protocol";
import { usageDetails } from "../../shared/usage-words";
import { t, tn } from "../../shared/translation";
import { Button } from "../components/Button";
import { deferredValue } from "../components/deferred";
import { Icon } from "../components/Icon";
import { Menu } from "../components/Menu";
import { Tooltip } from "../components/Tooltip";
import { VisibleText } from "../components/VisibleText";
import { useClient, useOpen } from "../state/client";
import { duration, fullTime, timeOfDay, tokens } from "../state/format";
import card from "./card.module.css";
import { receiptLine } from "../state/outcome-labels";
import { createRunActions, type RunActions } from "../state/run-actions";
import styles from "./RunFooter.module.css";
import { RunIcons } from "./RunIcons";

const runEntries = deferredValue(async () => (await import("./run-entries")).runEntries);

/** What the row opens below itself. */
export type RunPanelName = "receipt" | "files" | "details" | "models";

export interface RunRowProps {
  run: Run;
  /** Of a stop. */
  receipt: Receipt | undefined;
  panel: RunPanelName | undefined;
  toggle(panel: RunPanelName): void;
}

export function RunRow(props: RunRowProps) {
  const actions = createRunActions(props);
  return (
    <div class={styles.row}>
      <Show when={props.receipt}>
        {(receipt) => (
          <span class={styles.told}>
            <Toggle {...props} opens="receipt" class={styles.receipt}>
              <VisibleText text={receiptLine(receipt())} />
            </Toggle>
            <Show when={actions.goOn()}>
              {(goOn) => (
                <Button size="small" class={styles.goOn} onClick={() => goOn()()}>
                  {t("Continue")}
                </Button>
              )}
            </Show>
          </span>
        )}
      </Show>
      <span
        class={styles.rest}
        role="group"
        aria-label={t("Run at {time}", { time: timeOfDay(props.run.startedAt) })}
        data-testid="run-row"
      >
        <RunIcons run={props.run} actions={actions} />
        <span class={styles.figures}>
          <Files {...props} />
          <Used {...props} />
          <More {...props} actions={actions} />
        </span>
      </span>
    </div>
  );
}

interface ToggleProps extends RunRowProps {
  opens: RunPanelName;
  class?: string | undefined;
  tooltip?: string;
  children: JSX.Element;
}

function Toggle(props: ToggleProps) {
  return (
    <Button
      look="quiet"
      size="small"
      class={`${styles.toggle} ${props.class ?? ""}`}
      aria-expanded={props.panel === props.opens}
      data-testid={`open-${props.opens}`}
      onClick={() => props.toggle(props.opens)}
    >
      <span>{props.children}</span>
      <Show when={props.opens !== "details"}>
        <span class={card.arrow}>
          <Icon name="chevron" />
        </span>
      </Show>
      <Show when={props.tooltip}>{(words) => <Tooltip words={words()} />}</Show>
    </Button>
  );
}

/** Nothing for a run that changed nothing. */
function Files(props: RunRowProps) {
  const changes = () => props.run.changes;
  return (
    <>
      <Show when={changes()?.state === "pending"}>
        <span class={styles.plain}>{t("checking files…")}</span>
      </Show>
      <Show when={changes()?.state === "unknown"}>
        <Toggle {...props} opens="files">
          {t("changes not recorded")}
        </Toggle>
      </Show>
      <Show when={changes()?.state === "known" && changes()?.count}>
        {(count) => (
          <Toggle {...props} opens="files">
            {tn(count(), "{count} file", "{count} files")}
            <span class={styles.wide}> {t("changed")}</span>
            <Show when={changes()?.undoneAt}>
              {(at) => (
                <>
                  , {t("undone")}
                  <span class={styles.wide}> {t("at {time}", { time: timeOfDay(at()) })}</span>
                </>
              )}
            </Show>
          </Toggle>
        )}
      </Show>
    </>
  );
}

function Used(props: RunRowProps) {
  const usage = () => props.run.usage;
  const count = () => usage().inputTokens + usage().outputTokens;
  const took = () => duration((props.run.endedAt ?? props.run.startedAt) - props.run.startedAt);
  return (
    <Toggle
      {...props}
      opens="details"
      tooltip={`${fullTime(props.run.endedAt ?? props.run.startedAt)}\n${t("Took {time}", { time: took() })}\n${usageDetails(usage())}`}
    >
      {took()}
      <Show when={count() > 0}>
        <span class={styles.wide}>
          {" · "}
          {t("{count} tokens", { count: `${usage().estimated ? "~" : ""}${tokens(count())}` })}
        </span>
      </Show>
    </Toggle>
  );
}

function More(props: RunRowProps & { actions: RunActions }) {
  const client = useClient();
  const open = useOpen();
  return (
    <Menu
      label={t("More actions")}
      button={{ look: "quiet", iconOnly: true, class: styles.more }}
      trigger={<Icon name="more" />}
      entries={runEntries()?.({ client, open, ...props }) ?? []}
    />
  );
}
