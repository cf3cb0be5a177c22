/** A small picture of an attached file; of another file, and of a picture that is gone, an icon. */
import { Show } from "solid-js";
import type { FileRef } from "../../shared/protocol";
import { isPicture } from "../../shared/taken-files";
import { useOpen } from "../state/client";
import { createFileAddress } from "../state/file-address";
import { Icon } from "./Icon";
import styles from "./FilePicture.module.css";

interface FilePictureProps {
  file: FileRef;
  /** Of one that was brought into this page. */
  content?: Blob | undefined;
  /** Is given an address of the whole picture. */
  onAddress?: (address: string) => void;
}

export function FilePicture(props: FilePictureProps) {
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

function Loaded(props: FilePictureProps) {
  const open = useOpen();
  const address = createFileAddress(
    () => props.file.hash,
    () => props.content,
    () => open.session.id,
  );
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
