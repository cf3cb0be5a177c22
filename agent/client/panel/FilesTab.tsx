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
  const [shown, setShown] = createSignal(keptFile());
  /** After a reload the directory is known a moment later than the file. */
  const file = () => (shown()?.cwd === cwd() ? shown()?.path : undefined);
  const [last, setLast] = createSignal<string>();

  function open(path: string | undefined): void {
    if (path === undefined) setLast(file());
    setShown(path === undefined ? undefined : { cwd: cwd(), path });
    host()
      .windowStorage()
      .setItem(keptName, JSON.stringify(shown() ?? null));
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

interface ShownFile {
  cwd: string;
  path: string;
}

/** The file that was read before the reload. */
function keptFile(): ShownFile | undefined {
  try {
    const kept: unknown = JSON.parse(host().windowStorage().getItem(keptName) || "null");
    if (typeof kept !== "object" || kept === null || !("path" in kept) || !("cwd" in kept)) return;
    const { cwd, path } = kept;
    return typeof cwd === "string" && typeof path === "string" ? { cwd, path } : undefined;
  } catch {
    // Another version may have written something else.
    return undefined;
  }
}
