/** The messages of a session and what each run left, with retried attempts folded. */
import { createMemo, createSignal, For, Show } from "solid-js";
import { branchOf } from "../../shared/branches";
import type { Message } from "../../shared/protocol";
import { activeRun, findRun } from "../../shared/session-lookup";
import { useClient } from "../state/client";
import { engineName, usesOwnLogin } from "../state/engine-list";
import {
  droppedOutputs,
  droppedWords,
  hasLeftSomething,
  unreadableWords,
} from "../state/message-words";
import type { OpenSession } from "../state/open-session";
import { AttemptLine } from "./AttemptLine";
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
  const { session } = props.open;
  const active = createMemo(() => activeRun(session));
  const runAt = (index: number) => session.messages[index]?.runId;
  const current = createMemo(() => new Set(branchOf(session).map(({ id }) => id)));
  const dropped = createMemo(() => droppedOutputs(session.messages));
  const [opened, setOpened] = createSignal<string[]>([]);
  const isFolded = ({ id, runId }: Message) => !current().has(id) && !opened().includes(runId);
  const toggle = (runId: string) =>
    setOpened((all) =>
      all.includes(runId) ? all.filter((one) => one !== runId) : [...all, runId],
    );
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
      <For each={session.messages}>
        {(message, index) => (
          <>
            <Show when={!current().has(message.id) && runAt(index() - 1) !== message.runId}>
              <AttemptLine
                message={message}
                isOpen={opened().includes(message.runId)}
                toggle={() => toggle(message.runId)}
              />
            </Show>
            <Show when={!isFolded(message)}>
              <MessageView message={message} next={session.messages[index() + 1]} />
            </Show>
            <Show when={dropped()?.messageId === message.id && dropped()}>
              {(shown) => (
                <p class={text.note} role="note" data-testid="outputs-dropped">
                  {droppedWords(shown().count)}
                </p>
              )}
            </Show>
            <Show when={runAt(index() + 1) !== message.runId && findRun(session, message.runId)}>
              {(run) => (
                <Show when={!isFolded(message) || hasLeftSomething(run())}>
                  <RunFooter run={run()} />
                </Show>
              )}
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
