/** The files of the session's directory: the tree, and one of them to be read. */
import { createEffect, createSignal, on, Show } from "solid-js";
import { t, tn } from "../../shared/translation";
import { IconButton } from "../components/IconButton";
import { visibleName } from "../../shared/visible-text";
import { VisibleText } from "../components/VisibleText";
import { useClient } from "../state/client";
import { lastName } from "../state/format";
import { host } from "../state/host";
import type { OpenSession } from "../state/open-session";
import text from "../styles/text-styles.module.css";
import { createFileTree } from "./file-tree";
import { FileTreeView } from "./FileTreeView";
import { FileView } from "./FileView";
import styles from "./Files.module.css";

const keptName = "rein.side.file";

export function FilesTab(props: { open: OpenSession }) {
  const client = useClient();
  const cwd = () => props.open.chosen().cwd || client.models.models()?.cwd || "";
  const tree = createFileTree(cwd);
  const [file, setFile] = createSignal(keptFile(cwd()));
  const [last, setLast] = createSignal<string>();

  function open(path: string | undefined): void {
    if (path === undefined) setLast(file());
    setFile(path);
    const kept = path === undefined ? "" : JSON.stringify({ cwd: cwd(), path });
    host().windowStorage().setItem(keptName, kept);
  }

  // A run or a person may have changed them.
  const changed = () => [props.open.stage(), client.changes.of("files")];
  createEffect(on(changed, tree.refresh, { defer: true }));

  return (
    <Show
      when={file()}
      keyed
      fallback={
        <div class={styles.files}>
          <div class={styles.head}>
            <span class={`${text.muted} ${text.truncated}`} title={visibleName(cwd())}>
              <VisibleText text={lastName(cwd())} isName />
            </span>
            <IconButton icon="retry" label={t("Read again")} onClick={tree.refresh} />
          </div>
          <Show when={tree.problemOf("")}>
            {(problem) => (
              <p class={`${styles.note} ${text.problem}`} role="alert">
                <VisibleText text={problem()} />
              </p>
            )}
          </Show>
          <Show
            when={tree.rows().length > 0}
            fallback={
              <Show when={!tree.isLoading() && tree.problemOf("") === undefined}>
                <p class={`${styles.note} ${text.muted}`}>{t("The directory is empty.")}</p>
              </Show>
            }
          >
            <FileTreeView tree={tree} last={last()} open={open} />
          </Show>
          <Show when={tree.leftOf("") > 0}>
            <p class={`${styles.note} ${text.muted}`}>
              {tn(tree.leftOf(""), "{count} more is not listed", "{count} more are not listed")}
            </p>
          </Show>
        </div>
      }
    >
      {(path) => (
        <FileView open={props.open} cwd={cwd()} path={path} close={() => open(undefined)} />
      )}
    </Show>
  );
}

/** Of this directory the file that was read before the reload. */
function keptFile(cwd: string): string | undefined {
  try {
    const kept: unknown = JSON.parse(host().windowStorage().getItem(keptName) || "null");
    if (typeof kept !== "object" || kept === null || !("path" in kept) || !("cwd" in kept)) return;
    return kept.cwd === cwd && typeof kept.path === "string" ? kept.path : undefined;
  } catch {
    // Another version may have written something else.
    return undefined;
  }
}
