/** The files of the message that is being written, each with what keeps it from being sent or read. */
import { createEffect, createMemo, For, onMount, Show } from "solid-js";
import { groupFiles } from "../../shared/file-groups";
import { visibleString } from "../../shared/visible-text";
import { t, tn } from "../../shared/translation";
import { type AttachedFile, isOnItsWay, shownAs } from "../state/attached-files";
import { announcementOf, problemOf, progressOf, sizeWords, stateOf } from "../state/attached-words";
import { useClient } from "../state/client";
import { createRefusal } from "../state/refused-files";
import type { OpenSession } from "../state/open-session";
import text from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { FilePicture } from "./FilePicture";
import { Icon } from "./Icon";
import { focusMessageField, insertIntoMessage } from "./message-field";
import { VisibleText } from "./VisibleText";
import styles from "./AttachmentChips.module.css";

export function AttachmentChips(props: { open: OpenSession }) {
  const { attached, kept, leaveOut } = props.open;
  const notTaken = createRefusal(useClient(), props.open);
  /** By name or id: a chip, and the focus in it, outlives the progress of its upload. */
  const groups = createMemo(
    () =>
      new Map(
        groupFiles(attached.files()).map(({ folder, files }) => [folder ?? files[0]!.id, files]),
      ),
  );
  const onWay = () => attached.files().filter(isOnItsWay);
  const failed = () => attached.files().filter(({ error, brought }) => error && brought);
  const idsOf = (files: readonly AttachedFile[]) => files.map(({ id }) => id);

  function remove(files: readonly AttachedFile[]): void {
    attached.remove(idsOf(files));
    focusMessageField();
  }

  async function pasteAsText(file: AttachedFile): Promise<void> {
    const pasted = await file.brought?.content.text();
    remove([file]);
    insertIntoMessage(pasted ?? "");
  }

  return (
    <>
      <Show when={kept().length + attached.files().length > 0}>
        <ul class={styles.chips} aria-label={t("Attached files")} data-testid="attached">
          <For each={kept()}>
            {(file) => {
              const shown = shownAs(file);
              return (
                <Chip
                  files={[shown]}
                  refusal={notTaken(shown)}
                  remove={() => {
                    leaveOut(file.hash);
                    focusMessageField();
                  }}
                />
              );
            }}
          </For>
          <For each={[...groups().keys()]}>
            {(key) => {
              const files = createMemo((before: AttachedFile[]) => groups().get(key) ?? before, []);
              const pasted = () => files().find(({ brought }) => brought?.isPasted);
              return (
                <Chip
                  folder={files().length > 1 ? key : undefined}
                  files={files()}
                  refusal={files().map(notTaken).find(Boolean)}
                  remove={() => remove(files())}
                  tryAgain={() => attached.tryAgain(idsOf(files()))}
                  pasteAsText={pasted() && (() => void pasteAsText(pasted()!))}
                />
              );
            }}
          </For>
        </ul>
      </Show>
      <Show when={onWay().length > 1 || failed().length > 1}>
        <p class={styles.all}>
          <Show when={onWay().length > 1}>
            <Button size="small" onClick={() => remove(onWay())}>
              {tn(onWay().length, "Cancel all {count} uploads", "Cancel all {count} uploads")}
            </Button>
          </Show>
          <Show when={failed().length > 1}>
            <Button size="small" onClick={() => attached.tryAgain(idsOf(failed()))}>
              {tn(failed().length, "Try all {count} again", "Try all {count} again")}
            </Button>
            <Button size="small" look="quiet" onClick={() => remove(failed())}>
              {t("Remove them")}
            </Button>
          </Show>
        </p>
      </Show>
      <p class={text.unseen} role="status" aria-live="polite">
        {announcementOf(attached.files())}
      </p>
    </>
  );
}

export interface ChipProps {
  /** Its files are all in it. */
  folder?: string | undefined;
  files: readonly AttachedFile[];
  refusal: string | undefined;
  remove: () => void;
  tryAgain?: () => void;
  /** Of a long text that was pasted. */
  pasteAsText?: (() => void) | undefined;
}

export function Chip(props: ChipProps) {
  const name = () => props.folder ?? props.files[0]?.name ?? "";
  const state = () => stateOf(props.files);
  const isOnWay = () => state() === "uploading" || state() === "waiting";
  const problem = () => problemOf(props.files) ?? props.refusal;
  const canTryAgain = () => props.files.some(({ error, brought }) => error && brought);
  const label = () => visibleString(name());
  let chip!: HTMLLIElement;
  // The list of many scrolls: a new one, and one that cannot be sent, is never below its edge.
  const show = () => chip.scrollIntoView({ block: "nearest" });
  onMount(show);
  createEffect(() => problem() && show());
  return (
    <li
      ref={chip}
      class={styles.chip}
      data-testid="attached-file"
      data-state={state()}
      data-marked={problem() ? "" : undefined}
    >
      <span class={styles.picture}>
        <ChipPicture {...props} />
      </span>
      <span class={styles.words}>
        <span class={text.truncated} title={label()}>
          <VisibleText text={name()} />
        </span>
        <span class={styles.note}>
          <Show when={problem()} fallback={sizeWords(props.files)}>
            {(words) => <VisibleText text={words()} />}
          </Show>
        </span>
        <Show when={isOnWay()}>
          <span
            class={styles.progress}
            role="progressbar"
            aria-label={t("Upload of {name}", { name: label() })}
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow={progressOf(props.files)}
            aria-valuetext={sizeWords(props.files)}
          >
            <span style={{ width: `${progressOf(props.files)}%` }} />
          </span>
        </Show>
      </span>
      <Show when={props.tryAgain && !isOnWay() && canTryAgain()}>
        <Button
          size="small"
          aria-label={t("Try again: {name}", { name: label() })}
          onClick={() => props.tryAgain?.()}
        >
          {t("Try again")}
        </Button>
      </Show>
      <Show when={props.pasteAsText}>
        <Button
          size="small"
          title={t("Put it into the message instead")}
          onClick={() => props.pasteAsText?.()}
        >
          {t("As text")}
        </Button>
      </Show>
      <Button
        look="quiet"
        size="small"
        iconOnly
        aria-label={
          isOnWay()
            ? t("Cancel the upload of {name}", { name: label() })
            : t("Remove {name}", { name: label() })
        }
        title={isOnWay() ? t("Cancel") : t("Remove")}
        onClick={() => props.remove()}
      >
        <Icon name="close" />
      </Button>
    </li>
  );
}

function ChipPicture(props: ChipProps) {
  const stored = () => (props.folder === undefined ? props.files[0]?.stored : undefined);
  // The same while others are uploaded: the picture is not drawn anew with their progress.
  const content = createMemo(() => props.files[0]?.brought?.content);
  const icon = () => {
    if (stateOf(props.files) === "failed") return "warning";
    return props.folder === undefined ? "file" : "folder";
  };
  return (
    <Show when={stored()} fallback={<Icon name={icon()} />}>
      {(file) => <FilePicture file={file()} content={content()} />}
    </Show>
  );
}
