/** A message as a form in its place: Enter sends it again, Escape gives up the edit. The draft in the input stays as it is. */
import { createEffect, createMemo, createSignal, For, onMount, Show } from "solid-js";
import { t, tn } from "../../shared/translation";
import { Chip } from "../components/AttachmentChips";
import { createRefusal } from "../state/refused-files";
import chipStyles from "../components/AttachmentChips.module.css";
import { Button, ButtonRow } from "../components/Button";
import { KeyHint } from "../components/KeyHint";
import { isHardwareKey } from "../hardware-keyboard";
import { bindLayer, isComposing } from "../keys";
import { shownAs } from "../state/attached-files";
import { useClient, useOpen } from "../state/client";
import { hasChanged } from "../state/message-words";
import { lacksModel } from "../state/model-list";
import text from "../styles/text-styles.module.css";
import styles from "./MessageEdit.module.css";

export function MessageEdit(props: { runId: string }) {
  const client = useClient();
  const open = useOpen();
  const { branch, editing, editedFiles, undo } = open;
  const [undoesFirst, setUndoesFirst] = createSignal(false);
  const notTaken = createRefusal(client, open);
  /** What it takes out of the conversation, newest first. */
  const changing = createMemo(() => branch.runsFrom(props.runId).filter(hasChanged).toReversed());
  const undoable = () => changing().reduce((sum, { changes }) => sum + (changes?.count ?? 0), 0);
  /** A text that was there is not sent away as none: the server would take the former one. */
  const isEmpty = () =>
    editing.text().trim() === "" && (editedFiles().length === 0 || editing.said()?.text !== "");
  const hint = () => {
    if (editing.said() === undefined)
      return t("Another message was sent since: this one can only be copied.");
    return lacksModel(client.models.models(), open.chosen()) ? t("Choose a model first.") : "";
  };
  const isIdle = () => open.stage() === "idle" || open.stage() === "stopped";
  const canSend = () => !isEmpty() && hint() === "" && isIdle() && !undo.isBusy();
  let field!: HTMLTextAreaElement;

  function cancel(): void {
    editing.cancel();
    document.querySelector<HTMLElement>(`[data-testid=edit][data-run="${props.runId}"]`)?.focus();
  }

  async function send(): Promise<void> {
    if (!canSend()) return;
    const runIds = undoesFirst() ? changing().map(({ id }) => id) : [];
    if (!(await undo.startAll("undo", runIds))) return;
    editing.send();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event) || !isHardwareKey(event))
      return;
    event.preventDefault();
    void send();
  }

  bindLayer(cancel);
  createEffect(() => {
    editing.text();
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  });
  onMount(() => {
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  });
  return (
    <form
      class={styles.form}
      data-testid="message-edit"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Show when={editedFiles().length > 0}>
        <ul class={chipStyles.chips} aria-label={t("Files of the message")}>
          <For each={editedFiles()}>
            {(file) => (
              <Chip
                files={[shownAs(file)]}
                refusal={notTaken(shownAs(file))}
                remove={() => {
                  open.leaveOut(file.hash, props.runId);
                  field.focus();
                }}
              />
            )}
          </For>
        </ul>
      </Show>
      <textarea
        ref={field}
        name="edit"
        rows="1"
        aria-label={t("Edited text")}
        value={editing.text()}
        onInput={(event) => editing.write(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <Show when={undoable() > 0}>
        <label class={styles.undo}>
          <input
            type="checkbox"
            checked={undoesFirst()}
            onChange={(event) => setUndoesFirst(event.currentTarget.checked)}
          />
          {branch.isLast(props.runId)
            ? tn(
                undoable(),
                "Undo its file changes first ({count} file)",
                "Undo its file changes first ({count} files)",
              )
            : tn(
                undoable(),
                "Undo all file changes since then first ({count} file)",
                "Undo all file changes since then first ({count} files)",
              )}
        </label>
      </Show>
      <Show when={hint()}>
        <p class={text.note} role="status">
          {hint()}
        </p>
      </Show>
      <ButtonRow>
        <Button look="quiet" aria-keyshortcuts="Escape" onClick={cancel}>
          {t("Cancel")} <KeyHint name="Esc" />
        </Button>
        <Button type="submit" look="primary" aria-keyshortcuts="Enter" disabled={!canSend()}>
          {t("Send")} <KeyHint name="Enter" />
        </Button>
      </ButtonRow>
    </form>
  );
}
