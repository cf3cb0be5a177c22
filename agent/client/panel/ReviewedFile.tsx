/** A file that has changed: its hunks, each to be accepted, reverted or commented on. What is accepted is folded. */
import { createMemo, createSignal, For, Show } from "solid-js";
import type { ReviewFile, ReviewHunk } from "../../shared/protocol";
import { visibleName } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { Icon } from "../components/Icon";
import { IconButton } from "../components/IconButton";
import { VisibleText } from "../components/VisibleText";
import { fileKindLabels } from "../state/message-words";
import text from "../styles/text-styles.module.css";
import styles from "./Changes.module.css";
import { codeLines } from "./code-lines";
import { CodeLines } from "./CodeLines";
import type { ReviewState } from "./review-state";

export interface ReviewedFileProps {
  file: ReviewFile;
  review: ReviewState;
  isSplit: boolean;
  /** Whether a commit takes it; undefined where nothing is committed. */
  isTaken: boolean | undefined;
  take(isTaken: boolean): void;
}

export function ReviewedFile(props: ReviewedFileProps) {
  const isAccepted = () => props.review.isAccepted(props.file);
  const [opened, setOpened] = createSignal<boolean>();
  const isOpen = () => opened() ?? !isAccepted();
  const name = () => visibleName(props.file.path);
  const byId = createMemo(() => new Map(props.file.hunks.map((hunk) => [hunk.id, hunk])));
  return (
    <section class={styles.file} aria-label={name()} data-testid="reviewed-file">
      <header>
        <Show when={props.isTaken !== undefined}>
          <label class={styles.taken}>
            <input
              type="checkbox"
              checked={props.isTaken}
              aria-label={t("Commit {path}", { path: name() })}
              onChange={(event) => props.take(event.currentTarget.checked)}
            />
          </label>
        </Show>
        <button
          type="button"
          class={styles.name}
          aria-expanded={isOpen()}
          onClick={() => setOpened(!isOpen())}
        >
          <Icon name="chevron" />
          <span class={`${text.path} ${styles.path}`} title={name()}>
            <VisibleText text={props.file.path} isName />
          </span>
          <span class={text.note}>{fileKindLabels[props.file.kind]}</span>
          <span class={styles.added}>+{props.file.added}</span>
          <span class={styles.removed}>−{props.file.removed}</span>
        </button>
        <Actions file={props.file} review={props.review} name={name()} />
      </header>
      <Show when={isOpen()}>
        <Show when={props.file.modes}>
          {(modes) => (
            <p class={`${styles.note} ${text.note}`}>
              {t("Mode {before} → {after}", { before: modes().before, after: modes().after })}
            </p>
          )}
        </Show>
        <Show when={props.file.unshown}>
          {(why) => <p class={`${styles.note} ${text.muted}`}>{unshownWords[why()]()}</p>}
        </Show>
        <For each={[...byId().keys()]}>
          {(id) => (
            <Show when={byId().get(id)}>
              {(hunk) => (
                <Hunk
                  file={props.file}
                  hunk={hunk()}
                  review={props.review}
                  isSplit={props.isSplit}
                />
              )}
            </Show>
          )}
        </For>
      </Show>
    </section>
  );
}

const unshownWords: Record<NonNullable<ReviewFile["unshown"]>, () => string> = {
  binary: () => t("A binary file: its content is not shown."),
  "too-long": () => t("Too long to be shown here."),
  link: () => t("A link: where it leads has changed."),
  other: () => t("It is no plain file."),
  mode: () => t("Only its mode has changed."),
  unreadable: () => t("It cannot be read."),
  filter: () => t("Git stores it through a filter, which is not run to show it."),
};

function Hunk(props: {
  file: ReviewFile;
  hunk: ReviewHunk;
  review: ReviewState;
  isSplit: boolean;
}) {
  const isAccepted = () => props.review.isAccepted(props.file, props.hunk);
  const [opened, setOpened] = createSignal<boolean>();
  const isOpen = () => opened() ?? !isAccepted();
  const name = () => visibleName(`${props.file.path} ${props.hunk.header}`);
  // By its id the texts are the same; they may stand elsewhere.
  const lines = createMemo(() => codeLines(props.hunk.lines), undefined, {
    equals: (one, other) => one[0]?.old === other[0]?.old && one[0]?.new === other[0]?.new,
  });
  return (
    <div class={styles.hunk} data-testid="hunk" data-accepted={isAccepted() ? "" : undefined}>
      <div class={styles.hunkHead}>
        <button
          type="button"
          class={styles.name}
          aria-expanded={isOpen()}
          aria-label={name()}
          onClick={() => setOpened(!isOpen())}
        >
          <Icon name="chevron" />
          <code class={text.truncated}>
            <VisibleText text={props.hunk.header} />
          </code>
        </button>
        <Actions file={props.file} hunk={props.hunk} review={props.review} name={name()} />
      </div>
      <Show when={isOpen()}>
        <CodeLines path={props.file.path} lines={lines()} isSplit={props.isSplit} label={name()} />
      </Show>
    </div>
  );
}

function Actions(props: {
  file: ReviewFile;
  hunk?: ReviewHunk;
  review: ReviewState;
  name: string;
}) {
  const isAccepted = () => props.review.isAccepted(props.file, props.hunk);
  return (
    <span class={styles.actions}>
      <IconButton
        icon="check"
        size="small"
        label={t("Accept {name}", { name: props.name })}
        aria-pressed={isAccepted()}
        onClick={() => props.review.accept(props.file, props.hunk, !isAccepted())}
      />
      <Show when={props.file.canRevert}>
        <IconButton
          icon="undo"
          size="small"
          label={t("Revert {name}", { name: props.name })}
          disabled={props.review.isReverting((props.hunk ?? props.file).id)}
          onClick={() => props.review.revert(props.file, props.hunk)}
        />
      </Show>
    </span>
  );
}
