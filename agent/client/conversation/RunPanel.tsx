/** What the row below a settled run opens: the receipt of its stop, the files that it changed, its details, or the models that can be asked in its place. */
import { Match, Switch } from "solid-js";
import type { Receipt, Run } from "../../shared/protocol";
import { ChangedFiles, NotRecorded } from "./ChangedFiles";
import { OtherModels } from "./OtherModels";
import { ReceiptDetails } from "./ReceiptDetails";
import { RunDetails } from "./RunDetails";
import type { RunPanelName } from "./RunRow";

export interface RunPanelProps {
  run: Run;
  /** Of a stop. */
  receipt: Receipt | undefined;
  opened: RunPanelName;
}

export function RunPanel(props: RunPanelProps) {
  return (
    <Switch>
      <Match when={props.opened === "receipt" && props.receipt}>
        {(shown) => <ReceiptDetails run={props.run} receipt={shown()} />}
      </Match>
      <Match when={props.opened === "files" && props.run.changes}>
        {(changes) => (
          <>
            <ChangedFiles run={props.run} />
            <NotRecorded changes={changes()} />
          </>
        )}
      </Match>
      <Match when={props.opened === "details"}>
        <RunDetails run={props.run} />
      </Match>
      <Match when={props.opened === "models"}>
        <OtherModels run={props.run} />
      </Match>
    </Switch>
  );
}
