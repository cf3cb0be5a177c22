/** @jsxImportSource @opentui/solid */
/** The queued messages: changed, moved, sent now, removed. */
import { createMemo, createSignal, Show } from "solid-js";
import { useClient } from "../../client/state/client";
import { reachesTurn } from "../../client/state/engine-list";
import { isHeld, queuedDetails, queuedText, queuedWords } from "../../client/state/queue-words";
import { ChoiceList, type Line } from "./ChoiceList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";
import { EntryField, mostEntryLines } from "./PanelQuestions";

export function QueuePanel(props: PanelProps) {
  const { engines } = useClient().engines;
  const { session, control, stage } = props.open;
  const [edited, setEdited] = createSignal<string>();
  const isBusy = () => stage() === "running" || stage() === "stopping";
  const messageOf = (id: string) => session.queue.find((one) => one.id === id);
  const lines = createMemo(() =>
    session.queue.map((message): Line => ({
      id: message.id,
      text: queuedText(message),
      side: queuedWords(message, isBusy()),
      words: queuedDetails(message, isBusy()),
    })),
  );

  function move(line: Line, by: 1 | -1): void {
    const position = session.queue.findIndex(({ id }) => id === line.id) + by;
    if (position >= 0 && position < session.queue.length)
      control.changeQueued(line.id, { position });
  }

  /** Before the next turn where the model can be told then; what is held waits for the run again. */
  function sendNow({ id }: Line): void {
    const message = messageOf(id);
    if (message === undefined || stage() === "stopping") return;
    const mayTell = reachesTurn(engines(), session) || !isBusy();
    if (mayTell) control.changeQueued(id, { waitsFor: "turn" });
    else if (isHeld(message, true)) control.changeQueued(id, { waitsFor: "run" });
  }

  return (
    <PanelFrame
      title="Queued messages"
      hints={
        lines().length === 0
          ? ["Escape closes"]
          : ["Enter edits", "Ctrl+S sends now", "Ctrl+Up and Ctrl+Down move", "Delete removes"]
      }
      close={props.close}
    >
      <ChoiceList
        lines={lines()}
        empty="No message is queued. What you send during a run waits here."
        isActive={edited() === undefined}
        reserved={edited() === undefined ? 0 : mostEntryLines}
        choose={({ id }) => setEdited(id)}
        keys={[
          { key: "Ctrl+s", run: sendNow },
          { key: "Ctrl+ArrowUp", run: (line) => move(line, -1) },
          { key: "Ctrl+ArrowDown", run: (line) => move(line, 1) },
          { key: "Delete", run: ({ id }) => control.unqueue(id) },
          { key: "Backspace", run: ({ id }) => control.unqueue(id) },
        ]}
      />
      <Show when={edited()} keyed>
        {(id) => (
          <EntryField
            label="Message"
            value={messageOf(id)?.text ?? ""}
            save={(text) => {
              if (text.trim() !== "") control.changeQueued(id, { message: text });
            }}
            close={() => setEdited(undefined)}
          />
        )}
      </Show>
    </PanelFrame>
  );
}
