/** @jsxImportSource @opentui/solid */
/** The messages of a session and what each run left, with retried attempts folded. */
import { createMemo, createSignal, For, Show } from "solid-js";
import { branchOf } from "../../shared/branches";
import { refusalTexts, textOf } from "../../shared/message-parts";
import type { Message } from "../../shared/protocol";
import { activeRun, findRun } from "../../shared/session-lookup";
import { useClient } from "../../client/state/client";
import { engineName, usesOwnLogin } from "../../client/state/engine-list";
import { hasLeftSomething, unreadableWords } from "../../client/state/message-words";
import type { OpenSession } from "../../client/state/open-session";
import { Card } from "./Card";
import { createPlainTexts, PlainTextsProvider } from "./plain-texts";
import { MessageRows } from "./MessageRows";
import { LimitRows, RetryRows, StallRows } from "./QuestionRows";
import { RunRows } from "./RunRows";
import { UserRows } from "./UserRows";
import { WaitingRows } from "./WaitingRows";
import { Words } from "./Words";

export interface MessageListRowsProps {
  open: OpenSession;
  /** The index of the first message that is drawn. */
  first: number;
}

export function MessageListRows(props: MessageListRowsProps) {
  const { session } = props.open;
  const current = createMemo(() => new Set(branchOf(session).map(({ id }) => id)));
  const [opened, setOpened] = createSignal<readonly string[]>([]);
  const isFolded = ({ id, runId }: Message) => !current().has(id) && !opened().includes(runId);
  const toggle = (runId: string) =>
    setOpened((all) =>
      all.includes(runId) ? all.filter((one) => one !== runId) : [...all, runId],
    );
  const shown = createMemo(() => session.messages.slice(props.first));
  const plain = createPlainTexts(shown);
  const at = (index: number): Message | undefined => session.messages[props.first + index];
  const earlier = () => (session.earlier ?? 0) + props.first;
  return (
    <PlainTextsProvider value={plain}>
      <Show when={earlier() > 0}>
        <Words pieces={[{ text: `${earlier()} earlier messages`, color: "muted" }]} />
      </Show>
      <Show when={session.unreadable}>
        {(count) => <Words pieces={[{ text: unreadableWords(count()), color: "warning" }]} />}
      </Show>
      <For each={shown()}>
        {(message, index) => (
          <box flexDirection="column" flexShrink={0} marginTop={1} rowGap={1}>
            <Show when={!current().has(message.id) && at(index() - 1)?.runId !== message.runId}>
              <Card
                id={`attempt:${message.runId}`}
                head={[
                  { text: opened().includes(message.runId) ? "▾ " : "▸ ", color: "muted" },
                  { text: "Earlier attempt: ", color: "muted" },
                  { text: textOf(message).slice(0, 200), color: "muted", prose: true },
                ]}
                actions={[
                  {
                    key: "Enter",
                    label: "show or hide: the model does not see it",
                    run: () => toggle(message.runId),
                  },
                ]}
              />
            </Show>
            <Show when={!isFolded(message) && hasContent(message)}>
              <MessageRows message={message} next={at(index() + 1)} />
            </Show>
            <Show
              when={at(index() + 1)?.runId !== message.runId && findRun(session, message.runId)}
            >
              {(run) => (
                <Show when={!isFolded(message) || hasLeftSomething(run())}>
                  <RunRows run={run()} />
                </Show>
              )}
            </Show>
          </box>
        )}
      </For>
      <box flexDirection="column" flexShrink={0} marginTop={1} rowGap={1}>
        <Show when={props.open.outgoing()}>
          {(sent) => (
            <Show when={sent().text !== "" || sent().files.length > 0}>
              <UserRows text={sent().text} files={sent().files} />
            </Show>
          )}
        </Show>
        <ActiveRows open={props.open} />
      </box>
    </PlainTextsProvider>
  );
}

/** A request that failed leaves an answer of nothing. */
function hasContent(message: Message): boolean {
  return (
    message.parts.length > 0 || message.summary !== undefined || refusalTexts(message).length > 0
  );
}

/** What the active run waits for. */
function ActiveRows(props: { open: OpenSession }) {
  const { engines } = useClient().engines;
  const { session } = props.open;
  const active = createMemo(() => activeRun(session));
  return (
    <Show when={active()}>
      {(run) => (
        <>
          <Show
            when={run().retry}
            fallback={
              <WaitingRows
                messages={session.messages}
                stopping={props.open.stage() === "stopping"}
                paused={run().pause?.state === "paused"}
                run={run()}
                engine={engineName(engines(), session.engine)}
                usesOwnLogin={usesOwnLogin(session)}
              />
            }
          >
            {(retry) => <RetryRows id="retry" retry={retry()} />}
          </Show>
          <StallRows />
          <LimitRows />
        </>
      )}
    </Show>
  );
}
