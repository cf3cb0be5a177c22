/** The live output of a process, scrolled to its end until the reader scrolls up. */
import { createMemo, Show } from "solid-js";
import { isOutcome, type BackgroundProcess } from "../../shared/protocol";
import { CopyButton } from "../components/CopyButton";
import card from "../conversation/card.module.css";
import { createStickToEnd } from "../conversation/stick-to-end";
import { tailOf } from "../conversation/output-tail";
import { useOpen } from "../state/client";
import text from "../styles/text-styles.module.css";
import { createLiveOutput } from "./live-output";
import styles from "./OutputView.module.css";

const maxLines = 1000;

export function OutputView(props: { process: BackgroundProcess }) {
  const open = useOpen();
  const isRunning = createMemo(() => !isOutcome(props.process.state));
  const output = createLiveOutput(open.id() ?? "", props.process.id, isRunning);
  const tail = createMemo(() => tailOf(output.text() ?? "", maxLines));
  const sticky = createStickToEnd(() => true);
  return (
    <div class={card.output} data-testid="process-output">
      <Show when={output.failure()}>{(failure) => <p class={text.muted}>{failure()}</p>}</Show>
      <Show when={output.earlier() > 0}>
        <span class={card.note}>{output.earlier().toLocaleString("en")} earlier characters</span>
      </Show>
      <Show when={output.text() === ""}>
        <span class={card.note}>No output{isRunning() ? " yet" : ""}.</span>
      </Show>
      <div class={styles.scroller} ref={sticky.scroller} tabindex="0">
        <pre class={styles.text} ref={sticky.content}>
          {tail().text}
        </pre>
      </div>
      <Show when={tail().text !== ""}>
        <CopyButton text={output.text() ?? ""} what="output" />
      </Show>
    </div>
  );
}
