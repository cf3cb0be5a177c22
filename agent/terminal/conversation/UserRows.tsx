/** @jsxImportSource @opentui/solid */
/** The user's message, and its files. A very long one is cut, with a card that shows the rest. */
import { createResource, createUniqueId, For, onCleanup, Show } from "solid-js";
import type { FileRef, Message } from "../../shared/protocol";
import { typedCommand } from "../../shared/message-parts";
import { describeFile, labelOf, sizeOf } from "../../shared/taken-files";
import { wordsFor } from "../../client/state/api-client";
import { useClient, useOpen } from "../../client/state/client";
import { filePath } from "../../client/state/file-path";
import { notSentWords } from "../../client/state/message-words";
import { loadTextBeginning, mostShown } from "../../client/state/text-beginning";
import { colors } from "../theme";
import { BarredRows } from "./BarredRows";
import { FoldedRows } from "./FoldedRows";
import { OpenCard } from "./OpenCard";
import { Words } from "./Words";

const maxLines = 20;

export interface UserRowsProps {
  text: string;
  files: FileRef[];
  /** Absent while it is being sent. */
  message?: Message;
}

export function UserRows(props: UserRowsProps) {
  return (
    <BarredRows color={colors.accent} isHeavy>
      <FileNames files={props.files} />
      <Show when={props.message}>{(message) => <NotSent message={message()} />}</Show>
      <Show when={props.text !== ""}>
        <Show when={props.message?.command} fallback={<Said {...props} />}>
          {(command) => (
            <OpenCard
              id={`command:${props.message?.id}`}
              head={[{ text: typedCommand(command()), color: "accent" }]}
            >
              <Said {...props} />
            </OpenCard>
          )}
        </Show>
      </Show>
    </BarredRows>
  );
}

function Said(props: UserRowsProps) {
  return (
    <FoldedRows
      text={props.text}
      look={{ color: props.message === undefined ? "muted" : "accent" }}
      lines={maxLines}
      isProse
    />
  );
}

/** Of a message, or of a tool's result. */
export function FileNames(props: { files: FileRef[] | undefined }) {
  return (
    <For each={props.files ?? []}>
      {(file) => (
        <Show
          when={file.mediaType === "text/plain"}
          fallback={<Words pieces={[{ text: `▪ ${namedIn(file)}`, color: "muted" }]} wrap="none" />}
        >
          <TextFileCard file={file} />
        </Show>
      )}
    </For>
  );
}

/** "@src/a.ts:10-20, 1 kB", or "text file a.ts, 3 kB" of one that was attached. */
function namedIn(file: FileRef): string {
  if (file.mention === undefined) return describeFile(file);
  return `${labelOf(file)}, ${sizeOf(file.bytes)}`;
}

/** Opens into the text as the model has got it. */
function TextFileCard(props: { file: FileRef }) {
  const id = createUniqueId();
  return (
    <OpenCard id={`text:${id}`} head={[{ text: namedIn(props.file), color: "muted" }]}>
      <TextFileRows file={props.file} />
    </OpenCard>
  );
}

/** Fetches when created. */
function TextFileRows(props: { file: FileRef }) {
  const open = useOpen();
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  const [shown] = createResource(
    () => filePath(props.file.hash, open.session.id),
    (wanted) => loadTextBeginning(wanted, closing.signal),
  );
  const note = () => {
    if (shown.error !== undefined) return `It cannot be shown: ${wordsFor(shown.error)}`;
    const beginning = shown();
    if (beginning === undefined) return "Loading the text…";
    return beginning.isCut ? `The first ${sizeOf(mostShown)} of it` : undefined;
  };
  const text = () => (shown.error === undefined ? shown()?.text : undefined);
  return (
    <>
      <Show when={note()}>{(words) => <Words pieces={[{ text: words(), color: "muted" }]} />}</Show>
      <Show when={text()}>{(read) => <FoldedRows text={read()} lines={maxLines} />}</Show>
    </>
  );
}

/** Which of its files the model that answered did not take. */
function NotSent(props: { message: Message }) {
  const { session } = useOpen();
  const { engines, models } = useClient();
  const words = () =>
    props.message.parts.some(({ type }) => type === "file")
      ? notSentWords(props.message, session, models.models(), engines.engines())
      : undefined;
  return (
    <Show when={words()}>{(text) => <Words pieces={[{ text: text(), color: "muted" }]} />}</Show>
  );
}
