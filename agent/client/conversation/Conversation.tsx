/** The open session from its first message to its last, kept at its end unless the reader has scrolled up. */
import { createMemo, createSignal, ErrorBoundary, For, Match, Show, Switch } from "solid-js";
import { activeRun, findRun } from "../../shared/apply";
import { withoutAttempts } from "../../shared/attempts";
import type { Message } from "../../shared/protocol";
import { AttemptLine, hasLeftSomething } from "./AttemptLine";
import { Earlier } from "./Earlier";
import { EmptyPage } from "../components/EmptyPage";
import { Icon } from "../components/Icon";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import { MessageView } from "./MessageView";
import { RetryLine } from "./RetryLine";
import { RunFoot } from "./RunFoot";
import { createSticky } from "./sticky";
import { Waiting } from "./Waiting";

export function Conversation(props: { open: OpenSession }) {
  const client = useClient();
  const sticky = createSticky(() => !isEmpty(props.open));
  return (
    <div class="scroller" ref={sticky.scroller} tabindex="-1">
      <div class="conversation" ref={sticky.content}>
        <ErrorBoundary fallback={(error) => <DrawingFailed error={error} />}>
          <Switch fallback={<Messages open={props.open} />}>
            <Match when={props.open.phase() === "missing"}>
              <div class="alone">
                <h2>This session is not here (any more)</h2>
                <p>
                  <button type="button" onClick={() => client.route.go(undefined)}>
                    Start a new one
                  </button>
                </p>
              </div>
            </Match>
            <Match when={isEmpty(props.open)}>
              <EmptyPage open={props.open} />
            </Match>
          </Switch>
        </ErrorBoundary>
      </div>
      <Show when={!sticky.isAtEnd()}>
        <button type="button" class="to-end" aria-label="Jump to latest" onClick={sticky.toEnd}>
          <Icon name="down" />
        </button>
      </Show>
    </div>
  );
}

function Messages(props: { open: OpenSession }) {
  const { session } = props.open;
  const active = createMemo(() => activeRun(session));
  const runAt = (index: number) => session.messages[index]?.runId;
  const told = createMemo(() => new Set(withoutAttempts(session.messages).map(({ id }) => id)));
  const [opened, setOpened] = createSignal<string[]>([]);
  const isFolded = ({ id, runId }: Message) => !told().has(id) && !opened().includes(runId);
  const toggle = (runId: string) =>
    setOpened((all) =>
      all.includes(runId) ? all.filter((one) => one !== runId) : [...all, runId],
    );
  return (
    <>
      <Show when={session.earlier}>
        {(count) => <Earlier count={count()} load={props.open.loadEarlier} />}
      </Show>
      <For each={session.messages}>
        {(message, index) => (
          <>
            <Show when={!told().has(message.id) && runAt(index() - 1) !== message.runId}>
              <AttemptLine
                message={message}
                run={findRun(session, message.runId)}
                isOpen={opened().includes(message.runId)}
                toggle={() => toggle(message.runId)}
              />
            </Show>
            <Show when={!isFolded(message)}>
              <MessageView message={message} />
            </Show>
            <Show when={runAt(index() + 1) !== message.runId && findRun(session, message.runId)}>
              {(run) => (
                <Show when={!isFolded(message) || hasLeftSomething(run())}>
                  <RunFoot run={run()} />
                </Show>
              )}
            </Show>
          </>
        )}
      </For>
      <Show when={props.open.outgoing()}>
        {(text) => (
          <article class="message user" data-testid="message" data-role="user">
            <div class="said">{text()}</div>
          </article>
        )}
      </Show>
      <Show when={active()}>
        {(run) => (
          <>
            <Show
              when={run().retry}
              fallback={
                <Waiting
                  messages={session.messages}
                  stopping={props.open.stage() === "stopping"}
                  paused={run().pause?.state === "paused"}
                />
              }
            >
              {(retry) => <RetryLine retry={retry()} />}
            </Show>
          </>
        )}
      </Show>
    </>
  );
}

function DrawingFailed(props: { error: unknown }) {
  return (
    <div class="alone">
      <h2>This conversation cannot be drawn</h2>
      <p>
        That is a bug of this page ({String(props.error)}). Nothing is lost: reload the page, or
        export the session. Stop still works.
      </p>
    </div>
  );
}

function isEmpty({ phase, session, outgoing }: OpenSession): boolean {
  const isLoaded = phase() === "new" || phase() === "open";
  return isLoaded && session.messages.length === 0 && outgoing() === undefined;
}
