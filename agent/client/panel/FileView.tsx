/** A file of the session's directory to be read: highlighted, with line numbers, and lines that can be commented on. */
import { createMemo, createResource, createSignal, For, onCleanup, onMount, Show } from "solid-js";
import type { TextAnswer } from "../../shared/protocol";
import { mentionOfPath } from "../../shared/mentions";
import { sizeOf } from "../../shared/taken-files";
import { visibleName } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { IconButton } from "../components/IconButton";
import { insertIntoMessage, returnToMessageField } from "../components/message-field";
import { Spinner } from "../components/Spinner";
import { VisibleText } from "../components/VisibleText";
import { api, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import text from "../styles/text-styles.module.css";
import { codeLines, type CodeLine } from "./code-lines";
import { CodeLines } from "./CodeLines";
import styles from "./Files.module.css";

/** So many lines are drawn at once, when they come near the view. */
const linesAtOnce = 200;

export interface FileViewProps {
  open: OpenSession;
  cwd: string;
  path: string;
  close: () => void;
}

export function FileView(props: FileViewProps) {
  const client = useClient();
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  const wanted = () => ({
    cwd: props.cwd,
    path: props.path,
    stage: props.open.stage(),
    changes: client.changes.of("files"),
  });
  const [read, { refetch }] = createResource(wanted, ({ cwd, path }) =>
    api.text({ cwd, path }, closing.signal),
  );
  /** The last one that could be read stays while it is read again. */
  const found = () => (read.error === undefined ? read.latest : undefined);
  let back!: HTMLButtonElement;
  onMount(() => client.side.wasAsked() && back.focus());

  return (
    <div class={styles.files} data-testid="file-view">
      <div class={styles.head}>
        <IconButton ref={back} icon="back" label={t("All files")} onClick={props.close} />
        <span class={`${text.path} ${text.truncated}`} title={visibleName(props.path)}>
          <VisibleText text={props.path} isName />
        </span>
        <Button
          size="small"
          onClick={() => {
            insertIntoMessage(`${mentionOfPath(props.path)} `);
            returnToMessageField();
          }}
        >
          {t("Mention")}
        </Button>
        <IconButton icon="retry" label={t("Read again")} onClick={() => void refetch()} />
      </div>
      <Show when={read.error}>
        {(error) => (
          <p class={`${styles.note} ${text.problem}`} role="alert">
            <VisibleText
              text={t("The file cannot be shown: {reason}", { reason: wordsFor(error()) })}
            />
          </p>
        )}
      </Show>
      <Show when={found() === undefined && read.loading}>
        <p class={styles.note}>
          <Spinner />
        </p>
      </Show>
      <Show when={found()}>{(answer) => <Shown answer={answer()} />}</Show>
    </div>
  );
}

function Shown(props: { answer: TextAnswer }) {
  /** The same text again is not drawn anew: a comment may be being written in it. */
  const shown = createMemo(() => props.answer.text);
  const blocks = createMemo(() => blocksOf(shown() ?? ""));
  return (
    <Show
      when={shown() !== undefined}
      fallback={<p class={`${styles.note} ${text.muted}`}>{whyNot(props.answer)}</p>}
    >
      <Show
        when={shown() !== ""}
        fallback={<p class={`${styles.note} ${text.muted}`}>{t("The file is empty.")}</p>}
      >
        <For each={blocks()}>{(lines) => <Block path={props.answer.path} lines={lines} />}</For>
      </Show>
    </Show>
  );
}

function whyNot({ unshown, bytes }: TextAnswer): string {
  const size = sizeOf(bytes);
  return unshown === "binary"
    ? t("A binary file of {size}: it is not shown.", { size })
    : t("A file of {size} is too long to be shown here.", { size });
}

function blocksOf(code: string): CodeLine[][] {
  const lines = codeLines(
    code
      .replace(/\n$/, "")
      .split("\n")
      .map((line, index) => ({ kind: "same", new: index + 1, text: line })),
  );
  const blocks: CodeLine[][] = [];
  for (let from = 0; from < lines.length; from += linesAtOnce)
    blocks.push(lines.slice(from, from + linesAtOnce).map((line, at) => ({ ...line, at })));
  return blocks;
}

/** Drawn once it is near the view, and then kept. */
function Block(props: { path: string; lines: CodeLine[] }) {
  const [isNear, setNear] = createSignal(props.lines[0]?.new === 1);
  const watch = (element: HTMLElement) => {
    const observer = new IntersectionObserver(
      (seen) => seen.some(({ isIntersecting }) => isIntersecting) && setNear(true),
      { rootMargin: "600px" },
    );
    observer.observe(element);
    onCleanup(() => observer.disconnect());
  };
  return (
    <Show
      when={isNear()}
      fallback={<div ref={watch} style={{ height: `${props.lines.length * 1.5}em` }} />}
    >
      <CodeLines
        path={props.path}
        lines={props.lines}
        isPlain
        label={t("Lines from {line}", { line: props.lines[0]?.new ?? 1 })}
      />
    </Show>
  );
}
