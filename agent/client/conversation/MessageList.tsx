/** The messages of the branch that is shown, by day, and what each run left. */
import { createMemo, For, Show } from "solid-js";
import type { Message } from "../../shared/protocol";
import { activeRun, findRun } from "../../shared/session-lookup";
import { useClient } from "../state/client";
import { engineName, usesOwnLogin } from "../state/engine-list";
import { dayName, isSameDay } from "../state/format";
import { droppedOutputs, droppedWords, unreadableWords } from "../state/message-words";
import type { OpenSession } from "../state/open-session";
import { EarlierMessages } from "./EarlierMessages";
import text from "../styles/text-styles.module.css";
import styles from "./MessageList.module.css";
import { MessageView } from "./MessageView";
import { RetryLine } from "./RetryLine";
import { RunFooter } from "./RunFooter";
import { UserMessage } from "./UserMessage";
import { WaitingLine } from "./WaitingLine";

export function MessageList(props: { open: OpenSession }) {
  const { engines } = useClient();
  const { session, branch } = props.open;
  const active = createMemo(() => activeRun(session));
  const at = (index: number): Message | undefined => branch.messages()[index];
  const dropped = createMemo(() => droppedOutputs(branch.messages()));
  return (
    <div class={styles.messages}>
      <Show when={session.earlier}>
        {(count) => <EarlierMessages count={count()} load={props.open.loadEarlier} />}
      </Show>
      <Show when={session.unreadable}>
        {(count) => (
          <p class={text.note} role="note" data-testid="unreadable">
            {unreadableWords(count())}
          </p>
        )}
      </Show>
      <For each={branch.messages()}>
        {(message, index) => (
          <>
            <Show when={beginsDay(message, at(index() - 1))}>
              <p class={styles.day} data-testid="day">
                <time dateTime={new Date(message.createdAt).toISOString()}>
                  {dayName(message.createdAt, Date.now())}
                </time>
              </p>
            </Show>
            <MessageView
              message={message}
              before={at(index() - 1) ?? null}
              next={at(index() + 1)}
            />
            <Show when={dropped()?.messageId === message.id && dropped()}>
              {(shown) => (
                <p class={text.note} role="note" data-testid="outputs-dropped">
                  {droppedWords(shown().count)}
                </p>
              )}
            </Show>
            <Show
              when={at(index() + 1)?.runId !== message.runId && findRun(session, message.runId)}
            >
              {(run) => <RunFooter run={run()} />}
            </Show>
          </>
        )}
      </For>
      <Show when={props.open.outgoing()}>
        {(sent) => (
          <Show when={sent().text !== "" || sent().files.length > 0}>
            <UserMessage text={sent().text} files={sent().files} isOutgoing />
          </Show>
        )}
      </Show>
      <Show when={active()}>
        {(run) => (
          <Show
            when={run().retry}
            fallback={
              <WaitingLine
                messages={session.messages}
                stopping={props.open.stage() === "stopping"}
                paused={run().pause?.state === "paused"}
                run={run()}
                engine={engineName(engines.engines(), session.engine)}
                usesOwnLogin={usesOwnLogin(session)}
              />
            }
          >
            {(retry) => <RetryLine retry={retry()} />}
          </Show>
        )}
      </Show>
    </div>
  );
}

/** What the person said on another day than what was said before; of the first message, on another day than today. */
function beginsDay({ role, createdAt }: Message, before: Message | undefined): boolean {
  return role === "user" && !isSameDay(createdAt, before?.createdAt ?? Date.now());
}
