/** The tree of files: arrow keys go through it, Enter opens a file or a folder. */
import { createEffect, createSignal, For, Show } from "solid-js";
import { t, tn } from "../../shared/translation";
import { Icon } from "../components/Icon";
import { VisibleText } from "../components/VisibleText";
import text from "../styles/text-styles.module.css";
import type { FileTree, TreeRow } from "./file-tree";
import styles from "./Files.module.css";

export interface FileTreeViewProps {
  tree: FileTree;
  /** The file that was opened last: it has the focus first. */
  last: string | undefined;
  open(path: string): void;
}

export function FileTreeView(props: FileTreeViewProps) {
  const [current, setCurrent] = createSignal(props.last);
  let list!: HTMLUListElement;
  const rows = () => props.tree.rows();
  const at = () =>
    Math.max(
      0,
      rows().findIndex(({ path }) => path === current()),
    );

  function act(row: TreeRow): void {
    setCurrent(row.path);
    if (row.entry.kind === "directory") props.tree.setOpen(row.path, !row.isOpen);
    else if (row.entry.kind === "file") props.open(row.path);
  }

  function focus(index: number): void {
    const row = rows()[Math.min(Math.max(index, 0), rows().length - 1)];
    if (row === undefined) return;
    setCurrent(row.path);
    list.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  }

  function parentOf({ path }: TreeRow): number {
    const parent = path.slice(0, path.lastIndexOf("/"));
    return rows().findIndex((one) => one.path === parent);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const row = rows()[at()];
    if (row === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const isFolder = row.entry.kind === "directory";
    const acts: Record<string, () => void> = {
      ArrowDown: () => focus(at() + 1),
      ArrowUp: () => focus(at() - 1),
      Home: () => focus(0),
      End: () => focus(rows().length - 1),
      Enter: () => act(row),
      " ": () => act(row),
      ArrowRight: () => (isFolder && !row.isOpen ? act(row) : focus(at() + 1)),
      ArrowLeft: () => (row.isOpen ? act(row) : focus(parentOf(row))),
    };
    const run = acts[event.key];
    if (run === undefined) return;
    event.preventDefault();
    run();
  }

  // Back from a file: where it was opened.
  createEffect(() => {
    if (props.last === undefined || rows().length === 0) return;
    if (document.activeElement === document.body)
      list.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  });

  return (
    <ul
      ref={list}
      class={styles.tree}
      role="tree"
      aria-label={t("Files")}
      data-testid="tree"
      onKeyDown={onKeyDown}
    >
      <For each={rows()}>
        {(row, index) => (
          <li
            role="treeitem"
            aria-level={row.depth}
            aria-expanded={row.entry.kind === "directory" ? row.isOpen : undefined}
            aria-disabled={["link", "other"].includes(row.entry.kind)}
            tabindex={index() === at() ? 0 : -1}
            style={{ "--depth": row.depth }}
            data-kind={row.entry.kind}
            data-ignored={row.entry.isIgnored ? "" : undefined}
            title={titleOf(row)}
            onClick={() => act(row)}
          >
            <Icon name={row.entry.kind === "directory" ? "chevron" : "file"} />
            <span class={text.truncated}>
              <VisibleText text={row.entry.name} isName />
            </span>
            <Note tree={props.tree} row={row} />
          </li>
        )}
      </For>
    </ul>
  );
}

function titleOf({ entry }: TreeRow): string | undefined {
  if (entry.kind === "link") return t("A link: it is not followed");
  return entry.isIgnored ? t("Ignored by git") : undefined;
}

/** What its level lacks. */
function Note(props: { tree: FileTree; row: TreeRow }) {
  const left = () => props.tree.leftOf(props.row.path);
  return (
    <Show when={props.row.isOpen}>
      <Show when={props.tree.problemOf(props.row.path)}>
        {(problem) => (
          <span class={text.problem}>
            <VisibleText text={problem()} />
          </span>
        )}
      </Show>
      <Show when={left() > 0}>
        <span class={text.note}>
          {tn(left(), "{count} more is not listed", "{count} more are not listed")}
        </span>
      </Show>
    </Show>
  );
}
