/** The live output of a process, scrolled to its end until the reader scrolls up. */
import { createMemo, Show } from "solid-js";
import type { BackgroundProcess } from "../../shared/protocol";
import { isRunning as runs } from "../../shared/session-lookup";
import { t, tn } from "../../shared/translation";
import { CopyButton } from "../components/CopyButton";
import card from "../conversation/card.module.css";
import { createStickToEnd } from "../conversation/stick-to-end";
import { terminalTailOf } from "../state/output-tail";
import { useOpen } from "../state/client";
import text from "../styles/text-styles.module.css";
import { createLiveOutput } from "../state/live-output";
import { VisibleText } from "../components/VisibleText";

const maxLines = 1000;

export function OutputView(props: { process: BackgroundProcess }) {
  const open = useOpen();
  const isRunning = createMemo(() => runs(props.process));
  const output = createLiveOutput(open.id() ?? "", props.process.id, isRunning);
  const tail = createMemo(() => terminalTailOf(output.text() ?? "", maxLines));
  const sticky = createStickToEnd(() => true);
  return (
    <div class={`${card.section} ${card.output}`} data-testid="process-output">
      <Show when={output.failure()}>{(failure) => <p class={text.muted}>{failure()}</p>}</Show>
      <Show when={output.earlier() > 0}>
        <div class={text.note}>
          {tn(output.earlier(), "{count} earlier characters", "{count} earlier characters")}
        </div>
      </Show>
      <Show when={output.text() === ""}>
        <div class={text.note}>{isRunning() ? t("No output yet.") : t("No output.")}</div>
      </Show>
      <pre class={card.text} ref={sticky.scroller} tabindex="0">
        <code ref={sticky.content}>
          <VisibleText text={tail().text} />
        </code>
      </pre>
      <Show when={tail().text !== ""}>
        <CopyButton text={output.text() ?? ""} what={t("output")} />
      </Show>
    </div>
  );
}
