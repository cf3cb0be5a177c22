/** @jsxImportSource @opentui/solid */
/** The whole screen: a header, the conversation, the input; and the panels that lie over them. */
import { useRenderer, useSelectionHandler } from "@opentui/solid";
import { createEffect, createMemo, ErrorBoundary, type JSX, Show } from "solid-js";
import type { SessionPatch } from "../shared/protocol";
import { windowNode } from "../client/state/asked-node";
import { useClient } from "../client/state/client";
import { windowTitle } from "../client/state/run-words";
import { createSelection, SelectionProvider } from "./card-selection";
import { ComposerView } from "./composer/ComposerView";
import { FactsLine } from "./composer/FactsLine";
import { ConversationView } from "./conversation/ConversationView";
import { HeaderLine } from "./HeaderLine";
import { NoticeLines } from "./NoticeLines";
import { ProjectLine } from "./ProjectLine";
import { PanelLayer } from "./panels/PanelLayer";
import { followOwnServer, type OwnServerActions } from "./own-server";
import { PartFailed } from "./PartFailed";
import { StatusLine } from "./StatusLine";
import { bindStopKeys } from "./stop-keys";
import { bindKey, listenForKeys } from "./terminal-keys";

export interface ScreenProps {
  /** What new sessions begin with. */
  begun: SessionPatch & { cwd: string };
  exit: () => void;
  /** Gives the terminal back to the shell, until `fg`. */
  suspend: () => void;
  ownServer?: OwnServerActions;
}

export function Screen(props: ScreenProps) {
  const client = useClient();
  const renderer = useRenderer();
  const stay = bindStopKeys(client, () => props.exit());
  followOwnServer(client, props.ownServer);
  bindKey({
    key: "Ctrl+z",
    words: "Suspend the terminal face, until fg; the run goes on",
    when: () => true,
    run: () => props.suspend(),
  });
  /** The log in the data directory has all of it. */
  function onError(error: unknown): void {
    console.error("A key has failed:", error);
    client.notices.toast(
      "That key has failed: a bug of Rein",
      "terminal.log has the details.",
      "failed-key",
    );
  }

  const selection = createSelection({
    isInputEmpty: () => client.current().input.text() === "",
    isOnTop: () => !client.route.isCovered(),
    isConfirming: () => client.current().confirmation.isAsking(),
  });
  function onOther(name: string): void {
    stay();
    selection.onOtherKey(name);
  }
  listenForKeys(renderer, { onOther, onError });
  // Text that was marked with the mouse.
  useSelectionHandler((marked) => {
    const text = marked.getSelectedText();
    if (text !== "" && renderer.copyToClipboardOSC52(text)) client.notices.toast("Copied");
  });

  const first = createMemo<string | undefined>((before) => before ?? windowNode());
  createEffect(() => {
    const open = client.current();
    // Another machine has other directories.
    if (windowNode() !== first()) return;
    if (open.id() === undefined && open.chosen().cwd === undefined) open.begin(props.begun);
  });
  createEffect(() => renderer.setTerminalTitle(windowTitle(client)));

  return (
    <SelectionProvider value={selection}>
      <box width="100%" height="100%" flexDirection="column">
        <Part name="The header">
          <HeaderLine />
        </Part>
        <Part name="The notices">
          <NoticeLines />
        </Part>
        <Show when={client.current()} keyed>
          {(open) => (
            <Show when={open.reading()} keyed>
              <box flexGrow={1} flexShrink={1} minHeight={0}>
                <Part name="This conversation">
                  <ConversationView open={open} />
                </Part>
              </box>
              <Part name="The line of the project">
                <ProjectLine open={open} />
              </Part>
              <Part name="The input">
                <ComposerView open={open} exit={() => props.exit()} />
              </Part>
              <Part name="The state of the run">
                <StatusLine open={open} />
              </Part>
              <Part name="The line of facts">
                <FactsLine open={open} />
              </Part>
              <PanelLayer open={open} />
            </Show>
          )}
        </Show>
      </box>
    </SelectionProvider>
  );
}

/** A bug in one part takes none of the others with it, and no key that stops. */
function Part(props: { name: string; children: JSX.Element }) {
  const advice = "A new start of Rein may show it.";
  return (
    <ErrorBoundary
      fallback={(error) => <PartFailed name={props.name} error={error} advice={advice} />}
    >
      {props.children}
    </ErrorBoundary>
  );
}
