/** A small picture of an attached file; of another file, and of a picture that is gone, an icon. */
import { Show } from "solid-js";
import type { FileRef } from "../../shared/protocol";
import { isPicture } from "../../shared/taken-files";
import { createFileAddress } from "../state/file-address";
import { Icon } from "./Icon";
import styles from "./FilePicture.module.css";

/** `onAddress` is given an address of the whole picture. */
export function FilePicture(props: { file: FileRef; onAddress?: (address: string) => void }) {
  return (
    <Show
      when={isPicture(props.file)}
      fallback={
        <span class={styles.none}>
          <Icon name="file" />
        </span>
      }
    >
      <Loaded {...props} />
    </Show>
  );
}

function Loaded(props: { file: FileRef; onAddress?: (address: string) => void }) {
  const address = createFileAddress(() => props.file.hash);
  return (
    <Show
      when={address()}
      fallback={
        <span class={styles.none} data-state={address() === null ? "gone" : "loading"}>
          <Show when={address() === null}>
            <Icon name="warning" />
          </Show>
        </span>
      }
    >
      {(shown) => (
        <img
          class={styles.picture}
          src={shown()}
          alt=""
          draggable={false}
          onLoad={() => props.onAddress?.(shown())}
        />
      )}
    </Show>
  );
}
