/** The open session: its messages, the page for an empty one, or why it cannot be shown. */
import { ErrorBoundary, Match, Show, Switch } from "solid-js";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { EmptyPage } from "../components/EmptyPage";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import { deferred } from "../components/deferred";
import styles from "./Conversation.module.css";
import { MessageColumn } from "./MessageColumn";
import { MessageList } from "./MessageList";

const MessageNavigation = deferred(
  async () => (await import("./MessageNavigation")).MessageNavigation,
);

export function Conversation(props: { open: OpenSession }) {
  const client = useClient();
  return (
    <>
      <MessageColumn
        sticks={!isEmpty(props.open) && props.open.editing.runId() === undefined}
        isSending={props.open.outgoing() !== undefined}
        testId="conversation"
      >
        <Show when={props.open.reading()} keyed>
          <ErrorBoundary fallback={(error) => <RenderingFailed error={error} />}>
            <Switch fallback={<MessageList open={props.open} />}>
              <Match when={props.open.phase() === "missing"}>
                <div class={styles.alone}>
                  <h2>{t("Session not found")}</h2>
                  <p>
                    <Button onClick={() => client.route.go(undefined)}>
                      {t("Start a new session")}
                    </Button>
                  </p>
                </div>
              </Match>
              <Match when={props.open.phase() === "loading" && props.open.connection() === "lost"}>
                <div class={styles.alone}>
                  <h2>{t("Session not loaded yet")}</h2>
                  <p>{t("It appears here as soon as the server can be reached.")}</p>
                </div>
              </Match>
              <Match when={isEmpty(props.open)}>
                <EmptyPage open={props.open} />
              </Match>
            </Switch>
          </ErrorBoundary>
        </Show>
      </MessageColumn>
      <MessageNavigation open={props.open} />
    </>
  );
}

function RenderingFailed(props: { error: unknown }) {
  return (
    <div class={styles.alone}>
      <h2>{t("This conversation cannot be shown")}</h2>
      <p>
        {t(
          "This is a bug in the page ({error}). Nothing is lost: reload the page or export the session. Stop still works.",
          { error: String(props.error) },
        )}
      </p>
    </div>
  );
}

function isEmpty({ phase, session, outgoing }: OpenSession): boolean {
  const isLoaded = phase() === "new" || phase() === "open";
  return isLoaded && session.messages.length === 0 && outgoing() === undefined;
}
