/** The time between two moments; with the second one still to come, it runs. */
import { Show } from "solid-js";
import { createNow } from "../state/clock";
import { duration, elapsed } from "../state/format";

export function Elapsed(props: { from: number; to?: number | undefined }) {
  return (
    <span class="elapsed">
      <Show when={props.to} fallback={<Running from={props.from} />}>
        {(to) => duration(to() - props.from)}
      </Show>
    </span>
  );
}

function Running(props: { from: number }) {
  const now = createNow();
  return <>{elapsed(now() - props.from)}</>;
}
