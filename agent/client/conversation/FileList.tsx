/** The files of a message or a tool's result: pictures small, to be opened; PDFs by name, to be saved. */
import { createSignal, For, Show } from "solid-js";
import type { FileRef } from "../../shared/protocol";
import { describeFile } from "../../shared/taken-files";
import { visibleString } from "../../shared/visible-text";
import { Button } from "../components/Button";
import { download } from "../components/download";
import { FilePicture } from "../components/FilePicture";
import { VisibleText } from "../components/VisibleText";
import { useClient } from "../state/client";
import text from "../styles/text-styles.module.css";
import styles from "./FileList.module.css";

export function FileList(props: { files: FileRef[] | undefined }) {
  const isDocument = ({ mediaType }: FileRef) => mediaType === "application/pdf";
  const pictures = () => props.files?.filter((file) => !isDocument(file)) ?? [];
  const documents = () => props.files?.filter(isDocument) ?? [];
  return (
    <>
      <Show when={pictures().length > 0}>
        <ul class={styles.pictures} style={{ "--count": pictures().length }} aria-label="Pictures">
          <For each={pictures()}>
            {(file) => (
              <li>
                <Picture file={file} />
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={documents().length > 0}>
        <ul class={styles.documents} aria-label="Documents">
          <For each={documents()}>
            {(file) => (
              <li>
                <Document file={file} />
              </li>
            )}
          </For>
        </ul>
      </Show>
    </>
  );
}

function Picture(props: { file: FileRef }) {
  const [address, setAddress] = createSignal<string>();
  const label = () => visibleString(describeFile(props.file));
  return (
    <a
      class={styles.picture}
      href={address()}
      target="_blank"
      rel="noopener"
      aria-label={`Open ${label()}`}
      title={label()}
      data-testid="picture"
    >
      <FilePicture file={props.file} onAddress={setAddress} />
    </a>
  );
}

function Document(props: { file: FileRef }) {
  const { notices } = useClient();
  const label = () => visibleString(describeFile(props.file));
  return (
    <Button
      class={styles.document}
      aria-label={`Save ${label()}`}
      title={label()}
      onClick={() => void download(`/api/files/${props.file.hash}`, notices, props.file.name)}
    >
      <span class={styles.icon}>
        <FilePicture file={props.file} />
      </span>
      <span class={text.truncated}>
        <VisibleText text={props.file.name} />
      </span>
    </Button>
  );
}
