/** Beside the Stop: pause and resume, and the nudge. */
import { createSignal, Show } from "solid-js";
import { isComposing } from "../keys";
import { nudgeText } from "../state/commands";
import type { OpenSession } from "../state/open-session";
import { Icon } from "./Icon";
import { Menu } from "./Menu";

export function PauseButton(props: { open: OpenSession }) {
  const { control } = props.open;
  const label = () => pauseWords[control.pauseState() ?? "running"];
  return (
    <button
      type="button"
      class="hold icon-only"
      data-testid="pause"
      data-state={control.pauseState() ?? "running"}
      aria-label={label()}
      title={`${label()} (Ctrl or ⌘ + .)`}
      disabled={props.open.stage() !== "running"}
      onClick={() => control.togglePause()}
    >
      <Show
        when={control.pauseState() === "pausing"}
        fallback={<Icon name={iconOf(control.pauseState())} />}
      >
        <span class="spinner" aria-hidden="true" />
      </Show>
    </button>
  );
}

const pauseWords = {
  running: "Pause",
  pausing: "Pausing: press again to cut what is being written",
  paused: "Resume",
};

function iconOf(held: "pausing" | "paused" | undefined) {
  return held === "paused" ? ("play" as const) : ("pause" as const);
}

/** Stops what goes on, keeps everything, and goes on at once with a hint that can be changed first. */
export function NudgeMenu(props: { open: OpenSession }) {
  const [hint, setHint] = createSignal(nudgeText);
  return (
    <Menu kind="dialog" label="Nudge" class="hold icon-only" trigger={<Icon name="nudge" />}>
      {(close) => {
        const nudge = () => {
          close();
          props.open.send(hint(), { interrupt: true });
        };
        return (
          <div class="nudge" data-testid="nudge">
            <label>
              Stop what goes on, keep it, and go on with this hint
              <textarea
                rows="3"
                value={hint()}
                autofocus
                onInput={(event) => setHint(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
                  event.preventDefault();
                  nudge();
                }}
              />
            </label>
            <div class="buttons">
              <button type="button" class="primary" disabled={!hint().trim()} onClick={nudge}>
                Nudge
              </button>
            </div>
          </div>
        );
      }}
    </Menu>
  );
}
