/** The files that a run changed, for a run that ended by itself: one line that opens, and the undo. */
import type { Changes, Run } from "../../shared/protocol";
import { ChangedFiles, NotRecorded } from "./ChangedFiles";
import { Disclosure } from "./Disclosure";
import { changesLine } from "./outcome-labels";
import styles from "./ReceiptView.module.css";
import { UndoButton } from "./UndoButton";

export function ChangesView(props: { run: Run; changes: Changes }) {
  return (
    <div class={styles.receipt} data-testid="changes">
      <Disclosure arrow="end" summary={changesLine(props.changes)}>
        <ChangedFiles run={props.run} />
        <NotRecorded changes={props.changes} />
      </Disclosure>
      <UndoButton run={props.run} />
    </div>
  );
}
