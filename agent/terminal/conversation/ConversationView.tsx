/** @jsxImportSource @opentui/solid */
/** The open session: its messages, what they wait for, or why it cannot be shown; and in their place a subagent's conversation, when that is opened. */
import { useTerminalDimensions } from "@opentui/solid";
import { createMemo, createSignal, ErrorBoundary, Match, Show, Switch } from "solid-js";
import { findToolCall } from "../../shared/session-lookup";
import { useClient } from "../../client/state/client";
import type { OpenSession } from "../../client/state/open-session";
import { waitingApprovals } from "../../client/state/waiting-approvals";
import { useSelection } from "../card-selection";
import { PartFailed } from "../PartFailed";
import { bindKey, bindLayer } from "../terminal-keys";
import { type CardList, createCardList } from "./card-list";
import { ColumnWidthProvider } from "./column-width";
import type { KeptPlace } from "./keep-place";
import { MessageListRows } from "./MessageListRows";
import { createMessageWindow } from "./message-window";
import { ScrollColumn } from "./ScrollColumn";
import { SubagentView } from "./SubagentView";
import { UndoRows } from "./UndoRows";
import { Words } from "./Words";

export function ConversationView(props: { open: OpenSession }) {
  const client = useClient();
  const { open } = props;
  const [own, ofSubagent] = [createCardList(), createCardList()];
  const dimensions = useTerminalDimensions();
  const [place, setPlace] = createSignal<KeptPlace>();
  const { revealed } = useSelection();
  const first = createMessageWindow(open, place, () => revealed()?.messageId);
  const shown = createMemo(() => shownSubagent(open, client.expanded()));
  const cards = () => (shown() === undefined ? own : ofSubagent);
  selectIn(open, cards);
  return (
    <ColumnWidthProvider value={() => dimensions().width}>
      <box flexDirection="column" flexGrow={1} flexShrink={1} minHeight={0}>
        <ScrollColumn
          cards={own}
          isShown={shown() === undefined}
          onPlace={setPlace}
          isSending={open.outgoing() !== undefined}
        >
          <ErrorBoundary fallback={(error) => <Failed error={error} />}>
            <Switch fallback={<MessageListRows open={open} first={first()} />}>
              <Match when={open.phase() === "missing"}>
                <Words pieces={[{ text: "Session not found", bold: true }]} />
              </Match>
              <Match when={open.phase() === "loading" && open.connection() === "lost"}>
                <Words pieces={[{ text: "Session not loaded yet", bold: true }]} />
              </Match>
              <Match when={isEmpty(open)}>
                <EmptyRows />
              </Match>
            </Switch>
          </ErrorBoundary>
        </ScrollColumn>
        <Show when={shown()}>
          {(subagent) => (
            <ScrollColumn cards={ofSubagent} isShown>
              <Layer close={() => client.expand(undefined)} />
              <ErrorBoundary fallback={(error) => <Failed error={error} />}>
                <SubagentView {...subagent()} />
              </ErrorBoundary>
            </ScrollColumn>
          )}
        </Show>
        <Show when={open.undo.question()} keyed>
          {(question) => <UndoRows question={question} />}
        </Show>
      </box>
    </ColumnWidthProvider>
  );
}

/** Tab leads to the request that waits, from wherever the keys are; to the next one from there. */
function selectIn(open: OpenSession, cards: () => CardList): void {
  const client = useClient();
  const selection = useSelection();
  selection.provideCards(() => cards().ids());
  const waiting = () => {
    const ids = waitingApprovals(open.session).map(({ id }) => id);
    return ids.filter((id) => cards().elementOf(id) !== undefined);
  };
  const next = () => {
    const ids = waiting();
    const id = selection.selected();
    return id === undefined ? ids[0] : ids[ids.indexOf(id) + 1];
  };
  bindKey({
    key: "Tab",
    when: () => !client.route.isCovered() && next() !== undefined,
    run: () => selection.select(next()),
  });
}

function Layer(props: { close: () => void }) {
  bindLayer(() => props.close());
  return <></>;
}

/** It opens when there is something in it. */
function shownSubagent(open: OpenSession, id: string | undefined) {
  if (id === undefined) return undefined;
  const part = findToolCall(open.session, id);
  const message = open.session.messages.find((one) => one.parts.some((p) => p.id === id));
  if (!part?.subagent || part.subagent.messages.length === 0 || !message) return undefined;
  return { part, subagent: part.subagent, runId: message.runId };
}

function isEmpty({ phase, session, outgoing }: OpenSession): boolean {
  const isLoaded = phase() === "new" || phase() === "open";
  return isLoaded && session.messages.length === 0 && outgoing() === undefined;
}

function EmptyRows() {
  return (
    <box flexDirection="column" flexShrink={0} marginTop={1}>
      <Words pieces={[{ text: "An agent whose Stop is real.", bold: true, color: "accent" }]} />
      <Words
        pieces={[
          {
            text: "It runs commands, edits files and sends out subagents. Esc ends all of it at once, and a receipt says what ended.",
            color: "muted",
          },
        ]}
      />
    </box>
  );
}

function Failed(props: { error: unknown }) {
  const advice = "Nothing is lost: export the session, or open it in the page.";
  return <PartFailed name="This conversation" error={props.error} advice={advice} />;
}
