/** The files of a message or a tool's result: pictures small, to be opened; texts, to be read; PDFs, to be saved; folders by name. */
import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { groupFiles } from "../../shared/file-groups";
import type { FileRef } from "../../shared/protocol";
import { describeFile, isPicture, labelOf, sizeOf } from "../../shared/taken-files";
import { visibleString } from "../../shared/visible-text";
import { t, tn } from "../../shared/translation";
import { Button } from "../components/Button";
import { download } from "../components/download";
import { FilePicture } from "../components/FilePicture";
import { VisibleText } from "../components/VisibleText";
import { useClient, useOpen } from "../state/client";
import { filePath } from "../state/file-path";
import text from "../styles/text-styles.module.css";
import { Disclosure } from "./Disclosure";
import styles from "./FileList.module.css";

export function FileList(props: { files: FileRef[] | undefined }) {
  const attached = () => (props.files ?? []).filter(({ mention }) => mention === undefined);
  const mentioned = () => (props.files ?? []).filter(({ mention }) => mention !== undefined);
  const groups = createMemo(() => groupFiles(attached()));
  const alone = createMemo(() =>
    groups().flatMap(({ files }) => (files.length === 1 ? files : [])),
  );
  const folders = () => groups().filter(({ files }) => files.length > 1);
  const pictures = () => alone().filter(isPicture);
  const documents = () => alone().filter((file) => !isPicture(file));
  return (
    <>
      <Show when={pictures().length > 0}>
        <ul
          class={styles.pictures}
          style={{ "--count": pictures().length }}
          aria-label={t("Pictures")}
        >
          <For each={pictures()}>
            {(file) => (
              <li>
                <Picture file={file} class={styles.picture}>
                  {(onAddress) => <FilePicture file={file} onAddress={onAddress} />}
                </Picture>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Documents files={documents()} label={t("Documents")} />
      <Documents files={mentioned()} label={t("Mentions")} />
      <For each={folders()}>
        {({ folder, files }) => (
          <Disclosure
            testId="folder"
            summary={
              <>
                <VisibleText text={folder ?? ""} /> ·{" "}
                {tn(files.length, "{count} file", "{count} files")}
              </>
            }
          >
            <Documents files={files} label={visibleString(folder ?? "")} />
          </Disclosure>
        )}
      </For>
    </>
  );
}

function Documents(props: { files: FileRef[]; label: string }) {
  return (
    <Show when={props.files.length > 0}>
      <ul class={styles.documents} aria-label={props.label}>
        <For each={props.files}>
          {(file) => (
            <li>
              <Show
                when={isPicture(file)}
                fallback={
                  <Show when={file.mediaType === "text/plain"} fallback={<SavedFile file={file} />}>
                    <ReadFile file={file} />
                  </Show>
                }
              >
                <Picture file={file} class={styles.named}>
                  {(onAddress) => <NamedFile file={file} onAddress={onAddress} />}
                </Picture>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}

interface PictureProps {
  file: FileRef;
  class: string | undefined;
  children: (onAddress: (address: string) => void) => JSX.Element;
}

function Picture(props: PictureProps) {
  const [address, setAddress] = createSignal<string>();
  const label = () => describeFile(props.file);
  return (
    <a
      class={props.class}
      href={address()}
      target="_blank"
      rel="noopener"
      aria-label={t("Open {file}", { file: label() })}
      title={label()}
      data-testid="picture"
    >
      {props.children(setAddress)}
    </a>
  );
}

function SavedFile(props: { file: FileRef }) {
  const { notices } = useClient();
  const open = useOpen();
  const path = () => filePath(props.file.hash, open.session.id);
  const label = () => describeFile(props.file);
  return (
    <Button
      class={styles.document}
      aria-label={t("Save {file}", { file: label() })}
      title={label()}
      onClick={() => void download(path(), notices, props.file.name)}
    >
      <NamedFile file={props.file} />
    </Button>
  );
}

function ReadFile(props: { file: FileRef }) {
  const client = useClient();
  const label = () => describeFile(props.file);
  return (
    <Button
      class={styles.document}
      aria-label={t("Read {file}", { file: label() })}
      title={label()}
      onClick={() => client.view(props.file)}
    >
      <NamedFile file={props.file} />
    </Button>
  );
}

function NamedFile(props: { file: FileRef; onAddress?: (address: string) => void }) {
  return (
    <>
      <span class={styles.icon}>
        <FilePicture {...props} />
      </span>
      <span class={text.truncated}>
        <VisibleText text={labelOf(props.file)} />
      </span>
      <span class={text.note}>{sizeOf(props.file.bytes)}</span>
    </>
  );
}
