/** One tool call: its input while the model writes it, its output, its duration and its outcome. */
import { createMemo, createSignal, For, Show } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { isOutcome, type ToolCallPart } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { callProblem } from "../../shared/limit-hit-words";
import { CopyButton } from "../components/CopyButton";
import { deferred } from "../components/deferred";
import { Elapsed } from "../components/Elapsed";
import { Icon, type IconName } from "../components/Icon";
import { Spinner } from "../components/Spinner";
import { SmallStop } from "../components/StopButton";
import { VisibleText } from "../components/VisibleText";
import { useOpen } from "../state/client";
import text from "../styles/text-styles.module.css";
import { ApprovalBox } from "./ApprovalBox";
import card from "./card.module.css";
import { readDiff } from "../state/diff-lines";
import { DiffView } from "./DiffView";
import { FileList } from "./FileList";
import { FoldedText } from "./FoldedText";
import styles from "./ToolCard.module.css";
import {
  detailsOf,
  fromDirectory,
  inputOf,
  isShortDetail,
  purposeOf,
  shownName,
  shownSubject,
} from "../state/tool-input";
import { earlierWords, type Tail, tailOf } from "../state/output-tail";
import {
  backgroundWords,
  hasOwnStop,
  liveLines,
  shownOutput,
  toolStateOf,
} from "../state/tool-view";

const HookLines = deferred(async () => (await import("./HookLines")).HookLines);
const WholeOutput = deferred(async () => (await import("./WholeOutput")).WholeOutput);

/** By the name of a tool of Rein's, or by what a tool of an engine does. */
const icons = new Map<string, IconName>([
  ["bash", "terminal"],
  ["execute", "terminal"],
  ["read", "file"],
  ["write", "edit"],
  ["edit", "edit"],
  ["apply_patch", "edit"],
  ["move", "edit"],
  ["delete", "close"],
  ["glob", "search"],
  ["grep", "search"],
  ["search", "search"],
  ["fetch", "globe"],
  ["switch_mode", "settings"],
  ["subagent", "branch"],
  ["todo", "check"],
  ["plan", "file"],
  ["skill", "file"],
  ["memory", "pin"],
]);

export function ToolCard(props: { part: ToolCallPart; runId: string }) {
  const open = useOpen();
  const [choice, setChoice] = createSignal<boolean>();
  const input = createMemo(() => inputOf(props.part));
  const subject = () => fromDirectory(shownSubject(input(), props.part.title), open.session.cwd);
  const name = () => shownName(props.part);
  const isAsking = () => props.part.state === "waiting" && props.part.approval !== undefined;
  const isExpanded = () => choice() ?? !isOutcome(props.part.state);
  const stop = () => open.stopPart({ runId: props.runId, toolCallId: props.part.id });
  return (
    <section
      class={card.card}
      data-testid="tool-card"
      data-state={props.part.state}
      data-tool={props.part.name}
      aria-label={visibleString(`${name()} ${subject()}`)}
    >
      <div class={card.head}>
        <button
          type="button"
          class={card.toggle}
          aria-expanded={isExpanded()}
          onClick={() => setChoice(!isExpanded())}
        >
          <Icon name={icons.get(props.part.kind ?? props.part.name) ?? "spark"} />
          <span class={styles.name} title={visibleString(props.part.name)}>
            <VisibleText text={name()} />
          </span>
          {/* While it asks, the box below says all of it. */}
          <Show when={!isAsking()}>
            <code class={text.truncated}>
              <VisibleText text={subject()} />
            </code>
          </Show>
        </button>
        <State part={props.part} />
        <Show when={hasOwnStop(props.part)}>
          <SmallStop
            label={t("Stop {name}", { name: visibleString(props.part.name) })}
            stopping={open.isStopping(props.part.id)}
            onStop={stop}
          />
        </Show>
      </div>
      <Show when={props.part.diff}>
        {(diff) => (
          <div class={styles.diff}>
            <DiffView lines={readDiff(diff())} />
          </div>
        )}
      </Show>
      <Show when={isExpanded() && props.part.diff === undefined && !isAsking()}>
        <Show when={purposeOf(input(), props.part.title)}>
          {(purpose) => (
            <p class={`${card.body} ${text.note}`}>
              <VisibleText text={purpose()} />
            </p>
          )}
        </Show>
        <For each={detailsOf(input(), props.part.title, open.session.cwd)}>
          {(detail) => <Detail {...detail} isWriting={props.part.state === "writing"} />}
        </For>
      </Show>
      <ApprovalBox part={props.part} />
      <Show when={props.part.progress}>
        {(progress) => (
          <p class={`${card.body} ${text.note}`}>
            <VisibleText text={progress()} />
          </p>
        )}
      </Show>
      <Output part={props.part} expanded={isExpanded()} />
      <Show when={props.part.hooks?.length}>
        <div class={card.section}>
          <HookLines hooks={props.part.hooks ?? []} />
        </div>
      </Show>
      <Show when={props.part.files?.length}>
        <div class={card.section}>
          <FileList files={props.part.files} />
        </div>
      </Show>
      <Show when={callProblem(props.part)}>
        {(error) => (
          <p class={`${card.section} ${styles.error}`}>
            <Icon name="warning" />
            <VisibleText text={error()} />
          </p>
        )}
      </Show>
    </section>
  );
}

