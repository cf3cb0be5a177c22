/** What a run changed: its files with their diffs, fetched when somebody looks; and the one click that takes it back. */
import { createResource, createSignal, For, Show } from "solid-js";
import type { Changes, ChangesAnswer, FileView, Run } from "../../shared/protocol";
import { Icon } from "../components/Icon";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useOpen } from "../state/client";
import { timeOfDay } from "../state/format";
import { Diff } from "./Diff";
import { changesLine } from "./outcome-labels";

/** Of a run that ended by itself: one line that opens. */
export function ChangesView(props: { run: Run; changes: Changes }) {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <div class="receipt" data-testid="changes">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{changesLine(props.changes)}</summary>
        <Show when={isOpen()}>
          <div class="receipt-body">
            <ChangedFiles run={props.run} />
            <Unseen changes={props.changes} />
          </div>
        </Show>
      </details>
      <UndoButton run={props.run} />
    </div>
  );
}

/** Drawn when it is to be seen: it asks the server. */
export function ChangedFiles(props: { run: Run }) {
  const open = useOpen();
  const count = () => props.run.changes?.count ?? 0;
  const [answer] = createResource(
    () => (count() > 0 ? [open.id() ?? "", props.run.id, props.run.changes?.undoneAt] : false),
    ([sessionId, runId]) => api.changes(String(sessionId), String(runId), requestTimeout()),
  );
  return (
    <Show when={count() > 0}>
      <h2>Files</h2>
      <Show
        when={answer.state === "ready" && answer()}
        fallback={
          <p class="muted">{answer.error ? wordsFor(answer.error) : "Looking at the files…"}</p>
        }
      >
        {(ready: () => ChangesAnswer) => (
          <ul class="files">
            <For each={ready().files}>{(file) => <File file={file} />}</For>
            <Show when={ready().files.length < count()}>
              <li class="muted">and {count() - ready().files.length} more</li>
            </Show>
          </ul>
        )}
      </Show>
    </Show>
  );
}

const marks: Record<FileView["kind"], string> = {
  created: "new",
  changed: "changed",
  deleted: "deleted",
  renamed: "renamed",
};

function File(props: { file: FileView }) {
  const [isOpen, setOpen] = createSignal(false);
  const name = () => (
    <>
      <span class="file-kind" data-kind={props.file.kind}>
        {marks[props.file.kind]}
      </span>{" "}
      <code>
        <Show when={props.file.from}>{(from) => <>{from()} → </>}</Show>
        {props.file.path}
      </code>
      <Show when={props.file.modes}>
        {(modes) => (
          <span class="muted">
            {" "}
            {modes().before} → {modes().after}
          </span>
        )}
      </Show>
      <Show when={props.file.now === "changed-since"}>
        <span class="file-since"> changed since</span>
      </Show>
    </>
  );
  return (
    <li data-testid="changed-file">
      <Show when={props.file.diff} fallback={name()}>
        {(diff) => (
          <details onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>{name()}</summary>
            <Show when={isOpen()}>
              <Diff diff={diff()} />
            </Show>
          </details>
        )}
      </Show>
    </li>
  );
}

export function Unseen(props: { changes: Changes }) {
  return (
    <ul class="receipt-unseen">
      <Show when={props.changes.reason}>{(reason) => <li>{reason()}</li>}</Show>
      <For each={props.changes.unseen}>{(sentence) => <li>{sentence}</li>}</For>
    </ul>
  );
}

/** "Undo changes", and after it "Redo". */
export function UndoButton(props: { run: Run }) {
  const { undo } = useOpen();
  const isUndone = () => props.run.changes?.undoneAt !== undefined;
  return (
    <Show when={props.run.changes?.state === "known" && props.run.changes.count > 0}>
      <p class="undo" data-testid="undo-line">
        <Show when={props.run.changes?.undoneAt}>
          {(at) => <span>Undone at {timeOfDay(at())}.</span>}
        </Show>
        <button
          type="button"
          class="small"
          disabled={undo.isBusy()}
          onClick={() => void undo.start(isUndone() ? "redo" : "undo", props.run.id)}
        >
          <Icon name={isUndone() ? "redo" : "undo"} />
          {isUndone() ? "Redo changes" : "Undo changes"}
        </button>
      </p>
    </Show>
  );
}
