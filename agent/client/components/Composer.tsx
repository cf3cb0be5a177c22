/** The input area: the message, and the one button that is Send or Stop. */
import { createEffect, createSignal, on, onMount, Show } from "solid-js";
import { activeRun } from "../../shared/apply";
import { isComposing } from "../keys";
import { duration } from "../state/format";
import type { OpenSession, Stage } from "../state/session";
import { Icon } from "./Icon";
import { StopButton } from "./StopButton";

export function Composer(props: { open: OpenSession }) {
  const { input, stage } = props.open;
  const [hint, setHint] = createSignal("");
  const isBusy = () => stage() === "running" || stage() === "stopping";
  let field!: HTMLTextAreaElement;

  function send(): void {
    if (isBusy()) return void setHint("Rein is still at work: your text is kept. Stop, or wait.");
    props.open.send(input.text());
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    // On a touch screen Enter makes a new line: there is a button to send.
    if (matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    send();
  }

  createEffect(() => {
    input.text();
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  });
  createEffect(
    on(stage, (now, before) => {
      if (now === "idle" || now === "stopped") setHint("");
      // The Stop button that had the focus is gone: back to where one types.
      const isFocusLost = document.activeElement === document.body;
      if (before === "stopping" && isFocusLost && isFinePointer()) field.focus();
    }),
  );
  onMount(() => isFinePointer() && field.focus());

  return (
    <form
      class="composer"
      data-testid="composer"
      data-state={stage()}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="composer-box">
        <textarea
          ref={field}
          rows="1"
          aria-label="Message"
          placeholder={isBusy() ? "Type ahead…" : "Message Rein"}
          value={input.text()}
          onInput={(event) => input.set(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <Show
          when={isBusy()}
          fallback={
            <button
              type="submit"
              class="send"
              data-testid="send"
              aria-label="Send"
              title="Send (Enter)"
              disabled={input.text().trim() === "" || props.open.phase() === "missing"}
            >
              <Icon name="send" />
            </button>
          }
        >
          <StopButton stopping={stage() === "stopping"} onStop={props.open.stop} />
        </Show>
      </div>
      <p class="composer-hint">
        <Show when={props.open.connection() === "lost"} fallback={hint() || footing(props.open)}>
          <span class="reconnecting" data-testid="connection">
            <span class="spinner" aria-hidden="true" /> Reconnecting…
          </span>
        </Show>
      </p>
      <p class="unseen" role="status" aria-live="polite" data-testid="announcement">
        {announcement(stage(), isAsking(props.open), props.open.lastStopMs())}
      </p>
    </form>
  );
}

function isAsking({ session, stage }: OpenSession): boolean {
  return stage() === "running" && activeRun(session)?.state === "waiting";
}

function footing(open: OpenSession): string {
  if (isAsking(open)) return "Waiting for your answer above.";
  return isFinePointer() && open.stage() === "idle"
    ? "Enter sends, Shift + Enter makes a new line."
    : "";
}

function announcement(stage: Stage, asking: boolean, stoppedMs: number | undefined): string {
  if (asking) return "Rein waits for your answer. Escape stops it.";
  if (stage === "running") return "Rein is working. Escape stops it.";
  if (stage === "stopping") return "Stopping…";
  return stage === "stopped" ? `Stopped in ${duration(stoppedMs ?? 0)}.` : "";
}

function isFinePointer(): boolean {
  return matchMedia("(pointer: fine)").matches;
}
