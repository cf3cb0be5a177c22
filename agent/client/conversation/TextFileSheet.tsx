/** A text file of a message in a sheet: its beginning as plain text, whatever it is the source of. */
import { createResource, onCleanup, Show } from "solid-js";
import type { FileRef } from "../../shared/protocol";
import { labelOf, sizeOf } from "../../shared/taken-files";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { download } from "../components/download";
import { Sheet } from "../components/Sheet";
import { Spinner } from "../components/Spinner";
import { VisibleText } from "../components/VisibleText";
import { wordsFor } from "../state/api-client";
import { useClient, useOpen } from "../state/client";
import { filePath } from "../state/file-path";
import { loadTextBeginning, mostShown } from "../state/text-beginning";
import text from "../styles/text-styles.module.css";
import styles from "./TextFileSheet.module.css";

export function TextFileSheet(props: { file: FileRef }) {
  const client = useClient();
  const open = useOpen();
  const path = () => filePath(props.file.hash, open.session.id);
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  const [shown] = createResource(path, (wanted) => loadTextBeginning(wanted, closing.signal));
  const found = () => (shown.error === undefined ? shown() : undefined);
  const save = () => void download(path(), client.notices, savedName(props.file.name));
  return (
    <Sheet
      title={labelOf(props.file)}
      close={() => client.view(undefined)}
      actions={
        <Button size="small" onClick={save}>
          {t("Save")}
        </Button>
      }
    >
      <div
        class={styles.body}
        data-testid="text-file"
        tabindex="0"
        role="region"
        aria-label={t("Text")}
      >
        <Show when={shown.error}>
          {(error) => (
            <p class={text.problem} role="alert">
              {t("The file cannot be shown: {reason}", { reason: wordsFor(error()) })}
            </p>
          )}
        </Show>
        <Show when={shown.loading}>
          <Spinner />
        </Show>
        <Show when={found()}>
          {(beginning) => (
            <>
              <Show when={beginning().isCut}>
                <p class={text.note}>
                  {t("The first {shown} of {all}. Save it to see the rest.", {
                    shown: sizeOf(mostShown),
                    all: sizeOf(props.file.bytes),
                  })}
                </p>
              </Show>
              <pre class={styles.text}>
                <VisibleText text={beginning().text} />
              </pre>
            </>
          )}
        </Show>
      </div>
    </Sheet>
  );
}

/** Of "src/a.ts" the last part. */
function savedName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
