/** Stops what it names: the run in the input area, or one subagent or tool call on its card. */

export function StopButton(props: { stopping: boolean; asking: boolean; onStop: () => void }) {
  const words = () => {
    if (props.stopping) return "Stopping…";
    return props.asking ? "Really stop?" : "Stop";
  };
  return (
    <button
      type="button"
      class="stop"
      data-testid="stop"
      aria-label={props.stopping ? words() : `${words()} (Esc)`}
      disabled={props.stopping}
      onClick={() => props.onStop()}
    >
      <span class={props.stopping ? "spinner" : "stop-square"} aria-hidden="true" />
      <span aria-hidden="true">{words()}</span>
      <kbd aria-hidden="true">{props.stopping ? "" : "Esc"}</kbd>
    </button>
  );
}

export function SmallStop(props: { label: string; stopping: boolean; onStop: () => void }) {
  return (
    <button
      type="button"
      class="small-stop"
      aria-label={props.label}
      title={props.label}
      disabled={props.stopping}
      onClick={(event) => {
        event.stopPropagation();
        props.onStop();
        keepFocus(event.currentTarget);
      }}
    >
      <span class={props.stopping ? "spinner" : "stop-square"} aria-hidden="true" />
      <span aria-hidden="true">{props.stopping ? "Stopping…" : "Stop"}</span>
    </button>
  );
}

/** The button goes with what it has stopped: who pressed it by a key stays where it was. */
function keepFocus(button: HTMLElement): void {
  if (document.activeElement !== button) return;
  const place = button.closest(".card, dialog");
  place?.querySelector<HTMLElement>(".card-title, .card-toggle, [autofocus]")?.focus();
}
