/** @jsxImportSource @opentui/solid */
/** The files that a run changed, with their diffs. Fetches when created, so render it only when visible. */
import { createResource, For, Show } from "solid-js";
import type { Changes, FileView, Run } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "../../client/state/api-client";
import { useOpen } from "../../client/state/client";
import { readDiff } from "../../client/state/diff-lines";
import { fileKindLabels } from "../../client/state/message-words";
import { DiffRows } from "./DiffRows";
import { OpenCard } from "./OpenCard";
import type { Piece } from "./pieces";
import { Words } from "./Words";

export function FilesRows(props: { run: Run }) {
  const open = useOpen();
  const count = () => props.run.changes?.count ?? 0;
  const [answer] = createResource(
    () => (count() > 0 ? { runId: props.run.id, at: props.run.changes?.undoneAt } : false),
    ({ runId }) => api.changes(open.id() ?? "", runId, requestTimeout()),
  );
  const ready = () => (answer.state === "ready" ? answer() : undefined);
  return (
    <Show when={count() > 0}>
      <Words pieces={[{ text: "Files", bold: true }]} />
      <Show
        when={ready()}
        fallback={
          <Words
            pieces={[
              {
                text: answer.error ? wordsFor(answer.error) : "Loading the files…",
                color: "muted",
              },
            ]}
          />
        }
      >
        {(changes) => (
          <>
            <For each={changes().files}>{(file) => <File file={file} runId={props.run.id} />}</For>
            <Show when={changes().files.length < count()}>
              <Words
                pieces={[{ text: `and ${count() - changes().files.length} more`, color: "muted" }]}
              />
            </Show>
          </>
        )}
      </Show>
    </Show>
  );
}

function File(props: { file: FileView; runId: string }) {
  return (
    <Show when={props.file.diff} fallback={<Words pieces={filePieces(props.file)} />}>
      {(diff) => (
        <OpenCard id={`file:${props.runId}:${props.file.path}`} head={filePieces(props.file)}>
          <DiffRows lines={readDiff(diff())} first={200} />
        </OpenCard>
      )}
    </Show>
  );
}

function filePieces({ kind, from, path, modes, now }: FileView): Piece[] {
  return [
    { text: `${fileKindLabels[kind]} `, color: "muted" },
    { text: from === undefined ? path : `${from} → ${path}` },
    { text: modes ? ` ${modes.before} → ${modes.after}` : "" },
    { text: now === "changed-since" ? " changed since" : "", color: "warning" },
  ];
}

/** What the record of the changes does not cover. */
export function NotRecordedRows(props: { changes: Changes }) {
  const sentences = () => [
    ...(props.changes.reason ? [props.changes.reason] : []),
    ...props.changes.unseen,
  ];
  return (
    <For each={sentences()}>
      {(text) => <Words pieces={[{ text, color: "muted", prose: true }]} />}
    </For>
  );
}
