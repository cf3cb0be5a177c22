/** @jsxImportSource @opentui/solid */
/** What lies over the conversation: a title, what it is about, and the keys that work in it. Escape or a click beside it closes it. */
import { useTerminalDimensions } from "@opentui/solid";
import { type JSX, Show } from "solid-js";
import { useClient } from "../../client/state/client";
import { visibleString } from "../../shared/visible-text";
import { fittingWords } from "../fitting-words";
import { bindKey, bindLayer } from "../terminal-keys";
import { colors } from "../theme";

export interface PanelFrameProps {
  title: string;
  /** What its keys do, below the content, as many as there is room for. */
  hints: readonly string[];
  close: () => void;
  children: JSX.Element;
}

const mostColumns = 100;

/** The lines that a panel has for its content, without its frame. */
export function usePanelSize(): { width: () => number; height: () => number } {
  const size = useTerminalDimensions();
  return {
    width: () => Math.min(mostColumns, size().width) - 4,
    height: () => Math.max(3, size().height - 5),
  };
}

export function PanelFrame(props: PanelFrameProps) {
  const client = useClient();
  const size = useTerminalDimensions();
  const inner = usePanelSize();
  const isOnTop = client.route.cover(() => props.close());
  bindLayer(() => props.close());
  // The page beneath keeps its Ctrl+C: a run is stopped from anywhere.
  bindKey({ key: "f1", when: isOnTop, run: () => client.setPanel("help") });
  const left = () => Math.max(0, Math.floor((size().width - mostColumns) / 2));
  return (
    <box
      position="absolute"
      top={0}
      left={0}
      width="100%"
      height="100%"
      zIndex={10}
      onMouseDown={() => props.close()}
    >
      <box
        position="absolute"
        top={1}
        // Beneath it the lines that say what the run does stay in sight.
        bottom={2}
        left={left()}
        right={left()}
        border
        borderStyle="rounded"
        borderColor={colors.accent}
        backgroundColor={colors.panel}
        title={` ${visibleString(props.title)} `}
        paddingX={1}
        flexDirection="column"
        onMouseDown={(event) => event.stopPropagation()}
      >
        <box flexGrow={1} flexShrink={1} minHeight={0} flexDirection="column">
          {props.children}
        </box>
        <Show when={fittingWords(props.hints, inner.width())}>
          {(hint) => (
            <text fg={colors.muted} wrapMode="none" flexShrink={0} selectable={false}>
              {hint()}
            </text>
          )}
        </Show>
      </box>
    </box>
  );
}
