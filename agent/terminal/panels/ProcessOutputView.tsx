/** @jsxImportSource @opentui/solid */
/** The output of one process, as it grows. */
import { Show } from "solid-js";
import type { BackgroundProcess } from "../../shared/protocol";
import { isLiving } from "../../shared/session-lookup";
import { visibleString } from "../../shared/visible-text";
import { createLiveOutput } from "../../client/state/live-output";
import { terminalTailOf } from "../../client/state/output-tail";
import { bindKey, bindLayer } from "../terminal-keys";
import { colors } from "../theme";

export interface ProcessOutputViewProps {
  sessionId: string;
  process: BackgroundProcess;
  stop: () => void;
  close: () => void;
}

/** The whole output is in the page. */
const mostLines = 2000;

export function ProcessOutputView(props: ProcessOutputViewProps) {
  const output = createLiveOutput(
    // oxlint-disable-next-line solid/reactivity -- one view for one process
    props.sessionId,
    // oxlint-disable-next-line solid/reactivity -- one view for one process
    props.process.id,
    () => isLiving(props.process),
  );
  bindLayer(() => props.close());
  bindKey({ key: "x", when: () => isLiving(props.process), run: () => props.stop() });
  const text = () => terminalTailOf(output.text() ?? "", mostLines).text;
  return (
    <box flexDirection="column" flexGrow={1} minHeight={0}>
      <text fg={colors.accent} wrapMode="none" truncate flexShrink={0}>
        {visibleString(props.process.command.slice(0, 500).replaceAll(/\s+/g, " "))}
      </text>
      <scrollbox stickyScroll stickyStart="bottom" flexGrow={1} minHeight={0} focused>
        <text fg={colors.text}>{visibleString(text())}</text>
      </scrollbox>
      <Show when={output.failure() ?? (output.text() === "" ? "No output yet." : undefined)}>
        {(words) => (
          <text fg={colors.muted} flexShrink={0}>
            {words()}
          </text>
        )}
      </Show>
    </box>
  );
}
