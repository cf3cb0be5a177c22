/** What a process puts out, live, kept to its end until the reader scrolls up. */
import { createMemo, Show } from "solid-js";
import { isOutcome, type BackgroundProcess } from "../../shared/protocol";
import { CopyButton } from "../components/CopyButton";
import { createSticky } from "../conversation/sticky";
import { tailOf } from "../conversation/tail";
import { useOpen } from "../state/client";
import { createLiveOutput } from "./live-output";

const maxLines = 1000;

export function OutputView(props: { process: BackgroundProcess }) {
  const open = useOpen();
  const isRunning = createMemo(() => !isOutcome(props.process.state));
  const output = createLiveOutput(open.id() ?? "", props.process.id, isRunning);
  const tail = createMemo(() => tailOf(output.text() ?? "", maxLines));
  const sticky = createSticky(() => true);
  return (
    <div class="output process-output" data-testid="process-output">
      <Show when={output.failure()}>{(failure) => <p class="muted">{failure()}</p>}</Show>
      <Show when={output.earlier() > 0}>
        <span class="output-earlier">
          {output.earlier().toLocaleString("en")} earlier characters
        </span>
      </Show>
      <Show when={output.text() === ""}>
        <span class="output-earlier">It has said nothing{isRunning() ? " yet" : ""}.</span>
      </Show>
      <div class="process-text" ref={sticky.scroller} tabindex="0">
        <pre ref={sticky.content}>{tail().text}</pre>
      </div>
      <Show when={tail().text !== ""}>
        <CopyButton text={output.text() ?? ""} what="output" />
      </Show>
    </div>
  );
}
