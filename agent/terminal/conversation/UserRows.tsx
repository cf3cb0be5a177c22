/** @jsxImportSource @opentui/solid */
/** The user's message, and its files. A very long one is cut, with a card that shows the rest. */
import { For, Show } from "solid-js";
import type { FileRef, Message } from "../../shared/protocol";
import { describeFile } from "../../shared/taken-files";
import { useClient, useOpen } from "../../client/state/client";
import { notSentWords } from "../../client/state/message-words";
import { colors } from "../theme";
import { BarredRows } from "./BarredRows";
import { FoldedRows } from "./FoldedRows";
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
        <FoldedRows
          text={props.text}
          look={{ color: props.message === undefined ? "muted" : "accent" }}
          lines={maxLines}
          isProse
        />
      </Show>
    </BarredRows>
  );
}

/** Of a message, or of a tool's result. */
export function FileNames(props: { files: FileRef[] | undefined }) {
  return (
    <For each={props.files ?? []}>
      {(file) => (
        <Words pieces={[{ text: `▪ ${describeFile(file)}`, color: "muted" }]} wrap="none" />
      )}
    </For>
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
