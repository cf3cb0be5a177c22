/** @jsxImportSource @opentui/solid */
/** The messages of a session and what each run left, of the branch that is shown. */
import { createMemo, For, Show } from "solid-js";
import { refusalTexts } from "../../shared/message-parts";
import type { Message } from "../../shared/protocol";
import { activeRun, findRun } from "../../shared/session-lookup";
import { useClient } from "../../client/state/client";
import { engineName, usesOwnLogin } from "../../client/state/engine-list";
import { unreadableWords } from "../../client/state/message-words";
import type { OpenSession } from "../../client/state/open-session";
import { createPlainTexts, PlainTextsProvider } from "./plain-texts";
import { MessageRows } from "./MessageRows";
import { LimitRows, RetryRows, StallRows } from "./QuestionRows";
import { PlaceRows } from "./PlaceRows";
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
  const { session, branch } = props.open;
  const shown = createMemo(() => branch.messages().slice(props.first));
  const plain = createPlainTexts(shown);
  const at = (index: number): Message | undefined => branch.messages()[props.first + index];
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
            <Show when={hasContent(message)}>
              <MessageRows message={message} next={at(index() + 1)} />
            </Show>
            <Show when={message.role === "user" && at(index() - 1)?.runId !== message.runId}>
              <PlaceRows open={props.open} runId={message.runId} />
            </Show>
            <Show
              when={at(index() + 1)?.runId !== message.runId && findRun(session, message.runId)}
            >
              {(run) => <RunRows run={run()} />}
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
