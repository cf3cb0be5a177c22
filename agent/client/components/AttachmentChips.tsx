/** The files of the message that is being written, each with what keeps it from being sent or read. */
import { For, Show } from "solid-js";
import { sizeOf, whyNotTaken } from "../../shared/taken-files";
import { visibleString } from "../../shared/visible-text";
import { type AttachedFile, isOnItsWay, shownAs } from "../state/attached-files";
import { useClient } from "../state/client";
import { chosenModel, findModel } from "../state/model-list";
import type { OpenSession } from "../state/open-session";
import text from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { FilePicture } from "./FilePicture";
import { Icon } from "./Icon";
import { focusMessageField } from "./message-field";
import { Spinner } from "./Spinner";
import { VisibleText } from "./VisibleText";
import styles from "./AttachmentChips.module.css";

export function AttachmentChips(props: { open: OpenSession }) {
  const { attached, kept, leaveOut } = props.open;
  const notTaken = createRefusal(props.open);
  return (
    <>
      <Show when={kept().length + attached.files().length > 0}>
        <ul class={styles.chips} aria-label="Attached files" data-testid="attached">
          <For each={kept()}>
            {(file) => {
              const shown = shownAs(file);
              return (
                <Chip
                  file={shown}
                  refusal={notTaken(shown)}
                  remove={() => {
                    leaveOut(file.hash);
                    focusMessageField();
                  }}
                />
              );
            }}
          </For>
          <For each={attached.files()}>
            {(file) => (
              <Chip
                file={file}
                refusal={notTaken(file)}
                remove={() => {
                  attached.remove(file.id);
                  focusMessageField();
                }}
              />
            )}
          </For>
        </ul>
      </Show>
      <p class={text.unseen} role="status" aria-live="polite">
        {announcement(attached.files())}
      </p>
    </>
  );
}

export function Chip(props: {
  file: AttachedFile;
  refusal: string | undefined;
  remove: () => void;
}) {
  const problem = () => props.file.error ?? props.refusal;
  return (
    <li
      class={styles.chip}
      data-testid="attached-file"
      data-state={props.file.error ? "failed" : props.file.stored ? "stored" : "uploading"}
      data-marked={problem() ? "" : undefined}
    >
      <span class={styles.picture}>
        <Show when={props.file.stored} fallback={<State file={props.file} />}>
          {(stored) => <FilePicture file={stored()} />}
        </Show>
      </span>
      <span class={styles.words}>
        <span class={text.truncated} title={props.file.name}>
          <VisibleText text={props.file.name} />
        </span>
        <span class={styles.note}>
          {problem() ??
            (isOnItsWay(props.file)
              ? `Uploading ${sizeOf(props.file.bytes)}…`
              : sizeOf(props.file.bytes))}
        </span>
      </span>
      <Button
        look="quiet"
        size="small"
        iconOnly
        aria-label={`${isOnItsWay(props.file) ? "Cancel the upload of" : "Remove"} ${visibleString(props.file.name)}`}
        onClick={() => props.remove()}
      >
        <Icon name="close" />
      </Button>
    </li>
  );
}

function State(props: { file: AttachedFile }) {
  return (
    <Show when={isOnItsWay(props.file)} fallback={<Icon name="warning" />}>
      <Spinner />
    </Show>
  );
}

/** What the chosen model cannot take is said before it is sent: the model then only learns that it was there. */
export function createRefusal(open: OpenSession): (file: AttachedFile) => string | undefined {
  const { models } = useClient().models;
  return ({ stored }) => {
    const { provider, model } = chosenModel(models(), open.chosen());
    if (stored === undefined || provider === "" || model === "") return undefined;
    const takes = findModel(models(), provider, model)?.takes;
    const why = whyNotTaken(stored, { provider, model, takes });
    return why && `${why[0]!.toUpperCase()}${why.slice(1)}`;
  };
}

function announcement(files: AttachedFile[]): string {
  const last = files.at(-1);
  if (last === undefined) return "";
  if (last.error) return `${last.name} was not attached: ${last.error}`;
  return isOnItsWay(last) ? `Uploading ${last.name}` : `${last.name} is attached`;
}
