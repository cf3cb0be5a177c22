/** What stands below a settled run: its error with what to do, its receipt or changes, time and cost. */
import { Show } from "solid-js";
import type { Changes, Run } from "../../shared/protocol";
import { Button } from "../components/Button";
import { Elapsed } from "../components/Elapsed";
import { Icon } from "../components/Icon";
import { UsageFacts } from "../components/UsageFacts";
import { useClient } from "../state/client";
import text from "../styles/text-styles.module.css";
import { Callout } from "./Callout";
import { ChangesView } from "./ChangesView";
import { ReceiptView } from "./ReceiptView";
import { RetryButtons } from "./RetryButtons";
import { VisibleText } from "../components/VisibleText";

/** Errors that can be fixed in the settings. */
const fixable = new Set(["authentication", "not-configured", "unreachable"]);

export function RunFooter(props: { run: Run }) {
  const client = useClient();
  return (
    <Show when={props.run.state === "settled"}>
      <Show when={props.run.outcome === "failed" && props.run.error}>
        {(error) => (
          <Callout testId="failure" role="alert">
            <Icon name="warning" />
            <p>
              <VisibleText text={error().message} />{" "}
              <Show when={fixable.has(error().code)}>
                <Button look="link" onClick={() => client.setPanel("settings")}>
                  Open the settings
                </Button>
              </Show>
            </p>
          </Callout>
        )}
      </Show>
      <Show when={props.run.outcome === "stopped"}>
        <Show when={props.run.receipt}>
          {(receipt) => <ReceiptView run={props.run} receipt={receipt()} />}
        </Show>
      </Show>
      <Show when={props.run.outcome !== "stopped"}>
        <Show when={hasNews(props.run.changes) && props.run.changes}>
          {(changes) => <ChangesView run={props.run} changes={changes()} />}
        </Show>
        <p class={text.facts}>
          <Elapsed from={props.run.startedAt} to={props.run.endedAt} />
          <UsageFacts usage={props.run.usage} />
        </p>
      </Show>
      <RetryButtons run={props.run} />
    </Show>
  );
}

/** False for a run that changed nothing. */
function hasNews(changes: Changes | undefined): boolean {
  return changes !== undefined && (changes.state === "unknown" || changes.count > 0);
}
