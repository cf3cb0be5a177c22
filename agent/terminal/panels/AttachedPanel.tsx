/** @jsxImportSource @opentui/solid */
/** The attached files: how far each is, or why it is not sent; taken out, or uploaded again. */
import { createMemo } from "solid-js";
import { isOnItsWay } from "../../client/state/attached-files";
import { problemOf, sizeWords } from "../../client/state/attached-words";
import { useClient } from "../../client/state/client";
import { createRefusal } from "../../client/state/refused-files";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

export function AttachedPanel(props: PanelProps) {
  const { attached } = props.open;
  const notTaken = createRefusal(useClient(), props.open);
  const lines = createMemo(() =>
    attached.files().map((file): Line => {
      const problem = problemOf([file]) ?? notTaken(file);
      return {
        id: file.id,
        text: file.name,
        side: file.error === undefined ? sizeWords([file]) : "not attached",
        words: problem ?? (isOnItsWay(file) ? "Delete cancels its upload." : undefined),
        ...(problem !== undefined && { mark: { text: "!", color: "warning" as const } }),
      };
    }),
  );
  const remove = ({ id }: Line) => attached.remove([id]);
  return (
    <PanelFrame
      title="Attached files"
      hints={
        lines().length === 0
          ? ["Escape closes"]
          : ["Delete takes out", "Enter uploads a failed one again"]
      }
      close={props.close}
    >
      <ChoiceList
        lines={lines()}
        empty="No file is attached. /attach PATH attaches one."
        choose={({ id }) => attached.tryAgain([id])}
        keys={[
          { key: "Delete", run: remove },
          { key: "Backspace", run: remove },
        ]}
      />
    </PanelFrame>
  );
}