function Detail(props: { name: string; text: string; isWriting: boolean }) {
  const isShort = () => isShortDetail(props.text, props.isWriting);
  return (
    <div class={card.body}>
      <div class={text.note}>
        <VisibleText text={props.name} />
        <Show when={isShort()}>
          {": "}
          <span class={text.muted}>
            <VisibleText text={props.text} />
          </span>
        </Show>
      </div>
      <Show when={!isShort()}>
        <Show when={props.isWriting} fallback={<FoldedText text={props.text} label={props.name} />}>
          <LastLines text={props.text} />
        </Show>
      </Show>
    </div>
  );
}

function State(props: { part: ToolCallPart }) {
  const { control } = useOpen();
  const state = createMemo(() => toolStateOf(props.part, control.pauseState()));
  const isAtWork = () => props.part.state === "running" || props.part.state === "writing";
  return (
    <span class={`${styles.state} ${text.state}`} data-state={props.part.state}>
      <span>{state().words}</span>
      {/* An engine may have begun it before it asks. */}
      <Show when={state().isTimed && props.part.startedAt}>
        {(startedAt) => <Elapsed from={startedAt()} to={props.part.endedAt} />}
      </Show>
      <Show when={props.part.state === "done"}>
        <Icon name="check" />
      </Show>
      <Show when={isAtWork() && !state().isHalted}>
        <Spinner />
      </Show>
    </span>
  );
}

function LastLines(props: { text: string }) {
  const tail = createMemo(() => tailOf(props.text, liveLines));
  return <TailView tail={tail()} />;
}

function TailView(props: { tail: Tail }) {
  return (
    <>
      <Show when={earlierWords(props.tail)}>
        {(words) => <div class={text.note}>{words()}</div>}
      </Show>
      <Show when={props.tail.text !== ""}>
        <pre class={card.text} tabindex="0">
          <VisibleText text={props.tail.text} />
        </pre>
      </Show>
    </>
  );
}

function Output(props: { part: ToolCallPart; expanded: boolean }) {
  const { session } = useOpen();
  const output = createMemo(() => shownOutput(props.part, session, props.expanded));
  return (
    <Show when={output()}>
      {(shown) => (
        <div class={`${card.section} ${card.output}`}>
          <TailView tail={shown()} />
          <Show when={shown().isBackground}>
            <div class={text.note}>{backgroundWords()}</div>
          </Show>
          <Show when={props.expanded && isOutcome(props.part.state)}>
            <CopyButton text={props.part.output} what={t("output")} />
            <Show when={props.part.outputFile}>
              {(file) => <WholeOutput callId={props.part.id} characters={file().characters} />}
            </Show>
          </Show>
        </div>
      )}
    </Show>
  );
}
