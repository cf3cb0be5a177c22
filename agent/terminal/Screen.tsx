/** @jsxImportSource @opentui/solid */
/** The whole screen: a header, the conversation, the input; and the panels that lie over them. */
import { useRenderer } from "@opentui/solid";
import { createEffect, Show } from "solid-js";
import { useClient } from "../client/state/client";
import { ComposerView } from "./composer/ComposerView";
import { ConversationView } from "./conversation/ConversationView";
import { HeaderLine } from "./HeaderLine";
import { PanelLayer } from "./panels/PanelLayer";
import { createSelection, SelectionProvider } from "./card-selection";
import { bindStopKeys } from "./stop-keys";
import { listenForKeys } from "./terminal-keys";

export interface ScreenProps {
  /** The directory of new sessions. */
  cwd: string;
  exit: (code: number) => void;
}

export function Screen(props: ScreenProps) {
  const client = useClient();
  bindStopKeys(client, () => props.exit(0));
  const selection = createSelection({
    isInputEmpty: () => client.current().input.text() === "",
    isOnTop: () => !client.route.isCovered(),
  });
  listenForKeys(useRenderer(), selection.onOtherKey);

  createEffect(() => {
    const open = client.current();
    if (open.id() === undefined && open.chosen().cwd === undefined) open.begin({ cwd: props.cwd });
  });

  return (
    <SelectionProvider value={selection}>
      <box width="100%" height="100%" flexDirection="column">
        <HeaderLine />
        <Show when={client.current()} keyed>
          {(open) => (
            <>
              <box flexGrow={1} flexShrink={1} minHeight={0}>
                <ConversationView open={open} />
              </box>
              <ComposerView open={open} />
              <PanelLayer open={open} />
            </>
          )}
        </Show>
      </box>
    </SelectionProvider>
  );
}
