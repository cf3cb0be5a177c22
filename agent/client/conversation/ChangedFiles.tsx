/** The files that a run changed, with their diffs. Fetches when created, so render it only when visible. */
import { createResource, For, Show } from "solid-js";
import type { Changes, ChangesAnswer, FileView, Run } from "../../shared/protocol";
import { textInWords } from "../../shared/sentences";
import { t } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useOpen } from "../state/client";
import text from "../styles/text-styles.module.css";
import styles from "./ChangedFiles.module.css";
import { DiffView } from "./DiffView";
import { Disclosure } from "./Disclosure";
import { VisibleText } from "../components/VisibleText";
import { readDiff } from "../state/diff-lines";
import { fileKindLabels } from "../state/message-words";

export function ChangedFiles(props: { run: Run }) {
  const open = useOpen();
  const count = () => props.run.changes?.count ?? 0;
  const [answer] = createResource(
    () => (count() > 0 ? [open.id() ?? "", props.run.id, props.run.changes?.undoneAt] : false),
    ([sessionId, runId]) => api.changes(String(sessionId), String(runId), requestTimeout()),
  );
  return (
    <Show when={count() > 0}>
      <h2>{t("Files")}</h2>
      <Show
        when={answer.state === "ready" && answer()}
        fallback={
          <p class={text.muted}>
            {answer.error ? wordsFor(answer.error) : t("Loading the files…")}
          </p>
        }
      >
        {(ready: () => ChangesAnswer) => (
          <ul>
            <For each={ready().files}>{(file) => <File file={file} />}</For>
            <Show when={ready().files.length < count()}>
              <li class={text.muted}>
                {t("and {count} more", { count: count() - ready().files.length })}
              </li>
            </Show>
          </ul>
        )}
      </Show>
    </Show>
  );
}

function File(props: { file: FileView }) {
  return (
    <li data-testid="changed-file">
      <Show when={props.file.diff} fallback={<Name file={props.file} />}>
        {(diff) => (
          <Disclosure arrow="end" summary={<Name file={props.file} />}>
            <div class={styles.diff}>
              <DiffView lines={readDiff(diff())} />
            </div>
          </Disclosure>
        )}
      </Show>
    </li>
  );
}

function Name(props: { file: FileView }) {
  return (
    <>
      <span class={`${styles.kind} ${text.note}`} data-kind={props.file.kind}>
        {fileKindLabels[props.file.kind]}
      </span>{" "}
      <code>
        <Show when={props.file.from}>
          {(from) => (
            <>
              <VisibleText text={from()} /> →{" "}
            </>
          )}
        </Show>
        <VisibleText text={props.file.path} />
      </code>
      <Show when={props.file.modes}>
        {(modes) => (
          <span>
            {" "}
            {modes().before} → {modes().after}
          </span>
        )}
      </Show>
      <Show when={props.file.now === "changed-since"}>
        <span class={text.problem}> {t("changed since")}</span>
      </Show>
    </>
  );
}

/** What the record of the changes does not cover. */
export function NotRecorded(props: { changes: Changes }) {
  return (
    <ul class={`${styles.notRecorded} ${text.note}`}>
      <Show when={props.changes.reason}>
        {(reason) => (
          <li>
            <VisibleText text={textInWords(reason())} />
          </li>
        )}
      </Show>
      <For each={props.changes.unseen}>
        {(sentence) => (
          <li>
            <VisibleText text={textInWords(sentence)} />
          </li>
        )}
      </For>
    </ul>
  );
}
