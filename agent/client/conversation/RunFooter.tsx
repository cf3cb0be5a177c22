/** What stands below a settled run: its error with what to do, one row of what can be done with it, and what the row opens. */
import { createSignal, Show } from "solid-js";
import type { Run } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { deferred } from "../components/deferred";
import { Icon } from "../components/Icon";
import { VisibleText } from "../components/VisibleText";
import { useClient } from "../state/client";
import { settingsOf } from "../state/failure-settings";
import { Callout } from "./Callout";
import styles from "./RunFooter.module.css";
import { type RunPanelName, RunRow } from "./RunRow";
import { RunSurvivors } from "./RunSurvivors";

const HookLines = deferred(async () => (await import("./HookLines")).HookLines);
const RunPanel = deferred(async () => (await import("./RunPanel")).RunPanel);

export function RunFooter(props: { run: Run }) {
  const [panel, setPanel] = createSignal<RunPanelName>();
  const receipt = () => (props.run.outcome === "stopped" ? props.run.receipt : undefined);
  return (
    <Show when={props.run.state === "settled"}>
      <div class={styles.footer} data-testid={receipt() ? "receipt" : "run-footer"}>
        <Failure run={props.run} />
        <RunRow
          run={props.run}
          receipt={receipt()}
          panel={panel()}
          toggle={(one) => setPanel(panel() === one ? undefined : one)}
        />
        <Show when={panel()}>
          {(name) => (
            <div class={styles.panel} data-testid="run-panel">
              <RunPanel run={props.run} receipt={receipt()} opened={name()} />
            </div>
          )}
        </Show>
        <Show when={props.run.hooks?.length}>
          <HookLines hooks={props.run.hooks ?? []} />
        </Show>
        <Show when={receipt()}>
          {(shown) => <RunSurvivors run={props.run} receipt={shown()} />}
        </Show>
      </div>
    </Show>
  );
}

function Failure(props: { run: Run }) {
  const client = useClient();
  return (
    <Show when={props.run.outcome === "failed" && props.run.error}>
      {(error) => (
        <Callout testId="failure" role="alert">
          <Icon name="warning" />
          <p>
            <VisibleText text={error().message} />{" "}
            <Show when={settingsOf(props.run)}>
              {(panel) => (
                <Button look="link" onClick={() => client.setPanel(panel())}>
                  {t("Open the settings")}
                </Button>
              )}
            </Show>
          </p>
        </Callout>
      )}
    </Show>
  );
}
